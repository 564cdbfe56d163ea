// Kernel bodies of the optimizers' loops.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

void adamw(float* value,
           const float* grad,
           float* m,
           float* v,
           std::int64_t n,
           const AdamWScalars& scalars)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec g = load_lanes(grad + i, lanes) * set(scalars.grad_scale);
        const Vec old_m = load_lanes(m + i, lanes);
        const Vec new_m = fma(g - old_m, set(1.0F - scalars.beta1), old_m);
        const Vec new_v =
            fma(g * g, set(1.0F - scalars.beta2), load_lanes(v + i, lanes) * set(scalars.beta2));
        const Vec denominator =
            fma(square_root(new_v), set(scalars.inverse_sqrt_bias2), set(scalars.eps));
        const Vec decayed = load_lanes(value + i, lanes) * set(scalars.decay);
        store_lanes(m + i, new_m, lanes);
        store_lanes(v + i, new_v, lanes);
        store_lanes(value + i, fnma(new_m / denominator, set(scalars.step_size), decayed), lanes);
    });
}

void sgd(float* value, const float* grad, std::int64_t n, float decay, float step)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec decayed = load_lanes(value + i, lanes) * set(decay);
        store_lanes(value + i, fnma(load_lanes(grad + i, lanes), set(step), decayed), lanes);
    });
}

// In double: eight running sums that the compiler keeps in vectors, added in a fixed order.
double sum_of_squares(const float* x, std::int64_t n)
{
    constexpr std::int64_t kSums = 8;
    double sums[kSums] = {};
    std::int64_t i = 0;
    for (; i + kSums <= n; i += kSums) {
        for (std::int64_t j = 0; j < kSums; ++j) {
            const double value = x[i + j];
            sums[j] += value * value;
        }
    }
    for (; i < n; ++i) {
        const double value = x[i];
        sums[0] += value * value;
    }
    double total = 0.0;
    for (const double sum : sums) {
        total += sum;
    }
    return total;
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
