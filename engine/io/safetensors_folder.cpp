// A model's safetensors as one set of tensors: a single file, or shards and their index.
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/io/safetensors_header.h"

namespace engine {

namespace {

using detail::quoted;

// A shard's name from an index: a plain file name, so that no index reaches out of its folder.
bool is_plain_name(const std::string& name)
{
    return !name.empty() && name != "." && name != ".." && name.size() <= 255
           && name.find_first_of(std::string_view("/\\:\0", 4)) == std::string::npos;
}

Error missing_weights(const std::filesystem::path& folder)
{
    std::error_code ignored;
    for (const char* pickle : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
        if (std::filesystem::exists(folder / pickle, ignored)) {
            return format_error(concat(folder.string(),
                                       ": holds ",
                                       pickle,
                                       " (a pickle, which can run code), wanted model.safetensors"),
                                "Convert it with transformers: save_pretrained(..., "
                                "safe_serialization=True).");
        }
    }
    return {ErrorCode::NotFound,
            concat(folder.string(), ": no model.safetensors and no model.safetensors.index.json"),
            "Choose a Hugging Face model folder with safetensors weights."};
}

using ShardMap = std::map<std::string, std::set<std::string>>; // shard -> its tensors' names

Result<ShardMap> read_index(const std::filesystem::path& path)
{
    constexpr JsonLimits kLimits = {.max_depth = 8, .max_bytes = 256LL << 20};
    Result<Json> json = read_json_file(path, kLimits);
    if (!json) {
        return json.error();
    }
    const std::string what = path.string();
    const auto map = json->is_object() ? json->find("weight_map") : json->end();
    if (!json->is_object() || map == json->end() || !map->is_object()) {
        return format_error(concat(what, ": no object \"weight_map\""));
    }
    ShardMap shards;
    for (const auto& [name, shard] : map->items()) {
        if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string&>())) {
            return format_error(
                concat(what,
                       ": weight_map ",
                       quoted(name),
                       " is ",
                       quoted(shard.is_string() ? shard.get<std::string>() : shard.type_name()),
                       ", wanted a plain file name"));
        }
        shards[shard.get_ref<const std::string&>()].insert(name);
    }
    if (shards.empty()) {
        return format_error(concat(what, ": weight_map is empty"));
    }
    return shards;
}

Result<void> compare_with_index(const SafetensorsFile& file, const std::set<std::string>& mapped)
{
    for (const SafetensorsEntry& entry : file.entries()) {
        if (!mapped.contains(entry.name)) {
            return format_error(concat(file.what(),
                                       ": tensor ",
                                       quoted(entry.name),
                                       " is not in the index's weight_map for this shard"));
        }
    }
    for (const std::string& name : mapped) {
        if (file.find(name) == nullptr) {
            return format_error(concat(file.what(),
                                       ": tensor ",
                                       quoted(name),
                                       " is in the index's weight_map and not in the shard"));
        }
    }
    return {};
}

} // namespace

Result<SafetensorsFolder> SafetensorsFolder::open(const std::filesystem::path& folder)
{
    std::error_code ignored;
    SafetensorsFolder result;
    if (std::filesystem::exists(folder / "model.safetensors", ignored)) {
        Result<SafetensorsFile> file = SafetensorsFile::open(folder / "model.safetensors");
        if (!file) {
            return file.error();
        }
        result.m_files.push_back(std::move(*file));
    } else if (std::filesystem::exists(folder / "model.safetensors.index.json", ignored)) {
        const Result<ShardMap> shards = read_index(folder / "model.safetensors.index.json");
        if (!shards) {
            return shards.error();
        }
        for (const auto& [shard, names] : *shards) {
            Result<SafetensorsFile> file = SafetensorsFile::open(folder / shard);
            if (!file) {
                return file.error();
            }
            if (Result<void> same = compare_with_index(*file, names); !same) {
                return same.error();
            }
            result.m_files.push_back(std::move(*file));
        }
    } else {
        return missing_weights(folder);
    }
    for (std::size_t file = 0; file < result.m_files.size(); ++file) {
        const auto& entries = result.m_files[file].entries();
        for (std::size_t entry = 0; entry < entries.size(); ++entry) {
            result.m_index[entries[entry].name] = {file, entry};
        }
    }
    return result;
}

const SafetensorsEntry* SafetensorsFolder::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr
                                  : &m_files[found->second.first].entries()[found->second.second];
}

std::vector<std::string> SafetensorsFolder::names() const
{
    std::vector<std::string> names;
    names.reserve(m_index.size());
    for (const auto& [name, place] : m_index) {
        names.push_back(name);
    }
    return names;
}

std::int64_t SafetensorsFolder::total_bytes() const
{
    std::int64_t total = 0;
    for (const SafetensorsFile& file : m_files) {
        for (const SafetensorsEntry& entry : file.entries()) {
            total += static_cast<std::int64_t>(entry.bytes.size());
        }
    }
    return total;
}

void SafetensorsFolder::drop_pages(const SafetensorsEntry& entry) const
{
    const auto found = m_index.find(entry.name);
    if (found != m_index.end()) {
        const MappedFile& map = m_files[found->second.first].map();
        map.drop_pages(static_cast<std::size_t>(entry.bytes.data() - map.bytes().data()),
                       entry.bytes.size());
    }
}

} // namespace engine
