// Reading quantised weights: eight neighbouring elements of a row at a time.
#pragma once

#include "engine/ops/cuda/dequantize_args.h"
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

constexpr int kNf4Codes = 16;

// Codes [byte, byte + 4) as one 32-bit word where the memory allows; zero from `bytes` on.
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

// The absmax of a block; each operation is rounded.
__device__ inline float nf4_absmax(const Nf4Elements& matrix, Index block)
{
    const float decoded = matrix.nested_quant_map[matrix.absmax[block]];
    return __fadd_rn(__fmul_rn(decoded, matrix.nested_absmax[block / kNf4NestedBlock]),
                     matrix.nested_offset);
}

// The block's copy of quant_map; call with every thread.
__device__ inline void load_nf4_map(const Nf4Elements& matrix, float* map)
{
    if (threadIdx.x < kNf4Codes) {
        map[threadIdx.x] = matrix.quant_map[threadIdx.x];
    }
    __syncthreads();
}

// Elements [i, i + kPack), i a multiple of kPack: a pack never straddles two blocks.
__device__ inline Floats load_nf4(const Nf4Elements& matrix, const float* map, Index i)
{
    const float absmax = nf4_absmax(matrix, i / kNf4Block);
    const unsigned codes = load_codes(matrix.codes, i / 2, (matrix.n + 1) / 2);
    Floats weight;
    for (int k = 0; k < kPack; ++k) {
        // Byte k / 2, its high half first.
        const int shift = 8 * (k / 2) + (k % 2 == 0 ? 4 : 0);
        weight.v[k] = map[(codes >> shift) & 15U] * absmax;
    }
    return weight;
}

// Elements [c, c + kPack) of a row that begins at element `first` anywhere; 0 from `columns` on.
__device__ inline Floats
load_nf4_row(const Nf4Elements& matrix, const float* map, Index first, Index c, Index columns)
{
    const Index i = first + c;
    if (i % kPack == 0 && c + kPack <= columns) {
        return load_nf4(matrix, map, i);
    }
    Floats weight;
    for (int k = 0; k < kPack; ++k) {
        const Index at = c + k < columns ? i + k : first;
        const unsigned byte = matrix.codes[at / 2];
        const unsigned code = at % 2 == 0 ? byte >> 4U : byte & 15U;
        weight.v[k] = c + k < columns ? map[code] * nf4_absmax(matrix, at / kNf4Block) : 0.0F;
    }
    return weight;
}

// Elements [c, c + kPack) of a row; 0 from its end on.
__device__ inline Floats load_int8_row(const Int8Elements& matrix, Index row, Index c)
{
    const unsigned char* codes = matrix.codes + row * matrix.columns;
    const float scale = matrix.scale[row];
    const unsigned low = load_codes(codes, c, matrix.columns);
    const unsigned high = load_codes(codes, c + 4, matrix.columns);
    Floats floats;
    for (int k = 0; k < kPack; ++k) {
        const unsigned byte = ((k < 4 ? low : high) >> (8 * (k % 4))) & 255U;
        floats.v[k] = static_cast<float>(static_cast<signed char>(byte)) * scale;
    }
    return floats;
}

} // namespace engine::ops::kernels
