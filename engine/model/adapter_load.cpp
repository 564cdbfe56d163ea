// Reading PEFT's folder: the config, then tensors that must be exactly what it announces.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include "engine/core/text.h"
#include "engine/io/safetensors.h"
#include "engine/model/adapter_config.h"
#include "engine/model/adapter_names.h"
#include "engine/model/base_fingerprint.h"
#include "engine/model/convert.h"
#include "engine/model/lora_adapter.h"

namespace engine {

namespace {

Error missing_adapter(const std::filesystem::path& folder)
{
    std::error_code ignored;
    const auto has = [&](const char* name) {
        return std::filesystem::exists(folder / name, ignored);
    };
    if (has("adapters.safetensors") || has("adapters.npz")) {
        return {ErrorCode::Unsupported,
                concat(folder.string(),
                       ": an MLX adapter (adapters.safetensors), wanted PEFT's folder")};
    }
    if (has("adapter_model.bin")) {
        return {ErrorCode::Unsupported,
                concat(folder.string(),
                       ": holds adapter_model.bin (a pickle, which can run code), wanted ",
                       kAdapterModelFile),
                "Save it again with PEFT: save_pretrained(..., safe_serialization=True)."};
    }
    const char* absent = has(kAdapterConfigFile) ? kAdapterModelFile : kAdapterConfigFile;
    return {ErrorCode::NotFound,
            concat(folder.string(), ": no ", absent),
            "Choose a folder that PEFT or this program saved an adapter in."};
}

// Why a tensor that the config does not announce is refused.
std::string describe_extra(const std::string& name)
{
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    if (has("lora_magnitude_vector")) {
        return "a DoRA magnitude";
    }
    if (has("lora_embedding_")) {
        return "an adapter of an embedding";
    }
    if (has("lora_B.bias")) {
        return "a bias of an adapter (lora_bias)";
    }
    if (has(".lora_A.") || has(".lora_B.")) {
        return "not among the matrices that adapter_config.json targets";
    }
    if (has("trainable_tokens")) {
        return "trained token rows";
    }
    if (name.ends_with(".bias")) {
        return "a trained bias";
    }
    return "a full weight trained beside the adapter (modules_to_save or a resized vocabulary)";
}

// One half of a pair, checked.
Result<const SafetensorsEntry*>
find_half(const SafetensorsFile& file, const LoraMatrix& matrix, char half, const Shape& wanted)
{
    const std::string name = lora_tensor_name(matrix.layer, matrix.target, half);
    const SafetensorsEntry* entry = file.find(name);
    if (entry == nullptr) {
        return format_error(concat(
            file.what(), ": tensor ", name, " is missing; adapter_config.json targets its matrix"));
    }
    if (entry->shape.size() != 2 || entry->shape[0] != wanted[0] || entry->shape[1] != wanted[1]) {
        return format_error(concat(file.what(),
                                   ": tensor ",
                                   name,
                                   " is ",
                                   shape_text(entry->shape),
                                   ", the base and rank ",
                                   matrix.rank,
                                   " want ",
                                   wanted));
    }
    if (const Result<DType> dtype = to_dtype(*entry); !dtype) {
        return Error{dtype.error().code, concat(file.what(), ": ", dtype.error().message)};
    }
    return entry;
}

void upload(Backend& backend, const SafetensorsEntry& entry, Tensor& tensor)
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    convert_elements(
        entry.bytes.data(), *to_dtype(entry), values.data(), DType::F32, tensor.numel());
    backend.upload(values.data(), tensor);
}

Result<void>
refuse_extras(const SafetensorsFile& file, const ModelConfig& model, const LoraConfig& config)
{
    std::set<std::string> known;
    for (const auto& [layer, target] : config.matrices(model.num_layers)) {
        known.insert(lora_tensor_name(layer, target, 'A'));
        known.insert(lora_tensor_name(layer, target, 'B'));
    }
    for (const SafetensorsEntry& entry : file.entries()) {
        if (!known.contains(entry.name)) {
            return Error{ErrorCode::Unsupported,
                         concat(file.what(),
                                ": tensor ",
                                entry.name.substr(0, 160),
                                " is ",
                                describe_extra(entry.name))};
        }
    }
    return {};
}

// The ranks that the tensors really have must be the config's, before anything is allocated.
Result<void>
check_ranks(const SafetensorsFile& file, const ModelConfig& model, const LoraConfig& config)
{
    for (const auto& [layer, target] : config.matrices(model.num_layers)) {
        const std::string name = lora_tensor_name(layer, target, 'A');
        const SafetensorsEntry* entry = file.find(name);
        const std::int64_t rank = config.rank_of(layer, target);
        if (entry != nullptr && !entry->shape.empty() && entry->shape[0] != rank) {
            return format_error(concat(file.what(),
                                       ": tensor ",
                                       name,
                                       " is ",
                                       shape_text(entry->shape),
                                       ", adapter_config.json states rank ",
                                       rank));
        }
        if (entry == nullptr) {
            return format_error(concat(file.what(),
                                       ": tensor ",
                                       name,
                                       " is missing; adapter_config.json targets its matrix"));
        }
    }
    return {};
}

// One more than the highest layer that a tensor's name states, within reason.
std::int64_t layers_named(const SafetensorsFile& file)
{
    constexpr std::int64_t kMaxLayers = 10'000;
    constexpr std::string_view kBefore = ".layers.";
    std::int64_t layers = 1;
    for (const SafetensorsEntry& entry : file.entries()) {
        const std::size_t at = entry.name.find(kBefore);
        std::int64_t layer = 0;
        if (at != std::string::npos) {
            const char* begin = entry.name.data() + at + kBefore.size();
            std::from_chars(begin, entry.name.data() + entry.name.size(), layer);
        }
        layers = std::max(layers, std::min(layer, kMaxLayers - 1) + 1);
    }
    return layers;
}

// Both halves of every targeted matrix; A's rank is checked already, the other sizes are the
// base's.
Result<void>
check_pairs(const SafetensorsFile& file, const ModelConfig& model, const LoraConfig& config)
{
    for (const auto& [layer, target] : config.matrices(model.num_layers)) {
        LoraMatrix matrix;
        matrix.layer = layer;
        matrix.target = target;
        matrix.rank = config.rank_of(layer, target);
        const auto size = [&](char half, std::size_t axis) {
            const SafetensorsEntry* entry =
                file.find(lora_tensor_name(matrix.layer, matrix.target, half));
            return entry != nullptr && entry->shape.size() == 2 ? entry->shape[axis] : 1;
        };
        const auto a = find_half(file, matrix, 'A', {matrix.rank, size('A', 1)});
        const auto b = find_half(file, matrix, 'B', {size('B', 0), matrix.rank});
        if (!a || !b) {
            return a ? b.error() : a.error();
        }
    }
    return {};
}

} // namespace

Result<void> check_adapter(const std::filesystem::path& folder)
{
    std::error_code ignored;
    if (!std::filesystem::exists(folder / kAdapterConfigFile, ignored)
        || !std::filesystem::exists(folder / kAdapterModelFile, ignored)) {
        return missing_adapter(folder);
    }
    const Result<SafetensorsFile> file = SafetensorsFile::open(folder / kAdapterModelFile);
    if (!file) {
        return file.error();
    }
    ModelConfig model;
    model.model_type = "llama-like";
    model.num_layers = layers_named(*file);
    const Result<LoraConfig> config = read_adapter_config(folder, model);
    if (!config) {
        return config.error();
    }
    if (Result<void> ranks = check_ranks(*file, model, *config); !ranks) {
        return ranks;
    }
    if (Result<void> extras = refuse_extras(*file, model, *config); !extras) {
        return extras;
    }
    return check_pairs(*file, model, *config);
}

Result<LoraAdapter> load_adapter(Backend& backend,
                                 const ModelConfig& model,
                                 const std::filesystem::path& folder,
                                 DType compute_dtype)
{
    std::error_code ignored;
    if (!std::filesystem::exists(folder / kAdapterConfigFile, ignored)
        || !std::filesystem::exists(folder / kAdapterModelFile, ignored)) {
        return missing_adapter(folder);
    }
    const Result<LoraConfig> config = read_adapter_config(folder, model);
    if (!config) {
        return config.error();
    }
    const Result<SafetensorsFile> file = SafetensorsFile::open(folder / kAdapterModelFile);
    if (!file) {
        return file.error();
    }
    if (Result<void> checked = check_ranks(*file, model, *config); !checked) {
        return checked.error();
    }
    try {
        LoraAdapter adapter(backend, model, *config, compute_dtype);
        if (Result<void> extras = refuse_extras(*file, model, *config); !extras) {
            return extras.error();
        }
        for (LoraMatrix& matrix : adapter.matrices()) {
            const auto a = find_half(*file, matrix, 'A', matrix.lora_a.shape());
            const auto b = find_half(*file, matrix, 'B', matrix.lora_b.shape());
            if (!a || !b) {
                return a ? b.error() : a.error();
            }
            upload(backend, **a, matrix.lora_a);
            upload(backend, **b, matrix.lora_b);
        }
        adapter.refresh_copies();
        if (const auto quant = file->metadata().find(kBaseQuantKey);
            quant != file->metadata().end()) {
            adapter.set_base_quant(ops::quant_type(quant->second));
        }
        if (const auto base = file->metadata().find(kBaseFingerprintKey);
            base != file->metadata().end()) {
            adapter.set_base_fingerprint(base->second);
        }
        return adapter;
    } catch (const EngineError& error) { // no memory for the matrices
        return error.error();
    }
}

} // namespace engine
