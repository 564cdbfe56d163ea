// Kernel body of the small product in double: register tiles of four rows by two vectors of the
// compiler's own.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

void double_product(const DoubleProduct& p)
{
    using Doubles [[gnu::vector_size(kLanes * sizeof(float))]] = double;
    constexpr std::int64_t kVectors = 2;
    constexpr std::int64_t kDoubles = sizeof(Doubles) / sizeof(double);
    static_assert(kDoubleColumns % (kVectors * kDoubles) == 0);
    for (std::int64_t i = 0; i < p.m; i += kDoubleRows) {
        for (std::int64_t j = 0; j < p.n; j += kVectors * kDoubles) {
            Doubles sums[kDoubleRows][kVectors];
            for (int r = 0; r < kDoubleRows; ++r) {
                __builtin_memcpy(sums[r], p.c + (i + r) * p.ldc + j, sizeof sums[r]);
            }
            const double* a = p.a + i * p.a_row;
            const double* b = p.b + j;
            for (std::int64_t l = 0; l < p.k; ++l) {
                Doubles columns[kVectors];
                __builtin_memcpy(columns, b, sizeof columns);
                for (int r = 0; r < kDoubleRows; ++r) {
                    const double value = a[r * p.a_row];
                    for (std::int64_t v = 0; v < kVectors; ++v) {
                        sums[r][v] += value * columns[v];
                    }
                }
                a += p.a_column;
                b += p.ldb;
            }
            for (int r = 0; r < kDoubleRows; ++r) {
                __builtin_memcpy(p.c + (i + r) * p.ldc + j, sums[r], sizeof sums[r]);
            }
        }
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
