// Which vector instructions the CPU ops use: found once from the processor's feature bits, capped
// for tests. Never decided by a model name.
#pragma once

namespace engine::ops::simd {

enum class InstructionSet { Generic, Avx2, Avx512, Avx512Bf16 };

// The set in use: the best that the processor and the operating system support, no better than the
// cap of cap_cpu_instruction_set() or LOWRANK_MAX_ISA. Settled by the first call.
[[nodiscard]] InstructionSet instruction_set();

// "generic", "avx2", "avx512", "avx512_bf16".
[[nodiscard]] const char* to_string(InstructionSet set);

} // namespace engine::ops::simd
