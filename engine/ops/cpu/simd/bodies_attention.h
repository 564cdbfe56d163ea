// Kernel bodies of attention's score tiles (keys x queries): one query per lane, so that a softmax
// needs no sums across lanes.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

void softmax_tile(const SoftmaxTile& tile)
{
    const Vec scale_factor = set(tile.scale);
    sweep(tile.queries, [&](std::int64_t i, auto lanes) {
        float* column = tile.scores + i;
        const Vec before = load_lanes(tile.maximum + i, lanes);
        Vec highest = before;
        for (std::int64_t j = 0; j < tile.keys; ++j) {
            const Vec score = load_lanes(column + j * tile.stride, lanes) * scale_factor;
            highest = maximum(highest, score);
        }
        const Vec factor = exponential(before - highest);
        Vec sum = load_lanes(tile.total + i, lanes) * factor;
        for (std::int64_t j = 0; j < tile.keys; ++j) {
            const Vec score = load_lanes(column + j * tile.stride, lanes) * scale_factor;
            const Vec e = exponential(score - highest);
            store_lanes(column + j * tile.stride, e, lanes);
            sum = sum + e;
        }
        store_lanes(tile.maximum + i, highest, lanes);
        store_lanes(tile.total + i, sum, lanes);
        store_lanes(tile.correction + i, factor, lanes);
    });
}

void probability_tile(const ProbabilityTile& tile)
{
    const Vec scale_factor = set(tile.scale);
    sweep(tile.queries, [&](std::int64_t i, auto lanes) {
        const Vec lse = load_lanes(tile.lse + i, lanes);
        for (std::int64_t j = 0; j < tile.keys; ++j) {
            float* at = tile.scores + j * tile.stride + i;
            store_lanes(at, exponential(load_lanes(at, lanes) * scale_factor - lse), lanes);
        }
    });
}

void score_gradient_tile(const ScoreGradientTile& tile)
{
    const Vec scale_factor = set(tile.scale);
    sweep(tile.queries, [&](std::int64_t i, auto lanes) {
        const Vec delta = load_lanes(tile.delta + i, lanes);
        for (std::int64_t j = 0; j < tile.keys; ++j) {
            const std::int64_t at = j * tile.stride + i;
            const Vec p = load_lanes(tile.probabilities + at, lanes) * scale_factor;
            const Vec dp = load_lanes(tile.dscores + at, lanes);
            store_lanes(tile.dscores + at, p * (dp - delta), lanes);
        }
    });
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
