// The processor's own limit: multiply-adds in registers, nothing loaded.
#pragma once

namespace lowrank_bench {

// GFLOP/s of one thread with the instruction set that the ops use.
[[nodiscard]] double float32_peak();

// The same of the bf16 dot-product instruction; 0 when the processor has none.
[[nodiscard]] double bfloat16_peak();

} // namespace lowrank_bench
