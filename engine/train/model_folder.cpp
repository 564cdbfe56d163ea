// Weights, config and tokenizer files of a model that was trained whole.
#include "engine/train/model_folder.h"

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/model/temporary_folder.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr const char* kCarriedOver[] = {"tokenizer.json",
                                        "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "vocab.json",
                                        "merges.txt",
                                        "tokenizer.model",
                                        "chat_template.jinja",
                                        "generation_config.json"};

Result<void> write_weights(Backend& backend, const BaseModel& model, const fs::path& path)
{
    std::vector<SafetensorsSource> sources;
    sources.reserve(model.tensors().size());
    for (const BaseModel::NamedTensor& named : model.tensors()) {
        const ConstTensorView value = named.tensor;
        sources.push_back({named.name,
                           safetensors_name(value.dtype()),
                           safetensors_shape(value.shape()),
                           [&backend, value](const auto& sink) {
                               std::vector<std::byte> host(value.bytes());
                               backend.download(value, host.data());
                               return sink(host);
                           }});
    }
    return write_safetensors(path, std::move(sources));
}

// The source's config with the new dtype, so that keys this engine does not read survive; or one
// made from the sizes when there is no source.
Result<Json> config_of(const BaseModel& model, const fs::path& source)
{
    std::error_code error;
    if (source.empty() || !fs::exists(source / "config.json", error)) {
        return model.config().to_json();
    }
    Result<Json> config = read_json_file(source / "config.json");
    if (config && config->is_object()) {
        const char* key = config->contains("dtype") ? "dtype" : "torch_dtype";
        (*config)[key] = model.dtype() == DType::F32 ? "float32" : "bfloat16";
    }
    return config;
}

} // namespace

Result<void> save_model_folder(Backend& backend,
                               const BaseModel& model,
                               const fs::path& source,
                               const fs::path& folder)
{
    Result<TemporaryFolder> temporary = TemporaryFolder::create(folder, ExistingFolder::Replace);
    if (!temporary) {
        return temporary.error();
    }
    const Result<Json> config = config_of(model, source);
    if (!config) {
        return config.error();
    }
    if (Result<void> written =
            write_file_atomically(temporary->path() / "config.json", config->dump(2) + "\n");
        !written) {
        return written;
    }
    for (const char* name : kCarriedOver) {
        std::error_code error;
        if (source.empty() || !fs::exists(source / name, error)) {
            continue;
        }
        const Result<std::string> text = read_file(source / name);
        if (!text) {
            return text.error();
        }
        if (Result<void> written = write_file_atomically(temporary->path() / name, *text);
            !written) {
            return written;
        }
    }
    if (Result<void> written =
            write_weights(backend, model, temporary->path() / "model.safetensors");
        !written) {
        return written;
    }
    return temporary->commit();
}

} // namespace engine
