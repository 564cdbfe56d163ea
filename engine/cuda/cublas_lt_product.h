// A matrix product as cuBLASLt is asked for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/core/dtype.h"

namespace engine::cuda {

// In the library's column-major words: d[m, n] = alpha op(a) op(b) + beta c, where column j of a
// stored matrix starts at j * ld; c lies as d does and may be d itself.
struct LtProduct
{
    std::int64_t m = 0, n = 0, k = 0;
    bool transpose_a = false, transpose_b = false;
    std::int64_t lda = 0, ldb = 0, ldd = 0;
    DType input = DType::F32, output = DType::F32;
    bool accumulate = false; // beta is 1
    bool tf32 = false;       // float32 inputs may be rounded to TF32
    // Bytes that the pointers are multiples of, a power of two up to kMaxAlignment.
    unsigned align_a = 1, align_b = 1, align_c = 1, align_d = 1;

    friend bool operator==(const LtProduct&, const LtProduct&) = default;

    [[nodiscard]] double operations() const; // 2 m n k
    [[nodiscard]] std::size_t output_bytes() const;

    // A name that products of nearly the same size and of the same alignments share: each of m, n
    // and k is rounded up to a quarter of its power of two. What is fast for one is fast for all.
    [[nodiscard]] std::string size_class() const;
};

inline constexpr unsigned kMaxAlignment = 256;

// Sums whose length is a multiple of this may be cut into parts (cublas_lt_plan.cpp).
inline constexpr std::int64_t kDepthStep = 128;

// The alignment of a pointer as LtProduct wants it.
[[nodiscard]] unsigned alignment_of(const void* pointer);

struct LtProductHash
{
    std::size_t operator()(const LtProduct& product) const;
};

} // namespace engine::cuda
