// Samples of the files' weights, and the comparison with what an adapter records.
#include "engine/model/base_fingerprint.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/core/json.h"
#include "engine/core/sha256.h"
#include "engine/core/text.h"
#include "engine/io/safetensors.h"
#include "engine/model/adapter_names.h"
#include "engine/model/base_model.h"
#include "engine/model/convert.h"

namespace engine {

namespace {

constexpr std::int64_t kSample = 64; // values from the beginning and from the middle

// What the adapter says it was trained on.
std::string recorded_name(const std::filesystem::path& adapter)
{
    constexpr const char* kKey = "base_model_name_or_path";
    const Result<Json> json = read_json_file(adapter / kAdapterConfigFile);
    const bool named =
        json && json->is_object() && json->contains(kKey) && json->at(kKey).is_string();
    const std::string name = named ? json->at(kKey).get<std::string>() : std::string();
    return name.empty() ? "a base without a name" : name;
}

void add_sample(const SafetensorsEntry& entry, DType stored, Sha256& hash)
{
    const std::int64_t numel = entry.numel();
    const std::int64_t count = std::min(kSample, numel);
    std::array<bfloat16_t, kSample> values = {};
    for (const std::int64_t begin : {std::int64_t{0}, (numel - count) / 2}) {
        convert_elements(entry.bytes.data() + static_cast<std::size_t>(begin) * size_of(stored),
                         stored,
                         values.data(),
                         DType::BF16,
                         count);
        hash.update(std::as_bytes(std::span(values)));
    }
}

} // namespace

Result<std::string> base_fingerprint(const std::filesystem::path& folder)
{
    const Result<SafetensorsFolder> files = SafetensorsFolder::open(folder);
    if (!files) {
        return files.error();
    }
    Sha256 hash;
    for (const std::string& name : files->names()) {
        const SafetensorsEntry& entry = *files->find(name);
        const Result<DType> stored = to_dtype(entry);
        if (is_projection(name) && stored) {
            hash.update(concat(name, shape_text(entry.shape)));
            add_sample(entry, *stored, hash);
            files->drop_pages(entry); // the system maps more than is read
        }
    }
    return hash.hex_digest();
}

std::string other_base_warning(const std::filesystem::path& adapter,
                               const std::filesystem::path& base)
{
    const Result<SafetensorsFile> file = SafetensorsFile::open(adapter / kAdapterModelFile);
    if (!file) {
        return {}; // loading it says why
    }
    const auto recorded = file->metadata().find(kBaseFingerprintKey);
    const Result<std::string> here = base_fingerprint(base);
    if (recorded == file->metadata().end() || !here || recorded->second == *here) {
        return {};
    }
    constexpr std::size_t kShown = 12;
    return concat(adapter.string(),
                  ": was trained on ",
                  recorded_name(adapter),
                  " (weights ",
                  recorded->second.substr(0, kShown),
                  "), and the weights of ",
                  base.string(),
                  " are others (",
                  here->substr(0, kShown),
                  "); use that base if the answers are worse than expected");
}

} // namespace engine
