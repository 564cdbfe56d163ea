// Register-only loops per instruction set, one thread, in processor time.
#include "tests/bench/ops/machine_peak.h"

#include <cstdint>
#include <ctime>

#include "engine/ops/cpu/simd/instruction_set.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lowrank_bench {

namespace {

using engine::ops::simd::instruction_set;
using engine::ops::simd::InstructionSet;

constexpr std::int64_t kRounds = 2'000'000;
constexpr int kChains = 12; // independent sums hide the latency of a multiply-add; all unrolled

using Loop = float (*)();

double best_rate(Loop loop, double flops_per_round)
{
    constexpr int kRepeats = 15;
    double best = 0.0;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
        const std::clock_t start = std::clock();
        volatile float sink = loop();
        static_cast<void>(sink);
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        const double rate = flops_per_round * static_cast<double>(kRounds) / seconds * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}

#if defined(__x86_64__)

// The empty assembly makes every round's value unknown to the compiler, so no round is dropped.
__attribute__((target("avx512f"))) float avx512_loop()
{
    __m512 sums[kChains];
    for (auto& sum : sums) {
        sum = _mm512_set1_ps(1.0F);
    }
    __m512 factor = _mm512_set1_ps(0.999F);
    for (std::int64_t round = 0; round < kRounds; ++round) {
        __asm__ volatile("" : "+v"(factor));
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm512_fmadd_ps(sum, factor, factor);
        }
    }
    __m512 total = sums[0];
    for (const auto& sum : sums) {
        total = _mm512_add_ps(total, sum);
    }
    return _mm512_cvtss_f32(total);
}

__attribute__((target("avx512f,avx512bf16"))) float avx512_bf16_loop()
{
    __m512 sums[kChains];
    for (auto& sum : sums) {
        sum = _mm512_set1_ps(1.0F);
    }
    __m512i ones = _mm512_set1_epi32(0x3f803f80);
    for (std::int64_t round = 0; round < kRounds; ++round) {
        __asm__ volatile("" : "+v"(ones));
        const auto pairs = reinterpret_cast<__m512bh>(ones);
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm512_dpbf16_ps(sum, pairs, pairs);
        }
    }
    __m512 total = sums[0];
    for (const auto& sum : sums) {
        total = _mm512_add_ps(total, sum);
    }
    return _mm512_cvtss_f32(total);
}

__attribute__((target("avx2,fma"))) float avx2_loop()
{
    __m256 sums[kChains];
    for (auto& sum : sums) {
        sum = _mm256_set1_ps(1.0F);
    }
    __m256 factor = _mm256_set1_ps(0.999F);
    for (std::int64_t round = 0; round < kRounds; ++round) {
        __asm__ volatile("" : "+x"(factor));
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm256_fmadd_ps(sum, factor, factor);
        }
    }
    __m256 total = sums[0];
    for (const auto& sum : sums) {
        total = _mm256_add_ps(total, sum);
    }
    return _mm256_cvtss_f32(total);
}

#endif

using Lanes = float __attribute__((vector_size(16)));

float generic_loop()
{
    Lanes sums[kChains] = {};
    Lanes factor = {0.999F, 0.999F, 0.999F, 0.999F};
    for (std::int64_t round = 0; round < kRounds; ++round) {
        __asm__ volatile("" : "+x"(factor));
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = sum * factor + factor;
        }
    }
    Lanes total = sums[0];
    for (const auto& sum : sums) {
        total += sum;
    }
    return total[0];
}

} // namespace

double float32_peak()
{
    constexpr double kFlopsPerLane = 2.0 * kChains;
#if defined(__x86_64__)
    if (instruction_set() >= InstructionSet::Avx512) {
        return best_rate(&avx512_loop, kFlopsPerLane * 16.0);
    }
    if (instruction_set() >= InstructionSet::Avx2) {
        return best_rate(&avx2_loop, kFlopsPerLane * 8.0);
    }
#endif
    return best_rate(&generic_loop, kFlopsPerLane * 4.0);
}

double bfloat16_peak()
{
#if defined(__x86_64__)
    if (instruction_set() >= InstructionSet::Avx512Bf16) {
        return best_rate(&avx512_bf16_loop, 2.0 * kChains * 32.0);
    }
#endif
    return 0.0;
}

} // namespace lowrank_bench
