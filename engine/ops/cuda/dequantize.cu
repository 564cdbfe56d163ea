// Dequantisation of NF4 and int8 weights, eight neighbouring elements a thread.
#include "engine/ops/cuda/quantized.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void dequantize_nf4_body(const DequantizeNf4Args& args)
{
    __shared__ float map[kNf4Codes];
    load_nf4_map(args.matrix, map);
    const Index i = thread_number() * kPack;
    if (i < args.matrix.n) {
        store_pack<T>(args.weight, i, args.matrix.n, load_nf4(args.matrix, map, i));
    }
}

LOWRANK_FLOAT_KERNELS(dequantize_nf4, DequantizeNf4Args, dequantize_nf4_body)

// One block a row.
template <typename T>
__device__ void dequantize_int8_body(const DequantizeInt8Args& args)
{
    const Index row = blockIdx.x;
    const Index columns = args.matrix.columns;
    T* weight = static_cast<T*>(args.weight) + row * columns;
    for (Index c = static_cast<Index>(threadIdx.x) * kPack; c < columns;
         c += static_cast<Index>(blockDim.x) * kPack) {
        store_pack<T>(weight, c, columns, load_int8_row(args.matrix, row, c));
    }
}

LOWRANK_FLOAT_KERNELS(dequantize_int8, DequantizeInt8Args, dequantize_int8_body)

} // namespace engine::ops::kernels
