// The ways to multiply matrices on the CPU: oneDNN's gemm and primitives, and kernels of our own.
#pragma once

#include "engine/ops/matmul.h"

namespace engine::ops::kernels {

// False when oneDNN is not in this build, or has no fast product of this kind on this processor;
// c is untouched then.
[[nodiscard]] bool matmul_onednn(const MatmulArgs& args);

// The same for the products that oneDNN's general gemm does best: any shape, nothing to prepare.
[[nodiscard]] bool matmul_gemm(const MatmulArgs& args);

// What the programs that oneDNN makes for a run's shapes take in the end, about.
[[nodiscard]] std::int64_t matmul_program_bytes(DType dtype);

// Any processor, any dtype the contract allows; computes in float32.
void matmul_own(const MatmulArgs& args);

} // namespace engine::ops::kernels
