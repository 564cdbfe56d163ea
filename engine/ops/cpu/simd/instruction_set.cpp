// Feature bits of x86 processors (cpuid) and of their operating system (xgetbv), and the cap.
#include "engine/ops/cpu/simd/instruction_set.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/core/check.h"
#include "engine/ops/matmul.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace engine::ops {

namespace simd {

namespace {

constexpr std::array kAllSets = {InstructionSet::Generic,
                                 InstructionSet::Avx2,
                                 InstructionSet::Avx512,
                                 InstructionSet::Avx512Bf16};

#if defined(__x86_64__) || defined(__i386__)

// The register state that the operating system saves on a thread switch.
std::uint64_t saved_register_state()
{
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (std::uint64_t{high} << 32U) | low;
}

InstructionSet detect()
{
    constexpr std::uint64_t kYmmState = 0x6;  // XMM and YMM
    constexpr std::uint64_t kZmmState = 0xe6; // and the mask and ZMM registers
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0) {
        return InstructionSet::Generic;
    }
    const bool fma = (c & bit_FMA) != 0 && (c & bit_AVX) != 0;
    const std::uint64_t state = saved_register_state();
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) {
        return InstructionSet::Generic;
    }
    if (!fma || (b & bit_AVX2) == 0 || (state & kYmmState) != kYmmState) {
        return InstructionSet::Generic;
    }
    constexpr unsigned kAvx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((b & kAvx512) != kAvx512 || (state & kZmmState) != kZmmState) {
        return InstructionSet::Avx2;
    }
    constexpr unsigned kBf16 = 1U << 5U; // leaf 7, subleaf 1, eax
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & kBf16) == 0) {
        return InstructionSet::Avx512;
    }
    return InstructionSet::Avx512Bf16;
}

#else

InstructionSet detect()
{
    return InstructionSet::Generic;
}

#endif

struct Choice
{
    InstructionSet cap = InstructionSet::Avx512Bf16;
    bool settled = false;
};

Choice g_choice;

InstructionSet parse(std::string_view name)
{
    for (const InstructionSet set : kAllSets) {
        if (name == to_string(set)) {
            return set;
        }
    }
    throw EngineError({ErrorCode::InvalidArgument,
                       concat("instruction set: \"", name, "\" is not one that is known"),
                       "use generic, avx2, avx512 or avx512_bf16"});
}

InstructionSet settle()
{
    InstructionSet cap = g_choice.cap;
    // Read once, before any thread of ours changes the environment.
    const char* limit = std::getenv("LOWRANK_MAX_ISA"); // NOLINT(concurrency-mt-unsafe)
    if (limit != nullptr && *limit != '\0') {
        cap = std::min(cap, parse(limit));
    }
    g_choice.settled = true;
    return std::min(cap, detect());
}

} // namespace

InstructionSet instruction_set()
{
    static const InstructionSet set = settle();
    return set;
}

const char* to_string(InstructionSet set)
{
    switch (set) {
    case InstructionSet::Generic:
        return "generic";
    case InstructionSet::Avx2:
        return "avx2";
    case InstructionSet::Avx512:
        return "avx512";
    case InstructionSet::Avx512Bf16:
        return "avx512_bf16";
    }
    return "?";
}

} // namespace simd

void cap_cpu_instruction_set(const char* name)
{
    const simd::InstructionSet cap = simd::parse(name);
    ENGINE_CHECK(!simd::g_choice.settled,
                 "instruction set: the ops already use ",
                 simd::to_string(simd::instruction_set()),
                 ", wanted the cap ",
                 name,
                 " before the first op");
    simd::g_choice.cap = cap;
}

} // namespace engine::ops
