// The inner loops of the CPU ops: one table of functions per instruction set, filled by the same
// source compiled once for each (kernel_bodies.h). One file because it is one table.
#pragma once

#include <cstdint>

#include "engine/core/dtype.h"

namespace engine::ops::simd {

// Backward of one RMSNorm row: g = dy * weight, xhat = x * rstd,
// dx (+)= rstd * (g - xhat * mean(g * xhat)).
template <typename T>
struct RmsNormRow
{
    const T* dy = nullptr;
    const T* x = nullptr;
    const float* weight = nullptr;
    float rstd = 0.0F;
    T* dx = nullptr;
    std::int64_t width = 0;
    bool accumulate = false;
};

struct DropoutRange
{
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;
    float probability = 0.0F;
    std::int64_t begin = 0; // elements, a multiple of 64
    std::int64_t end = 0;
    bool accumulate = false; // y += ... instead of y = ...
};

// Loops over elements of type T (float or bfloat16_t), arithmetic in float32.
template <typename T>
struct ElementKernels
{
    void (*to_float)(const T* x, float* y, std::int64_t n);
    void (*from_float)(const float* x, T* y, std::int64_t n);
    // y[j * ldy + i] = x[i * ldx + j], i < rows, j < columns
    void (*transpose)(const T* x,
                      std::int64_t ldx,
                      float* y,
                      std::int64_t ldy,
                      std::int64_t rows,
                      std::int64_t columns);
    void (*add)(const T* a, const T* b, T* y, std::int64_t n);
    void (*scale)(T* x, float factor, std::int64_t n);
    void (*add_floats)(T* x, const float* bias, std::int64_t n); // x += bias
    void (*accumulate)(const T* x, float* sum, std::int64_t n);  // sum += x
    // sum += factor * a * b
    void (*accumulate_product)(const T* a, const T* b, float factor, float* sum, std::int64_t n);
    float (*rms_norm)(const T* x, const float* weight, float eps, T* y, std::int64_t n); // rstd
    void (*rms_norm_backward)(const RmsNormRow<T>& row);
    // (first, second) = (first cos - second sin, second cos + first sin), sin times `sign`.
    void (*rotate)(
        T* first, T* second, const float* cosine, const float* sine, float sign, std::int64_t n);
    void (*swiglu)(const T* gate, const T* up, T* h, std::int64_t n);
    void (*swiglu_backward)(
        const T* dh, const T* gate, const T* up, T* dgate, T* dup, std::int64_t n);
    void (*dropout)(const T* x, T* y, const DropoutRange& range);
    // y[i] = table[code i] * absmax[i / 64]; two codes a byte, the first in the high bits.
    void (*dequantize_nf4)(
        const std::uint8_t* codes, const float* table, const float* absmax, T* y, std::int64_t n);
    // y[i] = scale * code i, two's complement.
    void (*dequantize_int8)(const std::uint8_t* codes, float scale, T* y, std::int64_t n);
};

struct AdamWScalars
{
    float grad_scale = 1.0F;
    float beta1 = 0.0F;
    float beta2 = 0.0F;
    float decay = 1.0F;              // 1 - lr * weight_decay
    float step_size = 0.0F;          // lr / (1 - beta1^t)
    float inverse_sqrt_bias2 = 1.0F; // 1 / sqrt(1 - beta2^t)
    float eps = 0.0F;
};

// The row stride of a packed a: the tile's addresses are then constants. No multiple of what a
// cache way holds, so that rows do not push each other out.
inline constexpr std::int64_t kPackedStride = 272;

// c[i][j] (+)= sum over l of a(i, l) * b[l][j], all float32, one thread, operands in cache.
// a(i, l) = a[i * a_row + l * a_column], so a transposed a costs nothing.
struct TileProduct
{
    std::int64_t m = 0;
    std::int64_t n = 0;
    std::int64_t k = 0;
    const float* a = nullptr;
    std::int64_t a_row = 0;
    std::int64_t a_column = 1;
    const float* b = nullptr;
    std::int64_t ldb = 0;
    float* c = nullptr;
    std::int64_t ldc = 0;
    bool accumulate = false;
};

// The register tile of double_product in every instruction set: what m and n are multiples of.
inline constexpr int kDoubleRows = 4;
inline constexpr int kDoubleColumns = 16;

// c[i][j] += sum over l of a(i, l) * b[l][j] in double, in the order of l; a(i, l) as above.
struct DoubleProduct
{
    std::int64_t m = 0;
    std::int64_t n = 0;
    std::int64_t k = 0;
    const double* a = nullptr;
    std::int64_t a_row = 0;
    std::int64_t a_column = 1;
    const double* b = nullptr;
    std::int64_t ldb = 0;
    double* c = nullptr;
    std::int64_t ldc = 0;
};

// A tile of attention scores, keys x queries with row stride `stride`; in: raw products.
struct SoftmaxTile
{
    float* scores = nullptr; // out: exp(scale * score - maximum)
    std::int64_t stride = 0;
    std::int64_t keys = 0;
    std::int64_t queries = 0;
    float scale = 0.0F;
    float* maximum = nullptr;    // per query, running
    float* total = nullptr;      // per query, running sum of exponentials
    float* correction = nullptr; // per query, out: factor of everything summed before
};

struct ProbabilityTile
{
    float* scores = nullptr; // out: exp(scale * score - lse)
    std::int64_t stride = 0;
    std::int64_t keys = 0;
    std::int64_t queries = 0;
    float scale = 0.0F;
    const float* lse = nullptr; // per query
};

struct ScoreGradientTile
{
    const float* probabilities = nullptr;
    float* dscores = nullptr; // in: dout . value; out: probability * (in - delta) * scale
    std::int64_t stride = 0;
    std::int64_t keys = 0;
    std::int64_t queries = 0;
    float scale = 0.0F;
    const float* delta = nullptr; // per query
};

struct VectorKernels
{
    ElementKernels<float> f32;
    ElementKernels<bfloat16_t> bf16;

    // Softmax cross-entropy of one row: returns the loss; with write_gradient the row becomes
    // weight * (softmax - onehot(label)).
    float (*cross_entropy)(
        float* logits, std::int64_t n, std::int64_t label, float weight, bool write_gradient);
    void (*adamw)(float* value,
                  const float* grad,
                  float* m,
                  float* v,
                  std::int64_t n,
                  const AdamWScalars& scalars);
    void (*sgd)(float* value, const float* grad, std::int64_t n, float decay, float step);
    double (*sum_of_squares)(const float* x, std::int64_t n);

    void (*tile_product)(const TileProduct& product);
    void (*double_product)(const DoubleProduct& product);
    std::int64_t panel_columns; // of its register tile when a is packed: b is best in such panels
    void (*softmax_tile)(const SoftmaxTile& tile);
    void (*probability_tile)(const ProbabilityTile& tile);
    void (*score_gradient_tile)(const ScoreGradientTile& tile);
    float (*dot)(const float* a, const float* b, std::int64_t n);

    template <typename T>
    [[nodiscard]] const ElementKernels<T>& elements() const
    {
        if constexpr (sizeof(T) == sizeof(float)) {
            return f32;
        } else {
            return bf16;
        }
    }
};

// The table of the instruction set in use.
[[nodiscard]] const VectorKernels& vector_kernels();

namespace generic {
extern const VectorKernels kVectorKernels;
}

namespace avx2 {
extern const VectorKernels kVectorKernels;
}

namespace avx512 {
extern const VectorKernels kVectorKernels;
}

} // namespace engine::ops::simd
