// SwiGLU: argument checks and dispatch.
#include "engine/ops/swiglu.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_like(const char* op, const char* name, ConstTensorView tensor, ConstTensorView model)
{
    check_shape(op, name, tensor, model.shape());
    check_dtype(op, name, tensor, model.dtype());
}

} // namespace

void swiglu_forward(Backend& backend, ConstTensorView gate, ConstTensorView up, TensorView h)
{
    constexpr const char* kOp = "swiglu_forward";
    check_float(kOp, "gate", gate);
    check_like(kOp, "up", up, gate);
    check_like(kOp, "h", h, gate);
    check_device(kOp, backend, {gate, up, h});
    dispatch_device(backend, [&](auto& device) { kernels::swiglu_forward(device, gate, up, h); });
}

void swiglu_backward(Backend& backend,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup)
{
    constexpr const char* kOp = "swiglu_backward";
    check_float(kOp, "gate", gate);
    check_like(kOp, "up", up, gate);
    check_like(kOp, "dh", dh, gate);
    check_like(kOp, "dgate", dgate, gate);
    check_like(kOp, "dup", dup, gate);
    ENGINE_CHECK(gate.numel() == 0 || dgate.raw() != dup.raw(),
                 "swiglu_backward: dgate and dup are the same memory");
    check_device(kOp, backend, {dh, gate, up, dgate, dup});
    dispatch_device(
        backend, [&](auto& device) { kernels::swiglu_backward(device, dh, gate, up, dgate, dup); });
}

} // namespace engine::ops
