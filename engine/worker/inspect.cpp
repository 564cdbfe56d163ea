// Reads headers and configs of what lies at a path.
#include "engine/worker/inspect.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "engine/data/chat_format.h"
#include "engine/io/safetensors.h"
#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/model_config.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

std::string sentence(const Error& error)
{
    return error.hint.empty() ? error.message : concat(error.message, " (", error.hint, ")");
}

Json inspect_tokenizer(const fs::path& folder)
{
    const Result<Tokenizer> tokenizer = Tokenizer::load(folder);
    if (!tokenizer) {
        return {{"usable", false}, {"reason", sentence(tokenizer.error())}};
    }
    return {{"usable", true},
            {"reason", ""},
            {"vocab_size", tokenizer->vocab_size()},
            {"bos_token", tokenizer->bos_token()},
            {"eos_token", tokenizer->eos_token()},
            {"chat_format", to_string(recognize_chat_format(*tokenizer))},
            {"has_chat_template", !tokenizer->chat_template().empty()}};
}

// The licence that the model card's front matter states.
std::string stated_license(const fs::path& folder)
{
    constexpr std::int64_t kMaxCardBytes = 1 << 20;
    const Result<std::string> card = read_file(folder / "README.md", kMaxCardBytes);
    if (!card || !card->starts_with("---")) {
        return {};
    }
    constexpr std::string_view kKey = "\nlicense:";
    const std::size_t front_end = card->find("\n---", 3);
    const std::size_t key = card->find(kKey);
    if (key == std::string::npos || key > front_end) {
        return {};
    }
    const std::size_t begin = card->find_first_not_of(" \t", key + kKey.size());
    const std::size_t end = card->find_first_of("\r\n", key + kKey.size());
    return begin < end ? card->substr(begin, end - begin) : std::string();
}

void add_config(Json& answer, const ModelConfig& config)
{
    answer["model_type"] = config.model_type;
    answer["parameters"] = config.parameter_count();
    answer["hidden_size"] = config.hidden_size;
    answer["intermediate_size"] = config.intermediate_size;
    answer["num_layers"] = config.num_layers;
    answer["num_heads"] = config.num_heads;
    answer["num_kv_heads"] = config.num_kv_heads;
    answer["head_dim"] = config.head_dim;
    answer["vocab_size"] = config.vocab_size;
    answer["max_position_embeddings"] = config.max_position_embeddings;
    answer["tie_word_embeddings"] = config.tie_word_embeddings;
    for (const Target target : kAllTargets) {
        answer["target_shapes"][std::string(to_string(target))] = {config.out_features(target),
                                                                   config.in_features(target)};
    }
}

// The dtype that the weights share, or "mixed".
std::string shared_dtype(const SafetensorsFolder& files)
{
    std::set<std::string> dtypes;
    for (const SafetensorsFile& file : files.files()) {
        for (const SafetensorsEntry& entry : file.entries()) {
            dtypes.insert(entry.dtype);
        }
    }
    return dtypes.size() == 1 ? *dtypes.begin() : std::string("mixed");
}

Json inspect_model(const fs::path& folder)
{
    Json answer = {{"event", "inspected"},
                   {"kind", "model"},
                   {"path", folder.string()},
                   {"usable", false},
                   {"reason", ""},
                   {"bytes", 0}};
    answer["license"] = stated_license(folder);
    answer["tokenizer"] = inspect_tokenizer(folder);
    const Result<ModelConfig> config = ModelConfig::load(folder);
    if (!config) {
        answer["reason"] = sentence(config.error());
        return answer;
    }
    add_config(answer, *config);
    const Result<SafetensorsFolder> files = SafetensorsFolder::open(folder);
    if (!files) {
        answer["reason"] = sentence(files.error());
        return answer;
    }
    answer["bytes"] = files->total_bytes();
    if (const Result<void> checked = check_weights(*files, *config, folder.string()); !checked) {
        answer["reason"] = sentence(checked.error());
        return answer;
    }
    answer["dtype"] = shared_dtype(*files);
    if (!answer["tokenizer"]["usable"].get<bool>()) {
        answer["reason"] = answer["tokenizer"]["reason"];
        return answer;
    }
    answer["usable"] = true;
    return answer;
}

Result<Json> inspect_safetensors(const fs::path& path)
{
    const Result<SafetensorsFile> file = SafetensorsFile::open(path);
    if (!file) {
        return file.error();
    }
    Json tensors = Json::array();
    std::int64_t parameters = 0;
    std::int64_t bytes = 0;
    for (const SafetensorsEntry& entry : file->entries()) {
        tensors.push_back({{"name", entry.name}, {"dtype", entry.dtype}, {"shape", entry.shape}});
        parameters += entry.numel();
        bytes += static_cast<std::int64_t>(entry.bytes.size());
    }
    Json metadata = Json::object();
    for (const auto& [key, value] : file->metadata()) {
        metadata[key] = value;
    }
    return Json{{"event", "inspected"},
                {"kind", "safetensors"},
                {"path", path.string()},
                {"usable", true},
                {"reason", ""},
                {"bytes", bytes},
                {"parameters", parameters},
                {"tensors", std::move(tensors)},
                {"metadata", std::move(metadata)}};
}

// The layers and targets that the tensors' names state:
// "...layers.3.self_attn.q_proj.lora_A.weight".
void add_matrices(Json& answer, const SafetensorsFile& file)
{
    std::set<std::int64_t> layers;
    std::set<std::string> targets;
    std::int64_t matrices = 0;
    std::int64_t parameters = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
        parameters += entry.numel();
        const std::size_t half = entry.name.find(".lora_A");
        const std::size_t layer = entry.name.find("layers.");
        if (half == std::string::npos || layer == std::string::npos) {
            continue;
        }
        ++matrices;
        layers.insert(std::atoll(entry.name.c_str() + layer + std::string_view("layers.").size()));
        targets.insert(entry.name.substr(entry.name.rfind('.', half - 1) + 1,
                                         half - entry.name.rfind('.', half - 1) - 1));
    }
    answer["layers"] = layers;
    answer["target_modules"] = targets;
    answer["matrices"] = matrices;
    answer["parameters"] = parameters;
}

// What the config states, or PEFT's default where it is silent. A value of another type is left
// out: whoever reads the answer relies on the types.
void add_adapter_config(Json& answer, const Json& config)
{
    const auto copy = [&](const char* key, const char* from, const Json& otherwise) {
        const auto found = config.is_object() ? config.find(from) : config.end();
        if (found == config.end() || found->is_null()) {
            answer[key] = otherwise;
        } else if (otherwise.is_number() ? found->is_number() : found->type() == otherwise.type()) {
            answer[key] = *found;
        }
    };
    copy("base_model", "base_model_name_or_path", "");
    copy("rank", "r", 8);
    copy("alpha", "lora_alpha", 8.0);
    copy("use_rslora", "use_rslora", false);
    copy("dropout", "lora_dropout", 0.0);
}

// What an adapter of another family of models adapts, as a reason; empty when one of its matrices
// is known here.
std::string other_modules(const SafetensorsFile& file)
{
    constexpr std::size_t kShown = 8;
    std::set<std::string> modules;
    std::int64_t halves = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
        const std::size_t half = entry.name.find(".lora_A");
        if (half == std::string::npos || half == 0) {
            continue;
        }
        const std::size_t dot = entry.name.rfind('.', half - 1);
        const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
        modules.insert(entry.name.substr(begin, std::min<std::size_t>(half - begin, 60)));
        if (parse_target(entry.name.substr(begin, half - begin))) {
            return {};
        }
        ++halves;
    }
    if (halves == 0) {
        return concat(file.what(), ": no lora_A tensor in the file");
    }
    std::string names;
    std::size_t shown = 0;
    for (const std::string& module : modules) {
        names += ++shown > kShown ? "" : (names.empty() ? "" : ", ") + module;
    }
    return concat(file.what(),
                  ": its ",
                  halves,
                  " lora_A tensors adapt ",
                  names,
                  shown > kShown ? ", ..." : "",
                  ", wanted some of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj");
}

Json inspect_adapter(const fs::path& folder)
{
    Json answer = {{"event", "inspected"},
                   {"kind", "adapter"},
                   {"path", folder.string()},
                   {"usable", false},
                   {"reason", ""},
                   {"bytes", 0}};
    const Result<Json> config = read_json_file(folder / "adapter_config.json");
    if (!config) {
        answer["reason"] = sentence(config.error());
        return answer;
    }
    add_adapter_config(answer, *config);
    const Result<SafetensorsFile> file =
        SafetensorsFile::open(folder / "adapter_model.safetensors");
    if (!file) {
        answer["reason"] = sentence(file.error());
        return answer;
    }
    std::int64_t bytes = 0;
    for (const SafetensorsEntry& entry : file->entries()) {
        bytes += static_cast<std::int64_t>(entry.bytes.size());
    }
    answer["bytes"] = bytes;
    const auto quant = file->metadata().find(kBaseQuantKey);
    answer["base_quant"] = to_string(
        quant == file->metadata().end() ? ops::QuantType::None : ops::quant_type(quant->second));
    add_matrices(answer, *file);
    std::string reason = other_modules(*file);
    if (reason.empty()) {
        const Result<void> checked = check_adapter(folder);
        reason = checked ? "" : sentence(checked.error());
    }
    answer["usable"] = reason.empty();
    answer["reason"] = reason;
    return answer;
}

} // namespace

Result<Json> inspect(const fs::path& path)
{
    std::error_code error;
    if (!fs::exists(path, error)) {
        return Error{ErrorCode::NotFound,
                     concat(path.string(), ": there is no such file or folder"),
                     "check the spelling of the name"};
    }
    if (fs::is_directory(path, error)) {
        if (fs::exists(path / "adapter_config.json", error)) {
            return inspect_adapter(path);
        }
        if (fs::exists(path / "config.json", error)) {
            return inspect_model(path);
        }
        return Error{
            ErrorCode::Unsupported,
            concat(path.string(), ": neither config.json nor adapter_config.json is in the folder"),
            "choose the folder of a Hugging Face model or of a PEFT adapter"};
    }
    for (const char* extension : {".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet"}) {
        if (path.extension() == extension) {
            return Error{
                ErrorCode::Unsupported,
                concat(path.string(), ": is not a model, an adapter or a safetensors file"),
                "give a folder or a .safetensors file; lowrank check looks at data"};
        }
    }
    if (path.extension() == ".gguf") {
        return Error{ErrorCode::Unsupported,
                     concat(path.string(), ": GGUF files are not read yet"),
                     "use the model's Hugging Face folder"};
    }
    return inspect_safetensors(path);
}

} // namespace engine
