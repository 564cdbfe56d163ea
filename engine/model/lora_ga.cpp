// A0 and B0 from the singular vectors of the gradient, and the one pass that yields the gradients.
#include "engine/model/lora_ga.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include "engine/core/random.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/optimizer_step.h"

namespace engine {

namespace {

constexpr int kPowerIterations = 4;       // niter of the paper's code
constexpr std::int64_t kOversampling = 4; // q = 4 r

// Which singular vectors make A's rows (right ones) and B's columns (left ones); disjoint, together
// the leading 2r.
struct Selection
{
    std::vector<std::int64_t> a;
    std::vector<std::int64_t> b;
};

Selection select(LoraGaDirection direction, std::int64_t rank, std::uint64_t seed)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(2 * rank));
    std::iota(order.begin(), order.end(), 0);
    const auto middle = order.begin() + rank;
    switch (direction) {
    case LoraGaDirection::ArB2r:
        break;
    case LoraGaDirection::A2rBr:
        std::rotate(order.begin(), middle, order.end());
        break;
    case LoraGaDirection::ArBr: // A takes indices 1, 3, 5, ..., B takes 0, 2, 4, ...
        for (std::int64_t i = 0; i < rank; ++i) {
            order[static_cast<std::size_t>(i)] = 2 * i + 1;
            order[static_cast<std::size_t>(rank + i)] = 2 * i;
        }
        break;
    case LoraGaDirection::Random: {
        Random random(seed, 1);
        for (std::size_t left = order.size(); left > 1; --left) {
            std::swap(order[left - 1], order[static_cast<std::size_t>(random.below(left))]);
        }
        break;
    }
    }
    return {.a = {order.begin(), middle}, .b = {middle, order.end()}};
}

// The factor of both A and B.
double scale_of(Backend& backend,
                ConstTensorView weight,
                const LoraGaConfig& config,
                const LoraMatrix& matrix,
                std::uint64_t seed)
{
    switch (config.scale) {
    case LoraGaScale::Stable:
        return std::pow(static_cast<double>(matrix.lora_b.shape()[0]), 0.25)
               / std::sqrt(config.gamma);
    case LoraGaScale::Gd:
        return 1.0 / static_cast<double>(matrix.scaling);
    case LoraGaScale::Unit:
        return 1.0;
    case LoraGaScale::WeightSvd:
        break;
    }
    Tensor weight_f32 = backend.tensor(DType::F32, weight.shape());
    ops::copy(backend, weight, weight_f32);
    const std::int64_t smaller = std::min(weight.size(0), weight.size(1));
    const LowRankSvd svd = svd_lowrank(backend,
                                       weight_f32,
                                       std::min(kOversampling * matrix.rank, smaller),
                                       kPowerIterations,
                                       seed);
    double sum = 0.0;
    for (std::int64_t i = 0; i < matrix.rank; ++i) {
        sum += std::sqrt(static_cast<double>(svd.s[static_cast<std::size_t>(i)])
                         / static_cast<double>(matrix.scaling));
    }
    return sum / static_cast<double>(matrix.rank);
}

// One seed per matrix, so that a subset of the targets gives the same values.
std::uint64_t matrix_seed(const LoraGaConfig& config, const LoraMatrix& matrix)
{
    const auto counter =
        static_cast<std::uint64_t>(matrix.layer) * kTargetCount + index_of(matrix.target);
    const auto words = philox4x32(config.seed, 0x6c6f72612d6761ULL, counter);
    return (static_cast<std::uint64_t>(words[0]) << 32U) | words[1];
}

double sum_of_squares(std::span<const float> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0, [](double sum, float value) {
        return sum + static_cast<double>(value) * static_cast<double>(value);
    });
}

// The upper triangle of sum over k of x_k x_k^T, [rank, rank]; x(k, i) is number i of vector k.
template <typename Number>
std::vector<double> squares_of(std::int64_t count, std::int64_t rank, const Number& x)
{
    const auto n = static_cast<std::size_t>(rank);
    std::vector<double> sum(n * n, 0.0);
    std::vector<double> vector(n);
    for (std::int64_t k = 0; k < count; ++k) {
        for (std::size_t i = 0; i < n; ++i) {
            vector[i] = static_cast<double>(x(k, static_cast<std::int64_t>(i)));
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = i; j < n; ++j) {
                sum[i * n + j] += vector[i] * vector[j];
            }
        }
    }
    return sum;
}

// ||B A||_F of A [r, n] and B [m, r] through their Gram matrices: trace((B^T B)(A A^T)).
double product_norm(std::span<const float> a,
                    std::span<const float> b,
                    std::int64_t rank,
                    std::int64_t in_features,
                    std::int64_t out_features)
{
    const std::vector<double> of_a =
        squares_of(in_features, rank, [&](std::int64_t column, std::int64_t i) {
            return a[static_cast<std::size_t>(i * in_features + column)];
        });
    const std::vector<double> of_b =
        squares_of(out_features, rank, [&](std::int64_t row, std::int64_t i) {
            return b[static_cast<std::size_t>(row * rank + i)];
        });
    // What is right of the diagonal stands for its mirror image too.
    double trace = 2.0 * std::inner_product(of_a.begin(), of_a.end(), of_b.begin(), 0.0);
    for (std::size_t i = 0; i < of_a.size(); i += static_cast<std::size_t>(rank) + 1) {
        trace -= of_a[i] * of_b[i];
    }
    return std::sqrt(std::max(trace, 0.0));
}

// The micro-batches as one, each contributing 1 / count of its loss.
MicroBatch concatenate(std::span<const MicroBatch> batches)
{
    MicroBatch all;
    all.offsets.push_back(0);
    const auto count = static_cast<float>(batches.size());
    for (const MicroBatch& batch : batches) {
        const std::int32_t base = all.offsets.back();
        all.tokens.insert(all.tokens.end(), batch.tokens.begin(), batch.tokens.end());
        all.labels.insert(all.labels.end(), batch.labels.begin(), batch.labels.end());
        all.positions.insert(all.positions.end(), batch.positions.begin(), batch.positions.end());
        for (const float weight : batch.weights) {
            all.weights.push_back(weight / count);
        }
        for (std::size_t s = 1; s < batch.offsets.size(); ++s) {
            all.offsets.push_back(base + batch.offsets[s]);
        }
    }
    return all;
}

Result<void> check(const LoraAdapter& adapter, const MicroBatch& batch)
{
    if (adapter.matrices().empty()) {
        return Error{ErrorCode::InvalidArgument, "lora_ga: the adapter has no matrices"};
    }
    if (batch.num_targets() == 0) {
        return Error{ErrorCode::InvalidArgument,
                     "lora_ga: the first batches have no position with a loss",
                     "Check that the data has completions and that they fit the length."};
    }
    for (const LoraMatrix& matrix : adapter.matrices()) {
        const std::int64_t m = matrix.lora_b.shape()[0];
        const std::int64_t n = matrix.lora_a.shape()[1];
        if (2 * matrix.rank > std::min(m, n)) {
            return Error{ErrorCode::InvalidArgument,
                         concat("lora_ga: rank ",
                                matrix.rank,
                                " needs ",
                                2 * matrix.rank,
                                " singular vectors, ",
                                to_string(matrix.target),
                                " is ",
                                m,
                                " x ",
                                n),
                         concat("Use a rank of at most ", std::min(m, n) / 2, ".")};
        }
    }
    return {};
}

std::vector<Target> targets_of(const LoraAdapter& adapter)
{
    std::vector<Target> targets;
    for (const Target target : kAllTargets) {
        const auto& matrices = adapter.matrices();
        if (std::any_of(matrices.begin(), matrices.end(), [&](const LoraMatrix& matrix) {
                return matrix.target == target;
            })) {
            targets.push_back(target);
        }
    }
    return targets;
}

} // namespace

LoraGaReport::Matrix lora_ga_initialize_matrix(Backend& backend,
                                               ConstTensorView gradient,
                                               ConstTensorView weight,
                                               const LoraGaConfig& config,
                                               LoraMatrix& matrix)
{
    const std::int64_t m = gradient.size(0);
    const std::int64_t n = gradient.size(1);
    const std::int64_t rank = matrix.rank;
    ENGINE_CHECK(2 * rank <= std::min(m, n),
                 "lora_ga: rank ",
                 rank,
                 " needs ",
                 2 * rank,
                 " singular vectors of ",
                 gradient.shape());
    const std::uint64_t seed = matrix_seed(config, matrix);
    const LowRankSvd svd = svd_lowrank(
        backend, gradient, std::min(kOversampling * rank, std::min(m, n)), kPowerIterations, seed);
    const Selection selection = select(config.direction, rank, seed);
    const double scale = scale_of(backend, weight, config, matrix, seed);
    const auto scaled = [&](const std::vector<float>& vectors, std::int64_t row, std::int64_t k) {
        return static_cast<float>(
            scale * static_cast<double>(vectors[static_cast<std::size_t>(row * svd.q + k)]));
    };
    std::vector<float> a(static_cast<std::size_t>(rank * n));
    std::vector<float> b(static_cast<std::size_t>(m * rank));
    for (std::int64_t i = 0; i < rank; ++i) {
        const auto index = static_cast<std::size_t>(i);
        for (std::int64_t column = 0; column < n; ++column) {
            a[static_cast<std::size_t>(i * n + column)] = scaled(svd.v, column, selection.a[index]);
        }
        for (std::int64_t row = 0; row < m; ++row) {
            b[static_cast<std::size_t>(row * rank + i)] = scaled(svd.u, row, selection.b[index]);
        }
    }
    backend.upload(a.data(), matrix.lora_a);
    backend.upload(b.data(), matrix.lora_b);

    LoraGaReport::Matrix report;
    report.layer = matrix.layer;
    report.target = matrix.target;
    report.singular_values.assign(svd.s.begin(), svd.s.begin() + 2 * rank);
    const std::array<ops::ParameterStep, 1> whole = {{{.value = {}, .grad = gradient}}};
    const double total = ops::sum_of_squares(backend, whole);
    report.gradient_norm = std::sqrt(total);
    report.captured = total > 0.0 ? sum_of_squares(report.singular_values) / total : 0.0;
    report.offset_norm = static_cast<double>(matrix.scaling) * product_norm(a, b, rank, n, m);
    return report;
}

Result<LoraGaReport> lora_ga_initialize(Backend& backend,
                                        const BaseModel& model,
                                        LoraAdapter& adapter,
                                        std::span<const MicroBatch> batches,
                                        const LoraGaConfig& config,
                                        const std::function<void(double fraction)>& progress,
                                        StopToken stop)
{
    const auto start = std::chrono::steady_clock::now();
    const MicroBatch batch = concatenate(batches);
    if (auto checked = check(adapter, batch); !checked) {
        return checked.error();
    }
    LoraGaReport report;
    std::vector<LoraMatrix>& matrices = adapter.matrices();
    report.matrices.resize(matrices.size());
    std::size_t done = 0;
    const WeightGradientSink sink =
        [&](std::int64_t layer, Target target, ConstTensorView gradient) {
            if (stop.stop_requested()) {
                throw EngineError({ErrorCode::Cancelled, "lora_ga: stopped on request"});
            }
            const LoraMatrix* found = adapter.find(layer, target);
            if (found == nullptr) {
                return;
            }
            const auto index = static_cast<std::size_t>(found - matrices.data());
            const LinearWeights& weights = model.layers()[static_cast<std::size_t>(layer)][target];
            Tensor room;
            const ConstTensorView weight = config.scale == LoraGaScale::WeightSvd
                                               ? whole_weight(backend, weights, model.dtype(), room)
                                               : ConstTensorView();
            report.matrices[index] =
                lora_ga_initialize_matrix(backend, gradient, weight, config, matrices[index]);
            adapter.freeze_init_pair(matrices[index]);
            ++done;
            if (progress) {
                progress(static_cast<double>(done) / static_cast<double>(matrices.size()));
            }
        };
    const std::vector<Target> targets = targets_of(adapter);
    const TransformerLimits limits = {.max_tokens = batch.num_tokens(),
                                      .max_targets = std::max<std::int64_t>(1, batch.num_targets()),
                                      .max_sequence_length = batch.max_sequence_length(),
                                      .weight_sink = true,
                                      .checkpointing = Checkpointing::PerLayer};
    try {
        Transformer transformer(backend, model, limits, &adapter.config());
        (void)transformer.run(batch, {.sink = &sink, .sink_targets = targets});
    } catch (const EngineError& error) {
        if (error.error().code == ErrorCode::Cancelled) {
            return error.error();
        }
        throw;
    }
    adapter.refresh_copies();
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace engine
