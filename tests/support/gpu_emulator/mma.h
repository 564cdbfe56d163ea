// The functions of engine/ops/cuda/mma.cuh as the PTX ISA describes their instructions: a lane has
// only its own fragments, and receives from the others' what the hardware would give it.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/core/dtype.h"
#include "tests/support/gpu_emulator/block.h"
#include "tests/support/gpu_emulator/copies.h"

namespace emulator {

// The emulated GPU is no older than these instructions (devices.cpp).
[[nodiscard]] bool multiplies_bf16();

// Two bf16 in one register; `half` 0 is the lower.
inline float half_of(unsigned pair, unsigned half)
{
    return engine::to_float(engine::bfloat16_t{static_cast<std::uint16_t>(pair >> (16U * half))});
}

// What a lane gives to a product.
struct Operands
{
    unsigned a[4];
    unsigned b[2];
};

inline Operands operands_of(unsigned lane)
{
    Operands operands = {};
    receive(lane, &operands, sizeof operands);
    return operands;
}

// Element (row, k) of the left operand out of the four lanes of row % 8: rows below 8 are in
// registers 0 and 2, columns below 8 in 0 and 1; a lane has two neighbouring columns.
inline float left_element(const Operands (&lanes)[4], unsigned row, unsigned k)
{
    return half_of(lanes[k % 8 / 2].a[row / 8 + k / 8 * 2], k % 2);
}

// Element k of a column of the right operand out of its four lanes: k below 8 is in register 0.
inline float right_element(const Operands (&lanes)[4], unsigned k)
{
    return half_of(lanes[k % 8 / 2].b[k / 8], k % 2);
}

// The row addresses of a lane's matrices; 16-byte aligned.
inline void load_element(unsigned matrix, unsigned row, unsigned column, unsigned short* to)
{
    std::uintptr_t address = 0;
    receive(8 * matrix + row, &address, sizeof address);
    fail_unless(address % 16 == 0);
    std::memcpy(to, reinterpret_cast<const std::byte*>(address) + column * sizeof *to, sizeof *to);
}

} // namespace emulator

using SharedAddress = std::uintptr_t;

inline SharedAddress shared_address(const void* shared)
{
    return reinterpret_cast<SharedAddress>(shared);
}

inline float power_of_two(float x)
{
    const float power = std::exp2(x);
    return power < FLT_MIN ? 0.0F : power;
}

inline void multiply_add(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1)
{
    static const bool known = emulator::multiplies_bf16();
    emulator::fail_unless(known);
    const emulator::Operands own = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
    emulator::share(&own, sizeof own);
    const unsigned lane = emulator::threadIdx.x % 32;
    emulator::Operands rows[4];       // of rows lane / 4 and lane / 4 + 8
    emulator::Operands columns[2][4]; // of columns 2 (lane % 4) and the next
    for (unsigned i = 0; i < 4; ++i) {
        rows[i] = emulator::operands_of(lane / 4 * 4 + i);
        columns[0][i] = emulator::operands_of(lane % 4 * 8 + i);
        columns[1][i] = emulator::operands_of(lane % 4 * 8 + 4 + i);
    }
    for (unsigned i = 0; i < 4; ++i) {
        for (unsigned k = 0; k < 16; ++k) {
            sums[i] += emulator::left_element(rows, lane / 4 + i / 2 * 8, k)
                       * emulator::right_element(columns[i % 2], k);
        }
    }
}

inline void load_matrices(unsigned (&matrices)[4], SharedAddress row)
{
    emulator::share(&row, sizeof row);
    const unsigned lane = emulator::threadIdx.x % 32;
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
        unsigned short pair[2] = {};
        emulator::load_element(matrix, lane / 4, lane % 4 * 2, &pair[0]);
        emulator::load_element(matrix, lane / 4, lane % 4 * 2 + 1, &pair[1]);
        std::memcpy(&matrices[matrix], pair, sizeof pair);
    }
}

inline void load_matrices_transposed(unsigned (&matrices)[4], SharedAddress row)
{
    emulator::share(&row, sizeof row);
    const unsigned lane = emulator::threadIdx.x % 32;
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
        unsigned short pair[2] = {};
        emulator::load_element(matrix, lane % 4 * 2, lane / 4, &pair[0]);
        emulator::load_element(matrix, lane % 4 * 2 + 1, lane / 4, &pair[1]);
        std::memcpy(&matrices[matrix], pair, sizeof pair);
    }
}

template <int kBytes>
void copy_async(SharedAddress to, const void* global, bool copies)
{
    static_assert(kBytes == 4 || kBytes == 16);
    emulator::fail_unless(to % kBytes == 0
                          && reinterpret_cast<std::uintptr_t>(global) % kBytes == 0);
    emulator::begin_copy({reinterpret_cast<void*>(to), copies ? global : nullptr, kBytes});
}

inline void commit_copies()
{
    emulator::commit_copies();
}

template <int kPending>
void wait_for_copies()
{
    emulator::finish_copies(kPending);
}
