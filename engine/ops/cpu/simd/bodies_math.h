// What the kernel bodies share: sweeping a range in whole vectors and a rest, and exp.
// Included by isa_*.cpp only, after a vec_*.h and with LOWRANK_ISA set; everything here is local to
// that instruction set.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

// All lanes of a vector, or only the first n: the last piece of a row.
struct AllLanes
{};

struct SomeLanes
{
    std::int64_t n;
};

template <typename T>
Vec load_lanes(const T* p, AllLanes /*lanes*/)
{
    return load(p);
}

template <typename T>
Vec load_lanes(const T* p, SomeLanes lanes)
{
    return load_part(p, lanes.n);
}

template <typename T>
void store_lanes(T* p, Vec x, AllLanes /*lanes*/)
{
    store(p, x);
}

template <typename T>
void store_lanes(T* p, Vec x, SomeLanes lanes)
{
    store_part(p, x, lanes.n);
}

// body(i, lanes) for i = 0, kLanes, ...; lanes are AllLanes but for an incomplete last piece.
template <typename Body>
void sweep(std::int64_t n, Body&& body)
{
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        body(i, AllLanes{});
    }
    if (i < n) {
        body(i, SomeLanes{n - i});
    }
}

// exp(x) to about 2e-7 relative: x = n ln 2 + r, |r| <= ln 2 / 2, Taylor series to r^7. Below
// -87.3 the result is 0, above 88.7 it stays at the largest power; NaN stays NaN.
Vec exponential(Vec x)
{
    const Vec low = set(-87.3F);
    const Vec bounded = minimum(set(88.7F), maximum(low, x));
    const Vec n = round_to_nearest(bounded * set(1.44269504F));
    // ln 2 in two pieces, the first with few bits so that n times it is exact.
    Vec r = fnma(n, set(0.693359375F), bounded);
    r = fnma(n, set(-2.12194440e-4F), r);
    Vec series = set(1.0F / 5040.0F);
    series = fma(series, r, set(1.0F / 720.0F));
    series = fma(series, r, set(1.0F / 120.0F));
    series = fma(series, r, set(1.0F / 24.0F));
    series = fma(series, r, set(1.0F / 6.0F));
    series = fma(series, r, set(0.5F));
    series = fma(series, r, set(1.0F));
    series = fma(series, r, set(1.0F));
    return zero_if_less(x, low, scale_by_power(series, n));
}

// 1 / (1 + exp(-x))
Vec sigmoid(Vec x)
{
    return set(1.0F) / (set(1.0F) + exponential(set(0.0F) - x));
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
