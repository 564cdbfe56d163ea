// Dequantisation of NF4 and int8 weights, eight neighbouring elements a thread.
#include "engine/ops/cuda/dequantize_args.h"
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

// Codes [i, i + kPack) as one 32-bit word where the memory allows; zero from `bytes` on.
__device__ inline unsigned load_codes(const unsigned char* codes, Index byte, Index bytes)
{
    if (byte + 4 <= bytes && reinterpret_cast<unsigned long long>(codes + byte) % 4 == 0) {
        return *reinterpret_cast<const unsigned*>(codes + byte);
    }
    unsigned word = 0;
    for (int k = 0; k < 4 && byte + k < bytes; ++k) {
        word |= static_cast<unsigned>(codes[byte + k]) << (8 * k);
    }
    return word;
}

// A pack never straddles two blocks: 64 is a multiple of it.
template <typename T>
__device__ void dequantize_nf4_body(const DequantizeNf4Args& args)
{
    __shared__ float map[16];
    if (threadIdx.x < 16) {
        map[threadIdx.x] = args.quant_map[threadIdx.x];
    }
    __syncthreads();
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    const Index block = i / args.block;
    const float decoded = args.nested_quant_map[args.absmax[block]];
    const float absmax = __fadd_rn(
        __fmul_rn(decoded, args.nested_absmax[block / args.nested_block]), args.nested_offset);
    const unsigned codes = load_codes(args.codes, i / 2, (args.n + 1) / 2);
    Floats weight;
    for (int k = 0; k < kPack; ++k) {
        // Byte k / 2, its high half first.
        const int shift = 8 * (k / 2) + (k % 2 == 0 ? 4 : 0);
        weight.v[k] = map[(codes >> shift) & 15U] * absmax;
    }
    store_pack<T>(args.weight, i, args.n, weight);
}

LOWRANK_FLOAT_KERNELS(dequantize_nf4, DequantizeNf4Args, dequantize_nf4_body)

// One block a row.
template <typename T>
__device__ void dequantize_int8_body(const DequantizeInt8Args& args)
{
    const Index row = blockIdx.x;
    const float scale = args.scale[row];
    const unsigned char* codes = args.codes + row * args.columns;
    T* weight = static_cast<T*>(args.weight) + row * args.columns;
    for (Index i = static_cast<Index>(threadIdx.x) * kPack; i < args.columns;
         i += static_cast<Index>(blockDim.x) * kPack) {
        const unsigned low = load_codes(codes, i, args.columns);
        const unsigned high = load_codes(codes, i + 4, args.columns);
        Floats floats;
        for (int k = 0; k < kPack; ++k) {
            const unsigned byte = ((k < 4 ? low : high) >> (8 * (k % 4))) & 255U;
            floats.v[k] = static_cast<float>(static_cast<signed char>(byte)) * scale;
        }
        store_pack<T>(weight, i, args.columns, floats);
    }
}

LOWRANK_FLOAT_KERNELS(dequantize_int8, DequantizeInt8Args, dequantize_int8_body)

} // namespace engine::ops::kernels
