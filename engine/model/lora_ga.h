// LoRA-GA's initialisation (Wang, Yu, Li 2024, arXiv 2407.05000, Algorithm 1): A0, B0 from the
// singular vectors of the averaged gradient of each matrix.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/model/transformer.h"

namespace engine {

enum class LoraGaDirection { ArB2r, A2rBr, ArBr, Random };
enum class LoraGaScale { Stable, Gd, Unit, WeightSvd };

struct LoraGaConfig
{
    std::int64_t batches = 8; // micro-batches whose gradients are averaged
    LoraGaDirection direction = LoraGaDirection::ArB2r;
    LoraGaScale scale = LoraGaScale::Stable;
    double gamma = 16.0;
    std::uint64_t seed = 0;
};

// What the initialisation found, one entry per matrix; shown in the run's report.
struct LoraGaReport
{
    struct Matrix
    {
        std::int64_t layer = 0;
        Target target = Target::QProj;
        double gradient_norm = 0.0; // Frobenius
        double captured = 0.0;      // share of the squared norm in the 2r singular values used
        std::vector<float> singular_values; // the leading 2r
        double offset_norm = 0.0;           // ||s B0 A0||_F
    };

    std::vector<Matrix> matrices;
    double seconds = 0.0;
};

// Randomised SVD of a row-major [m, n] float32 matrix, as torch.svd_lowrank with q columns and
// `niter` power steps: u: [m, q], s: [q] descending, v: [n, q].
struct LowRankSvd
{
    std::vector<float> u;
    std::vector<float> s;
    std::vector<float> v;
    std::int64_t q = 0;
};

[[nodiscard]] LowRankSvd svd_lowrank(
    Backend& backend, ConstTensorView matrix, std::int64_t q, int niter, std::uint64_t seed);

// Sets A, B of one matrix from its gradient G [m, n] (section 2.2 steps 3 to 5) and returns its
// report line. `weight` is W [m, n], needed by WeightSvd only.
LoraGaReport::Matrix lora_ga_initialize_matrix(Backend& backend,
                                               ConstTensorView gradient,
                                               ConstTensorView weight,
                                               const LoraGaConfig& config,
                                               LoraMatrix& matrix);

// The whole initialisation. `batches` are the first micro-batches of the training data in order,
// each weighted so that its loss is its own mean; their average gradient is formed in one pass over
// their concatenation with per-layer recomputation, one matrix's gradient in memory at a time. The
// base is left untouched; every matrix gets its frozen pair, so the model's output does not change.
// Errors: Cancelled, InvalidArgument; throws EngineError as run().
[[nodiscard]] Result<LoraGaReport>
lora_ga_initialize(Backend& backend,
                   const BaseModel& model,
                   LoraAdapter& adapter,
                   std::span<const MicroBatch> batches,
                   const LoraGaConfig& config,
                   const std::function<void(double fraction)>& progress = {},
                   StopToken stop = {});

} // namespace engine
