// RMSNorm of short rows, such as the norms of every head: a warp has one or several of them in
// registers, each lane a pack.
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

// This lane's part of a row: elements [c, c + kPack) of what begins at `first`, none from `end` on.
struct RowPack
{
    Index row;
    Index first;
    Index end; // 0 in lanes without a row, which only take part in the sums
    int c;
};

__device__ inline RowPack row_pack(Index rows, Index width, int lanes)
{
    const Index row = thread_number() / lanes;
    const int c = static_cast<int>(threadIdx.x) % lanes * kPack;
    return {row, row * width, row < rows ? width : 0, c};
}

// Over the lanes of a row, in each of them.
__device__ inline float lanes_sum(float value, int lanes)
{
    for (int step = lanes / 2; step > 0; step /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, step);
    }
    return value;
}

template <typename T>
__device__ void rms_norm_short_rows_body(const RmsNormShortRowsArgs& args)
{
    const RmsNormArgs& in = args.in;
    const RowPack at = row_pack(args.rows, in.width, args.lanes);
    Floats values = load_pack<T>(static_cast<const T*>(in.x) + at.first, at.c, at.end);
    float squares = 0.0F;
    for (int k = 0; k < kPack; ++k) {
        squares += values.v[k] * values.v[k];
    }
    const float mean = lanes_sum(squares, args.lanes) / static_cast<float>(in.width);
    const float rstd = 1.0F / sqrtf(mean + in.eps);
    if (in.rstd != nullptr && at.c == 0 && at.row < args.rows) {
        in.rstd[at.row] = rstd;
    }
    const Floats weight = load_pack_of(in.weight, in.weight_is_bf16, at.c, in.width);
    for (int k = 0; k < kPack; ++k) {
        values.v[k] *= rstd * weight.v[k];
    }
    store_pack<T>(static_cast<T*>(in.y) + at.first, at.c, at.end, values);
}

LOWRANK_FLOAT_KERNELS(rms_norm_short_rows, RmsNormShortRowsArgs, rms_norm_short_rows_body)

// rms_norm_backward's formula.
template <typename T>
__device__ void rms_norm_backward_short_rows_body(const RmsNormBackwardShortRowsArgs& args)
{
    const RmsNormBackwardKernelArgs& in = args.in;
    const RowPack at = row_pack(args.rows, in.width, args.lanes);
    Floats g = load_pack<T>(static_cast<const T*>(in.dy) + at.first, at.c, at.end);
    const Floats values = load_pack<T>(static_cast<const T*>(in.x) + at.first, at.c, at.end);
    const Floats weight = load_pack_of(in.weight, in.weight_is_bf16, at.c, in.width);
    const float rstd = at.row < args.rows ? in.rstd[at.row] : 0.0F;
    float product = 0.0F;
    for (int k = 0; k < kPack; ++k) {
        g.v[k] *= weight.v[k];
        product += g.v[k] * values.v[k] * rstd;
    }
    const float mean = lanes_sum(product, args.lanes) / static_cast<float>(in.width);
    T* dx = static_cast<T*>(in.dx) + at.first;
    Floats out = {};
    if (in.accumulate != 0) {
        out = load_pack<T>(dx, at.c, at.end);
    }
    for (int k = 0; k < kPack; ++k) {
        out.v[k] += rstd * (g.v[k] - values.v[k] * rstd * mean);
    }
    store_pack<T>(dx, at.c, at.end, out);
}

LOWRANK_FLOAT_KERNELS(rms_norm_backward_short_rows,
                      RmsNormBackwardShortRowsArgs,
                      rms_norm_backward_short_rows_body)

} // namespace engine::ops::kernels
