// Merge and export: write beside the target, check against base + adapter, then rename.
#include "engine/model/merge.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/model/adapter_names.h"
#include "engine/model/export_check.h"
#include "engine/model/merged_weights.h"
#include "engine/model/temporary_folder.h"

namespace engine {

namespace {

// What a Hugging Face folder has beside its weights.
constexpr std::array kCarriedFiles = {"generation_config.json",
                                      "tokenizer.json",
                                      "tokenizer_config.json",
                                      "tokenizer.model",
                                      "special_tokens_map.json",
                                      "added_tokens.json",
                                      "vocab.json",
                                      "merges.txt",
                                      "chat_template.jinja",
                                      "chat_template.json"};

// Shares of the whole work, for progress.
constexpr double kReferenceShare = 0.25;
constexpr double kWriteShare = 0.5;

std::string dtype_name(DType dtype)
{
    switch (dtype) {
    case DType::BF16:
        return "bfloat16";
    case DType::F16:
        return "float16";
    default:
        return "float32";
    }
}

Error no_change(const std::filesystem::path& adapter, const std::string& why)
{
    return {ErrorCode::InvalidArgument,
            concat(adapter.string(), ": the adapter changes nothing, ", why),
            "Export an adapter that was trained; the base itself needs no export."};
}

Error check_failed(const ExportCheck& check)
{
    if (check.max_abs_difference <= check.tolerance) {
        return {ErrorCode::InvalidArgument,
                concat("export: rounding to this dtype moves the logits by ",
                       check.rms_difference,
                       " (root mean square), as far as the adapter does, ",
                       check.rms_adapter,
                       "; nothing was kept"),
                "Export as f32, or an adapter that was trained for longer."};
    }
    return {ErrorCode::Internal,
            concat("export: a logit differs from base + adapter by ",
                   check.max_abs_difference,
                   ", at most ",
                   check.tolerance,
                   " is expected; nothing was kept")};
}

// config.json of the base with the dtype of the written weights.
Result<void> write_config(const std::filesystem::path& base,
                          const ModelConfig& config,
                          DType dtype,
                          const std::filesystem::path& folder)
{
    Result<Json> json = read_json_file(base / "config.json");
    if (!json) {
        return json.error();
    }
    const bool new_spelling = json->contains("dtype");
    if (new_spelling) {
        (*json)["dtype"] = dtype_name(dtype);
    }
    if (!new_spelling || json->contains("torch_dtype")) {
        (*json)["torch_dtype"] = dtype_name(dtype);
    }
    // A base that was tied only by its missing head says so from here on.
    if (json->value("tie_word_embeddings", false) != config.tie_word_embeddings) {
        (*json)["tie_word_embeddings"] = config.tie_word_embeddings;
    }
    return write_file_atomically(folder / "config.json", json->dump(2) + "\n");
}

Result<void> copy_files(const std::filesystem::path& base, const std::filesystem::path& folder)
{
    for (const char* name : kCarriedFiles) {
        std::error_code ignored;
        if (!std::filesystem::exists(base / name, ignored)) {
            continue;
        }
        const Result<std::string> text = read_file(base / name);
        if (!text) {
            return text.error();
        }
        if (Result<void> written = write_file_atomically(folder / name, *text); !written) {
            return written;
        }
    }
    return {};
}

// Float32 where it fits beside what else the machine holds, bfloat16 otherwise.
DType check_dtype(const ModelConfig& config)
{
    const std::int64_t bytes = 4 * config.parameter_count();
    return bytes < available_memory_bytes() / 10 * 6 ? DType::F32 : DType::BF16;
}

// Base and adapter as both exports need them: the logits without and with the adapter.
struct Reference
{
    ModelConfig config;       // with the tie that the files really have
    DType dtype = DType::F32; // that the logits were computed in
    CheckLogits base;
    CheckLogits wanted;
    std::vector<HostPair> pairs;
    ops::QuantType base_quant = ops::QuantType::None; // of the adapter's training
};

Result<Reference> make_reference(Backend& backend,
                                 const std::filesystem::path& base,
                                 const std::filesystem::path& adapter_folder,
                                 const LoadOptions& load_options)
{
    // The adapter first: a wrong one is named before the base is read.
    const Result<ModelConfig> config = ModelConfig::load(base);
    if (!config) {
        return config.error();
    }
    const Result<LoraAdapter> adapter =
        load_adapter(backend, *config, adapter_folder, load_options.dtype);
    if (!adapter) {
        return adapter.error();
    }
    const Result<BaseModel> model = BaseModel::load(backend, base, load_options);
    if (!model) {
        return model.error();
    }
    Result<std::vector<HostPair>> pairs = host_pairs(backend, *adapter);
    if (!pairs) {
        return pairs.error();
    }
    Reference reference;
    reference.config = model->config();
    reference.dtype = load_options.dtype;
    reference.base = check_logits(backend, *model, nullptr);
    reference.wanted = check_logits(backend, *model, &*adapter);
    reference.pairs = std::move(*pairs);
    reference.base_quant = adapter->base_quant();
    return reference;
}

// One merge with its options and where it stands.
class MergeJob
{
public:
    MergeJob(Backend& backend,
             const std::filesystem::path& base,
             const std::filesystem::path& adapter,
             const MergeOptions& options)
        : m_backend(&backend)
        , m_base(base)
        , m_adapter(adapter)
        , m_options(&options)
    {}

    Result<ExportCheck> run(const std::filesystem::path& out)
    {
        Result<TemporaryFolder> folder = TemporaryFolder::create(out);
        if (!folder) {
            return folder.error();
        }
        Result<ModelConfig> config = ModelConfig::load(m_base);
        if (!config) {
            return config.error();
        }
        const Result<Reference> reference =
            make_reference(*m_backend,
                           m_base,
                           m_adapter,
                           load_options(check_dtype(*config), 0.0, kReferenceShare));
        if (!reference) {
            return reference.error();
        }
        report(kReferenceShare, "writing");
        if (Result<void> written = write(*reference, folder->path()); !written) {
            return written.error();
        }
        Result<ExportCheck> checked = check(*reference, folder->path());
        if (!checked) {
            return checked;
        }
        if (!checked->passed) {
            return check_failed(*checked);
        }
        if (stopped()) {
            return Error{ErrorCode::Cancelled, "merge: cancelled"};
        }
        if (Result<void> committed = folder->commit(); !committed) {
            return committed.error();
        }
        report(1.0, "done");
        return checked;
    }

private:
    [[nodiscard]] bool stopped() const { return m_options->stop.stop_requested(); }

    void report(double fraction, const std::string& what) const
    {
        if (m_options->progress) {
            m_options->progress(fraction, what);
        }
    }

    [[nodiscard]] LoadOptions load_options(DType dtype, double begin, double share) const
    {
        return {.dtype = dtype,
                .progress = [this, begin, share](
                                double fraction) { report(begin + share * fraction, "reading"); },
                .stop = m_options->stop};
    }

    Result<void> write(const Reference& reference, const std::filesystem::path& folder)
    {
        const Result<SafetensorsFolder> files = SafetensorsFolder::open(m_base);
        if (!files) {
            return files.error();
        }
        MergedWeights weights(*files, reference.config, reference.pairs, m_options->dtype);
        if (reference.base_quant != ops::QuantType::None) {
            weights.set_metadata({{kBaseQuantKey, std::string(to_string(reference.base_quant))}});
        }
        const std::int64_t total = weights.total_bytes();
        const std::int64_t free = free_disk_bytes(folder);
        if (free >= 0 && free < total) {
            return Error{ErrorCode::Io,
                         concat(folder.string(), ": ", total, " bytes to write, ", free, " free"),
                         "Make room, or write to another disk."};
        }
        const auto progress = [&](std::int64_t bytes) {
            report(kReferenceShare
                       + kWriteShare * static_cast<double>(bytes) / static_cast<double>(total),
                   "writing");
        };
        if (Result<void> written =
                weights.write(folder, m_options->max_shard_bytes, progress, m_options->stop);
            !written) {
            return written;
        }
        if (weights.changed_elements() == 0) {
            return no_change(m_adapter,
                             concat("every weight is the base's in ", to_string(m_options->dtype)));
        }
        if (Result<void> written = write_config(m_base, reference.config, m_options->dtype, folder);
            !written) {
            return written;
        }
        if (Result<void> copied = copy_files(m_base, folder); !copied) {
            return copied;
        }
        return check_elements(*files, reference.config, reference.pairs, folder, m_options->dtype);
    }

    Result<ExportCheck> check(const Reference& reference, const std::filesystem::path& folder)
    {
        const double begin = kReferenceShare + kWriteShare;
        const Result<BaseModel> merged =
            BaseModel::load(*m_backend, folder, load_options(reference.dtype, begin, 1.0 - begin));
        if (!merged) {
            return merged.error();
        }
        const CheckLogits found = check_logits(*m_backend, *merged, nullptr);
        const DType coarser = reference.dtype == DType::BF16 ? DType::BF16 : m_options->dtype;
        ExportCheck check = compare_logits(
            reference.base, reference.wanted, found, reference.config.vocab_size, coarser);
        check.base_quant = reference.base_quant;
        return check;
    }

    Backend* m_backend;
    std::filesystem::path m_base;
    std::filesystem::path m_adapter;
    const MergeOptions* m_options;
};

// The base that the adapter names, or the folder's name.
std::string base_name(const std::filesystem::path& adapter, const std::filesystem::path& base)
{
    const Result<Json> json = read_json_file(adapter / kAdapterConfigFile);
    if (json && json->is_object() && json->contains("base_model_name_or_path")
        && (*json)["base_model_name_or_path"].is_string()) {
        return (*json)["base_model_name_or_path"].get<std::string>();
    }
    return base.filename().string();
}

Result<ExportCheck> export_peft_checked(Backend& backend,
                                        const std::filesystem::path& base,
                                        const std::filesystem::path& adapter_folder,
                                        const std::filesystem::path& out)
{
    Result<TemporaryFolder> folder = TemporaryFolder::create(out);
    if (!folder) {
        return folder.error();
    }
    const Result<ModelConfig> config = ModelConfig::load(base);
    if (!config) {
        return config.error();
    }
    const DType dtype = check_dtype(*config);
    const Result<BaseModel> model = BaseModel::load(backend, base, {.dtype = dtype});
    if (!model) {
        return model.error();
    }
    const Result<LoraAdapter> adapter =
        load_adapter(backend, model->config(), adapter_folder, dtype);
    if (!adapter) {
        return adapter.error();
    }
    if (Result<void> written =
            write_adapter(backend, *adapter, base_name(adapter_folder, base), folder->path());
        !written) {
        return written.error();
    }
    const Result<LoraAdapter> reloaded =
        load_adapter(backend, model->config(), folder->path(), dtype);
    if (!reloaded) {
        return reloaded.error();
    }
    ExportCheck check = compare_logits(check_logits(backend, *model, nullptr),
                                       check_logits(backend, *model, &*adapter),
                                       check_logits(backend, *model, &*reloaded),
                                       model->config().vocab_size,
                                       dtype);
    check.base_quant = adapter->base_quant();
    if (!check.passed) {
        return check_failed(check);
    }
    if (check.difference_from_base == 0.0) {
        return no_change(adapter_folder, "every logit is the base's");
    }
    if (Result<void> committed = folder->commit(); !committed) {
        return committed.error();
    }
    return check;
}

} // namespace

Result<ExportCheck> merge_to_folder(Backend& backend,
                                    const std::filesystem::path& base,
                                    const std::filesystem::path& adapter,
                                    const std::filesystem::path& out,
                                    const MergeOptions& options)
{
    const bool writable =
        options.dtype == DType::F32 || options.dtype == DType::BF16 || options.dtype == DType::F16;
    if (!writable || options.max_shard_bytes <= 0) {
        return Error{ErrorCode::InvalidArgument,
                     concat("merge: dtype is ",
                            options.dtype,
                            " and max_shard_bytes is ",
                            options.max_shard_bytes,
                            ", wanted f32, bf16 or f16, and 1 or more")};
    }
    try {
        return MergeJob(backend, base, adapter, options).run(out);
    } catch (const EngineError& error) { // no memory for the check
        return error.error();
    }
}

Result<ExportCheck> export_peft(Backend& backend,
                                const std::filesystem::path& base,
                                const std::filesystem::path& adapter,
                                const std::filesystem::path& out)
{
    try {
        return export_peft_checked(backend, base, adapter, out);
    } catch (const EngineError& error) { // no memory for the check
        return error.error();
    }
}

} // namespace engine
