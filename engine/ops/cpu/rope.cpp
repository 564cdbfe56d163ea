// Rotary position embedding on the CPU: tokens over the threads, heads by vectors of half a head.
#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

void rope(CpuBackend& /*backend*/,
          TensorView x,
          std::int64_t head_dim,
          ConstTensorView positions,
          ConstTensorView cos_table,
          ConstTensorView sin_table,
          Rotation rotation)
{
    const float sign = rotation == Rotation::Forward ? 1.0F : -1.0F;
    const std::int64_t width = x.size(1);
    const std::int64_t half = head_dim / 2;
    dispatch_float(x.dtype(), "rope", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(x.size(0), row_grain(width), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const std::int64_t position = positions.data<std::int32_t>()[row];
                const float* cosine = cos_table.data<float>() + position * half;
                const float* sine = sin_table.data<float>() + position * half;
                T* token = x.data<T>() + row * width;
                for (std::int64_t head = 0; head < width; head += head_dim) {
                    kernels.rotate(token + head, token + head + half, cosine, sine, sign, half);
                }
            }
        });
    });
}

} // namespace engine::ops::kernels
