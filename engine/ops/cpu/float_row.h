// A parameter vector as float32, converted when it is stored in bf16.
#pragma once

#include "engine/ops/cpu/scratch.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/tensor/tensor.h"

namespace engine::ops::kernels {

// The elements of f32 `tensor` itself, or a converted copy in this thread's scratch for Tag.
template <typename Tag>
[[nodiscard]] const float* float_row(const ConstTensorView& tensor)
{
    if (tensor.dtype() == DType::F32) {
        return tensor.data<float>();
    }
    float* row = thread_scratch<Tag>(tensor.numel());
    simd::vector_kernels().bf16.to_float(tensor.data<bfloat16_t>(), row, tensor.numel());
    return row;
}

// Rows or elements per thread below which starting the team costs more than it saves.
inline constexpr std::int64_t kElementGrain = 16384;

[[nodiscard]] inline std::int64_t row_grain(std::int64_t width)
{
    return 1 + kElementGrain / (width + 1);
}

} // namespace engine::ops::kernels
