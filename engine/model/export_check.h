// The check that every export passes before it gets its name: its numbers against base + adapter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/model/base_model.h"
#include "engine/model/merge.h"
#include "engine/model/merged_weights.h"

namespace engine {

// Logits [positions, vocab] of the check's token sequences, which depend on the model's sizes only.
struct CheckLogits
{
    std::int64_t positions = 0;
    std::vector<float> values;
};

// Errors: Cancelled; throws EngineError as Transformer does.
[[nodiscard]] CheckLogits
check_logits(Backend& backend, const BaseModel& model, const LoraAdapter* adapter);

// Largest allowed |difference| of a logit, as a share of the largest |logit|. f32: sums in another
// order. bf16 and f16: each weight is off by up to 2^-8 or 2^-11 of itself, and a narrow model
// averages little: 6 % in bf16 on a 16-wide model whose adapter outweighs its base is the worst
// seen, so twice that, and an eighth of it in f16. A matrix that is wrong by less shows in
// check_elements whatever the dtype.
[[nodiscard]] double logit_tolerance(DType dtype);

// `base` is without the adapter, `wanted` with it. `passed` is left to the caller to act on.
[[nodiscard]] ExportCheck compare_logits(const CheckLogits& base,
                                         const CheckLogits& wanted,
                                         const CheckLogits& found,
                                         std::int64_t vocab_size,
                                         DType dtype);

// Recomputes elements of every written tensor at spread positions in double precision from the base
// and the adapter. Errors: Internal naming the tensor, the element, found and wanted; those of
// reading the folder.
[[nodiscard]] Result<void> check_elements(const SafetensorsFolder& base,
                                          const ModelConfig& config,
                                          const std::vector<HostPair>& pairs,
                                          const std::filesystem::path& folder,
                                          DType dtype);

} // namespace engine
