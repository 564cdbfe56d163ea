// The terms, each from the code that allocates it.
#include "engine/train/memory_estimate.h"

#include <algorithm>
#include <utility>

#include "engine/io/safetensors.h"
#include "engine/model/kv_decoder.h"
#include "engine/ops/matmul.h"
#include "engine/tensor/memory_check.h"
#include "engine/train/optimizer.h"

namespace engine {

namespace {

constexpr std::int64_t kEffectiveBatch = 16;        // rows of a step
constexpr std::int64_t kMaxMicroBatchTokens = 8192; // beyond it the products are no faster
constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));

std::int64_t trained_parameters(const TrainConfig& config, const ModelConfig& model)
{
    return config.method == Method::Full ? model.parameter_count()
                                         : config.lora.parameter_count(model);
}

// Masters, their copies in bf16, and with LoRA-GA the frozen pair likewise.
std::int64_t adapter_bytes(const TrainConfig& config, std::int64_t parameters)
{
    if (config.method == Method::Full) {
        return 0; // the base itself
    }
    const std::int64_t pair =
        parameters
        * (kFloatBytes + (config.dtype == DType::BF16 ? static_cast<std::int64_t>(2) : 0));
    return config.init == Init::LoraGa ? 2 * pair : pair;
}

const LoraConfig* layout_of(const TrainConfig& config)
{
    return config.method == Method::Lora ? &config.lora : nullptr;
}

// A sample's generation, beside the training's own memory.
std::int64_t sample_bytes(Backend& backend, const TrainConfig& config, const EstimateInputs& inputs)
{
    return inputs.sample_positions == 0
               ? 0
               : KvDecoder::memory_bytes(backend,
                                         *inputs.model,
                                         config.dtype,
                                         config.base_quant != ops::QuantType::None,
                                         inputs.sample_positions);
}

// What a step needs without a budget for its activations.
TransformerLimits unbudgeted_limits(const TrainConfig& config, const BatchExtent& extent)
{
    TransformerLimits limits;
    limits.max_sequence_length = std::max<std::int64_t>(extent.longest, 1);
    limits.max_tokens = std::max<std::int64_t>(extent.tokens, 1);
    limits.max_targets = std::max<std::int64_t>(extent.targets, 1);
    limits.backward = true;
    limits.full = config.method == Method::Full;
    limits.quantized_base = config.base_quant != ops::QuantType::None;
    limits.checkpointing =
        config.grad_checkpointing ? Checkpointing::PerLayer : Checkpointing::None;
    return limits;
}

} // namespace

Result<BaseFootprint> base_footprint(const Backend& backend,
                                     const std::filesystem::path& folder,
                                     const TrainConfig& config)
{
    const Result<SafetensorsFolder> files = SafetensorsFolder::open(folder);
    if (!files) {
        return files.error();
    }
    BaseFootprint footprint;
    for (const SafetensorsFile& file : files->files()) {
        for (const SafetensorsEntry& entry : file.entries()) {
            if (config.base_quant != ops::QuantType::None && is_projection(entry.name)
                && entry.shape.size() == 2) {
                footprint.owned_bytes +=
                    quantized_bytes(config.base_quant, entry.shape[0], entry.shape[1]);
                continue;
            }
            const bool aligned =
                reinterpret_cast<std::uintptr_t>(entry.bytes.data()) % size_of(config.dtype) == 0;
            const bool in_place = backend.shares_host_memory() && config.method == Method::Lora
                                  && aligned && entry.dtype == safetensors_name(config.dtype);
            if (in_place) {
                footprint.mapped_bytes += static_cast<std::int64_t>(entry.bytes.size());
            } else {
                footprint.owned_bytes +=
                    entry.numel() * static_cast<std::int64_t>(size_of(config.dtype));
            }
        }
    }
    return footprint;
}

TransformerLimits training_limits(Backend& backend,
                                  const TrainConfig& config,
                                  const ModelConfig& model,
                                  const BatchExtent& extent)
{
    TransformerLimits limits = unbudgeted_limits(config, extent);
    limits.frozen_pair = config.method == Method::Lora && config.init == Init::LoraGa;
    if (config.activation_budget == 0 || config.grad_checkpointing) {
        return limits;
    }
    const std::int64_t budget = config.activation_budget << 20U;
    const auto bytes = [&] {
        return Transformer::arena_bytes(backend, model, config.dtype, limits, layout_of(config));
    };
    limits.checkpointing = Checkpointing::PerLayer;
    limits.kept_layers = model.num_layers;
    while (limits.kept_layers > 0 && bytes() > budget) {
        --limits.kept_layers;
    }
    return limits;
}

TransformerLimits initialization_limits(const TrainConfig& config, const BatchExtent& extent)
{
    TransformerLimits limits = unbudgeted_limits(config, extent);
    limits.weight_sink = true;
    limits.checkpointing = Checkpointing::PerLayer;
    return limits;
}

MemoryEstimate
estimate_memory(Backend& backend, const TrainConfig& config, const EstimateInputs& inputs)
{
    const ModelConfig& model = *inputs.model;
    const std::int64_t parameters = trained_parameters(config, model);
    const std::int64_t activations =
        Transformer::arena_bytes(backend,
                                 model,
                                 config.dtype,
                                 training_limits(backend, config, model, inputs.extent(config)),
                                 layout_of(config));
    MemoryEstimate estimate;
    auto add = [&](const char* name, std::int64_t bytes) {
        if (bytes > 0) {
            estimate.terms.push_back({name, bytes});
            estimate.total_bytes += bytes;
        }
    };
    add("baseline", inputs.memory.used_bytes + ops::matmul_memory_bytes(backend, config.dtype));
    add("base_weights", inputs.base.owned_bytes + inputs.base.mapped_bytes);
    add("adapter", adapter_bytes(config, parameters));
    if (config.activation_budget > 0 && !config.grad_checkpointing) {
        const std::int64_t budget = config.activation_budget << 20U;
        estimate.over_activation_budget = std::max<std::int64_t>(0, activations - budget);
    }
    const std::int64_t before_training = estimate.total_bytes;
    add("gradients", parameters * kFloatBytes);
    add("optimizer", Optimizer::state_bytes(config.optimizer, parameters));
    add("activations", activations);
    add("samples", sample_bytes(backend, config, inputs));
    if (config.method == Method::Lora && config.init == Init::LoraGa) {
        // The initialisation ends before the terms of training exist: only its excess counts.
        const std::int64_t arena =
            Transformer::arena_bytes(backend,
                                     model,
                                     config.dtype,
                                     initialization_limits(config, inputs.init_extent),
                                     &config.lora);
        add("initialization", before_training + arena - estimate.total_bytes);
    }
    // What was needed to read the data may have been more than training will be; on a GPU also what
    // was tried there since (ops/cuda/attention_check.cpp).
    const std::int64_t before =
        backend.shares_host_memory()
            ? inputs.memory.peak_bytes
            : std::max(inputs.memory.peak_bytes, backend.memory().peak_bytes);
    add("loading", before - estimate.total_bytes);
    estimate.available_bytes =
        inputs.memory.used_bytes + usable_memory(inputs.memory.available_bytes);
    // Mapped weights count whole: the system could take their pages back, but every step reads all
    // of them, and from the disk a step takes minutes.
    estimate.fits = estimate.total_bytes <= estimate.available_bytes;
    return estimate;
}

MemoryEstimate
choose_micro_batch(Backend& backend, TrainConfig& config, const EstimateInputs& inputs)
{
    const std::int64_t accumulation = std::max<std::int64_t>(1, config.grad_accum_steps);
    const bool choose = config.micro_batch_size == 0;
    std::int64_t rows = config.micro_batch_size;
    if (choose) {
        rows = 1;
        while (rows * 2 * accumulation <= kEffectiveBatch
               && rows * 2 * config.seq_len <= kMaxMicroBatchTokens) {
            rows *= 2;
        }
    }
    const bool choose_accumulation = config.grad_accum_steps == 0;
    const auto estimate_of = [&](std::int64_t micro_batch_size) {
        config.micro_batch_size = micro_batch_size;
        if (choose_accumulation) {
            config.grad_accum_steps = (kEffectiveBatch + micro_batch_size - 1) / micro_batch_size;
        }
        return estimate_memory(backend, config, inputs);
    };
    MemoryEstimate estimate = estimate_of(rows);
    while (choose && !estimate.fits && config.micro_batch_size > 1) {
        estimate = estimate_of(config.micro_batch_size / 2);
    }
    return estimate;
}

bool take_smaller_micro_batch(TrainConfig& config)
{
    const std::int64_t rows = config.micro_batch_size;
    if (rows <= 1) {
        return false;
    }
    std::int64_t parts = 2;
    while (rows % parts != 0) {
        ++parts;
    }
    config.micro_batch_size = rows / parts;
    config.grad_accum_steps *= parts;
    return true;
}

std::string batch_change(const TrainConfig& before, const TrainConfig& after)
{
    return concat("micro_batch_size ",
                  before.micro_batch_size,
                  " -> ",
                  after.micro_batch_size,
                  ", grad_accum_steps ",
                  before.grad_accum_steps,
                  " -> ",
                  after.grad_accum_steps);
}

std::optional<TrainConfig::FieldError> budget_warning(const TrainConfig& config,
                                                      const MemoryEstimate& estimate)
{
    if (estimate.over_activation_budget == 0) {
        return std::nullopt;
    }
    const std::int64_t least =
        config.activation_budget + ((estimate.over_activation_budget + (1 << 20) - 1) >> 20U);
    return TrainConfig::FieldError{
        "activation_budget",
        concat("activation_budget: ",
               config.activation_budget,
               " MiB, but with every block recomputed activations take ",
               least,
               " MiB; a smaller micro_batch_size or seq_len takes less")};
}

Error does_not_fit(const Device& device, const TrainConfig& config, const MemoryEstimate& estimate)
{
    std::string lever = "set grad_checkpointing on, or choose a smaller seq_len";
    if (config.micro_batch_size > 1) {
        lever = concat(
            "try micro_batch_size ", config.micro_batch_size, " -> ", config.micro_batch_size / 2);
    } else if (config.dtype == DType::F32 && config.method == Method::Lora) {
        lever = "try dtype bf16";
    } else if (config.base_quant == ops::QuantType::None && config.method == Method::Lora) {
        lever = "set grad_checkpointing on, try base_quant nf4, or choose a smaller seq_len";
    }
    return out_of_memory(
        device, "the run", estimate.total_bytes, estimate.available_bytes, std::move(lever));
}

} // namespace engine
