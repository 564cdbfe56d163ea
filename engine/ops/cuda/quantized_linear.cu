// Products of few rows with a quantised weight: a warp decodes a row of W once and multiplies it
// with every row of x.
#include "engine/ops/cuda/quantized.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

constexpr int kMostRows = 4; // kFewRows of quantized_linear.h

// The row of W that this warp has; out_features and more: none.
__device__ inline Index row_of_warp()
{
    return static_cast<Index>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
}

// weight(c) gives elements [c, c + kPack) of row n, 0 past its end.
template <typename T, typename Weight>
__device__ void multiply_row(const FewRows& product, Index n, const Weight& weight)
{
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const Index columns = product.columns;
    float sums[kMostRows] = {};
    for (Index c = static_cast<Index>(lane) * kPack; c < columns; c += kWarp * kPack) {
        Floats w = weight(c);
        for (int k = 0; k < kPack; ++k) {
            w.v[k] = to_float(from_float<T>(w.v[k])); // as dequantize() stores it
        }
#pragma unroll
        for (int m = 0; m < kMostRows; ++m) {
            if (m < product.rows) {
                const T* row = static_cast<const T*>(product.x) + m * columns;
                const Floats x = load_pack<T>(row, c, columns);
                for (int k = 0; k < kPack; ++k) {
                    sums[m] += w.v[k] * x.v[k];
                }
            }
        }
    }
#pragma unroll
    for (int m = 0; m < kMostRows; ++m) {
        if (m < product.rows) {
            const float sum = warp_sum(sums[m]);
            const Index place = m * product.out_features + n;
            if (lane == 0) {
                const float old = product.accumulate != 0 ? load<T>(product.y, place) : 0.0F;
                store<T>(product.y, place, sum + old);
            }
        }
    }
}

template <typename T>
__device__ void nf4_linear_body(const Nf4LinearArgs& args)
{
    __shared__ float map[kNf4Codes];
    load_nf4_map(args.matrix, map);
    const Index n = row_of_warp();
    if (n < args.product.out_features) {
        const Index columns = args.product.columns;
        multiply_row<T>(args.product, n, [&](Index c) {
            return load_nf4_row(args.matrix, map, n * columns, c, columns);
        });
    }
}

LOWRANK_FLOAT_KERNELS(nf4_linear, Nf4LinearArgs, nf4_linear_body)

template <typename T>
__device__ void int8_linear_body(const Int8LinearArgs& args)
{
    const Index n = row_of_warp();
    if (n < args.product.out_features) {
        multiply_row<T>(args.product, n, [&](Index c) { return load_int8_row(args.matrix, n, c); });
    }
}

LOWRANK_FLOAT_KERNELS(int8_linear, Int8LinearArgs, int8_linear_body)

} // namespace engine::ops::kernels
