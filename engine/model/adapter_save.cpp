// Writing PEFT's folder; a LoRA-GA adapter becomes plain LoRA of twice the rank.
#include <cmath>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/io/safetensors.h"
#include "engine/model/adapter_names.h"
#include "engine/model/base_fingerprint.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/temporary_folder.h"

namespace engine {

namespace {

// How an adapter's numbers appear in the file.
struct PeftConversion
{
    std::int64_t rank_factor = 1;
    double alpha_factor = 1.0;
};

Result<PeftConversion> conversion_of(const LoraAdapter& adapter)
{
    std::size_t with_pair = 0;
    for (const LoraMatrix& matrix : adapter.matrices()) {
        with_pair += matrix.has_init_pair() ? 1 : 0;
    }
    if (with_pair == 0) {
        return PeftConversion{};
    }
    if (with_pair != adapter.matrices().size()) {
        return Error{ErrorCode::InvalidArgument,
                     concat("adapter: ",
                            with_pair,
                            " of ",
                            adapter.matrices().size(),
                            " matrices have a frozen pair, wanted all or none")};
    }
    // s stays: 2 alpha / 2r, or sqrt(2) alpha / sqrt(2r) with rsLoRA.
    return PeftConversion{2, adapter.config().use_rslora ? std::sqrt(2.0) : 2.0};
}

// 32 rather than 32.0: PEFT's own files have integers.
Json whole_or_real(double value)
{
    const bool integral = value == std::floor(value) && std::abs(value) < 1e15;
    return integral ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Json target_modules_json(const LoraConfig& config)
{
    if (!config.modules.empty()) {
        return config.modules;
    }
    Json names = Json::array();
    for (const Target target : config.target_modules) {
        names.push_back(std::string(to_string(target)));
    }
    return names;
}

// The keys that every PEFT since 0.4 understands, in sorted order.
Json config_json(const LoraConfig& config,
                 const PeftConversion& conversion,
                 const std::string& base_model_name)
{
    Json alpha_pattern = Json::object();
    for (const auto& [key, alpha] : config.alpha_pattern) {
        alpha_pattern[key] = whole_or_real(alpha * conversion.alpha_factor);
    }
    Json rank_pattern = Json::object();
    for (const auto& [key, rank] : config.rank_pattern) {
        rank_pattern[key] = rank * conversion.rank_factor;
    }
    Json json;
    json["alpha_pattern"] = std::move(alpha_pattern);
    json["base_model_name_or_path"] = base_model_name.empty() ? Json() : Json(base_model_name);
    json["bias"] = "none";
    json["fan_in_fan_out"] = false;
    json["inference_mode"] = true;
    json["init_lora_weights"] = true;
    json["layers_pattern"] = nullptr;
    const bool by_layer = config.modules.empty() && !config.layers.empty();
    json["layers_to_transform"] = by_layer ? Json(config.layers) : Json();
    json["lora_alpha"] = whole_or_real(config.alpha * conversion.alpha_factor);
    json["lora_dropout"] = config.dropout;
    json["modules_to_save"] = nullptr;
    json["peft_type"] = "LORA";
    json["r"] = config.rank * conversion.rank_factor;
    json["rank_pattern"] = std::move(rank_pattern);
    json["revision"] = nullptr;
    json["target_modules"] = target_modules_json(config);
    json["task_type"] = "CAUSAL_LM";
    json["use_dora"] = false;
    json["use_rslora"] = config.use_rslora;
    return json;
}

std::vector<float> to_host(Backend& backend, const Tensor& tensor)
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    backend.download(tensor, values.data());
    return values;
}

// A' = [A; A0]: rows under rows.
std::vector<float> host_a(Backend& backend, const LoraMatrix& matrix)
{
    std::vector<float> values = to_host(backend, matrix.lora_a);
    if (matrix.has_init_pair()) {
        const std::vector<float> frozen = to_host(backend, matrix.init_a);
        values.insert(values.end(), frozen.begin(), frozen.end());
    }
    return values;
}

// B' = [B, -B0]: columns beside columns.
std::vector<float> host_b(Backend& backend, const LoraMatrix& matrix)
{
    std::vector<float> trained = to_host(backend, matrix.lora_b);
    if (!matrix.has_init_pair()) {
        return trained;
    }
    const std::vector<float> frozen = to_host(backend, matrix.init_b);
    const auto rank = static_cast<std::size_t>(matrix.rank);
    std::vector<float> values;
    values.reserve(2 * trained.size());
    for (std::size_t row = 0; row < trained.size(); row += rank) {
        for (std::size_t column = 0; column < rank; ++column) {
            values.push_back(trained[row + column]);
        }
        for (std::size_t column = 0; column < rank; ++column) {
            values.push_back(-frozen[row + column]);
        }
    }
    return values;
}

SafetensorsSource source_of(Backend& backend, const LoraMatrix& matrix, char half)
{
    const std::int64_t factor = matrix.has_init_pair() ? 2 : 1;
    SafetensorsSource source;
    source.name = lora_tensor_name(matrix.layer, matrix.target, half);
    source.dtype = "F32";
    source.shape = half == 'A'
                       ? std::vector<std::int64_t>{factor * matrix.rank, matrix.lora_a.shape()[1]}
                       : std::vector<std::int64_t>{matrix.lora_b.shape()[0], factor * matrix.rank};
    source.write = [&backend, &matrix, half](const auto& sink) {
        const std::vector<float> values =
            half == 'A' ? host_a(backend, matrix) : host_b(backend, matrix);
        return sink(std::as_bytes(std::span(values)));
    };
    return source;
}

} // namespace

Result<void> write_adapter(Backend& backend,
                           const LoraAdapter& adapter,
                           const std::string& base_model_name,
                           const std::filesystem::path& folder)
{
    const Result<PeftConversion> conversion = conversion_of(adapter);
    if (!conversion) {
        return conversion.error();
    }
    std::vector<SafetensorsSource> sources;
    for (const LoraMatrix& matrix : adapter.matrices()) {
        sources.push_back(source_of(backend, matrix, 'A'));
        sources.push_back(source_of(backend, matrix, 'B'));
    }
    std::map<std::string, std::string> metadata;
    if (adapter.base_quant() != ops::QuantType::None) {
        metadata[kBaseQuantKey] = to_string(adapter.base_quant());
    }
    if (!adapter.base_fingerprint().empty()) {
        metadata[kBaseFingerprintKey] = adapter.base_fingerprint();
    }
    if (Result<void> written =
            write_safetensors(folder / kAdapterModelFile, std::move(sources), metadata);
        !written) {
        return written;
    }
    const std::string text = config_json(adapter.config(), *conversion, base_model_name)
                                 .dump(2, ' ', false, Json::error_handler_t::replace);
    return write_file_atomically(folder / kAdapterConfigFile, text + "\n");
}

Result<void> save_adapter(Backend& backend,
                          const LoraAdapter& adapter,
                          const std::string& base_model_name,
                          const std::filesystem::path& folder)
{
    Result<TemporaryFolder> temporary = TemporaryFolder::create(folder, ExistingFolder::Replace);
    if (!temporary) {
        return temporary.error();
    }
    if (Result<void> written = write_adapter(backend, adapter, base_model_name, temporary->path());
        !written) {
        return written;
    }
    return temporary->commit();
}

} // namespace engine
