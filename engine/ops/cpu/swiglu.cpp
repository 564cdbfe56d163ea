// SwiGLU on the CPU: elements over the threads.
#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

void swiglu_forward(CpuBackend& /*backend*/, ConstTensorView gate, ConstTensorView up, TensorView h)
{
    dispatch_float(gate.dtype(), "swiglu_forward", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(gate.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels.swiglu(
                gate.data<T>() + begin, up.data<T>() + begin, h.data<T>() + begin, end - begin);
        });
    });
}

void swiglu_backward(CpuBackend& /*backend*/,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup)
{
    dispatch_float(gate.dtype(), "swiglu_backward", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(gate.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels.swiglu_backward(dh.data<T>() + begin,
                                    gate.data<T>() + begin,
                                    up.data<T>() + begin,
                                    dgate.data<T>() + begin,
                                    dup.data<T>() + begin,
                                    end - begin);
        });
    });
}

} // namespace engine::ops::kernels
