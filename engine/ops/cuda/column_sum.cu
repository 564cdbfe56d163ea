// Sums over a matrix's rows: a block has some columns and a slice of the rows.
#include "engine/ops/cuda/column_sum_args.h"
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

// `lanes` threads have a row's packs, the next ones the next row's; what the rows' threads found is
// added in their order.
template <typename T>
__device__ void column_sum_body(const ColumnSumArgs& args)
{
    __shared__ float sums[kSumThreads * kPack]; // [groups, columns]
    const int columns = args.lanes * kPack;
    const int groups = kSumThreads / args.lanes;
    const int thread = threadIdx.x;
    const Index begin = static_cast<Index>(blockIdx.x) * columns;
    const Index c = begin + thread % args.lanes * kPack;
    const Index first = blockIdx.y * args.slice_rows;
    const Index end = min(first + args.slice_rows, args.rows);
    Floats sum = {};
    for (Index row = first + thread / args.lanes; row < end; row += groups) {
        const Index at = row * args.width;
        Floats term = load_pack<T>(static_cast<const T*>(args.dy) + at, c, args.width);
        if (args.x != nullptr) {
            const Floats x = load_pack<T>(static_cast<const T*>(args.x) + at, c, args.width);
            const float rstd = args.rstd[row];
            for (int k = 0; k < kPack; ++k) {
                term.v[k] *= x.v[k] * rstd;
            }
        }
        for (int k = 0; k < kPack; ++k) {
            sum.v[k] += term.v[k];
        }
    }
    for (int k = 0; k < kPack; ++k) {
        sums[thread * kPack + k] = sum.v[k];
    }
    __syncthreads();
    if (thread >= columns || begin + thread >= args.width) {
        return;
    }
    float total = 0.0F;
    for (int group = 0; group < groups; ++group) {
        total += sums[group * columns + thread];
    }
    float* to = args.sum + blockIdx.y * args.width + begin + thread;
    *to = args.accumulate != 0 ? *to + total : total;
}

LOWRANK_FLOAT_KERNELS(column_sum, ColumnSumArgs, column_sum_body)

} // namespace engine::ops::kernels
