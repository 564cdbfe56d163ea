// SwiGLU on the GPU.
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void swiglu_forward(CudaBackend& backend, ConstTensorView gate, ConstTensorView up, TensorView h)
{
    backend.launch(suffix_of(gate.dtype()),
                   packs_for(gate.numel()),
                   SwigluArgs{gate.raw(), up.raw(), h.raw(), gate.numel()});
}

void swiglu_backward(CudaBackend& backend,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup)
{
    backend.launch(suffix_of(dh.dtype()),
                   packs_for(dh.numel()),
                   SwigluBackwardArgs{.dh = dh.raw(),
                                      .gate = gate.raw(),
                                      .up = up.raw(),
                                      .dgate = dgate.raw(),
                                      .dup = dup.raw(),
                                      .n = dh.numel()});
}

} // namespace engine::ops::kernels
