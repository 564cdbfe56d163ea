// Kernel bodies that reduce over a row: dot product, RMSNorm, cross-entropy.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

float dot(const float* a, const float* b, std::int64_t n)
{
    Vec sum = set(0.0F);
    sweep(n, [&](std::int64_t i, auto lanes) {
        sum = fma(load_lanes(a + i, lanes), load_lanes(b + i, lanes), sum);
    });
    return sum_lanes(sum);
}

template <typename T>
float rms_norm(const T* x, const float* weight, float eps, T* y, std::int64_t n)
{
    Vec sum = set(0.0F);
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec value = load_lanes(x + i, lanes);
        sum = fma(value, value, sum);
    });
    const float mean = sum_lanes(sum) / static_cast<float>(n);
    const float rstd = 1.0F / __builtin_sqrtf(mean + eps);
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec xhat = load_lanes(x + i, lanes) * set(rstd);
        store_lanes(y + i, xhat * load_lanes(weight + i, lanes), lanes);
    });
    return rstd;
}

template <typename T>
void rms_norm_backward(const RmsNormRow<T>& row)
{
    Vec sum = set(0.0F);
    sweep(row.width, [&](std::int64_t i, auto lanes) {
        const Vec g = load_lanes(row.dy + i, lanes) * load_lanes(row.weight + i, lanes);
        sum = fma(g, load_lanes(row.x + i, lanes), sum);
    });
    // mean(g * xhat) * rstd, the factor of x in dx / rstd.
    const float pull = sum_lanes(sum) * row.rstd * row.rstd / static_cast<float>(row.width);
    sweep(row.width, [&](std::int64_t i, auto lanes) {
        const Vec g = load_lanes(row.dy + i, lanes) * load_lanes(row.weight + i, lanes);
        Vec dx = fnma(load_lanes(row.x + i, lanes), set(pull), g) * set(row.rstd);
        if (row.accumulate) {
            dx = dx + load_lanes(row.dx + i, lanes);
        }
        store_lanes(row.dx + i, dx, lanes);
    });
}

// Lanes beyond the row count as `other`.
Vec load_or(const float* p, AllLanes /*lanes*/, Vec /*other*/)
{
    return load(p);
}

Vec load_or(const float* p, SomeLanes lanes, Vec other)
{
    return first_lanes(load_part(p, lanes.n), lanes.n, other);
}

float row_maximum(const float* x, std::int64_t n)
{
    const Vec lowest = set(-__builtin_inff());
    Vec result = lowest;
    sweep(n, [&](std::int64_t i, auto lanes) {
        result = maximum(load_or(x + i, lanes, lowest), result);
    });
    return max_lanes(result);
}

float cross_entropy(
    float* logits, std::int64_t n, std::int64_t label, float weight, bool write_gradient)
{
    const float highest = row_maximum(logits, n);
    const float label_logit = logits[label];
    // A far negative number becomes probability 0.
    const Vec nothing = set(-__builtin_inff());
    Vec sum = set(0.0F);
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec e = exponential(load_or(logits + i, lanes, nothing) - set(highest));
        store_lanes(logits + i, e, lanes);
        sum = sum + e;
    });
    const float total = sum_lanes(sum);
    if (write_gradient) {
        scale<float>(logits, weight / total, n);
        logits[label] -= weight;
    }
    // The difference first: large logits must not swallow the logarithm.
    return (highest - label_logit) + __builtin_logf(total);
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
