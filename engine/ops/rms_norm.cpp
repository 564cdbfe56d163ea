// RMSNorm: argument checks and dispatch.
#include "engine/ops/rms_norm.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

void rms_norm_forward(Backend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd)
{
    constexpr const char* kOp = "rms_norm_forward";
    check_rank(kOp, "x", x, 2);
    check_float(kOp, "x", x);
    check_shape(kOp, "weight", weight, {x.size(1)});
    check_float(kOp, "weight", weight);
    check_shape(kOp, "y", y, x.shape());
    check_dtype(kOp, "y", y, x.dtype());
    if (rstd.defined()) {
        check_shape(kOp, "rstd", rstd, {x.size(0)});
        check_dtype(kOp, "rstd", rstd, DType::F32);
    }
    ENGINE_CHECK(eps >= 0.0F, "rms_norm_forward: eps is ", eps, ", wanted 0 or more");
    check_device(kOp, backend, {x, weight, y, rstd});
    dispatch_device(
        backend, [&](auto& device) { kernels::rms_norm_forward(device, x, weight, eps, y, rstd); });
}

void rms_norm_backward(Backend& backend, const RmsNormBackwardArgs& args)
{
    constexpr const char* kOp = "rms_norm_backward";
    check_rank(kOp, "x", args.x, 2);
    check_float(kOp, "x", args.x);
    check_shape(kOp, "dy", args.dy, args.x.shape());
    check_dtype(kOp, "dy", args.dy, args.x.dtype());
    check_shape(kOp, "dx", args.dx, args.x.shape());
    check_dtype(kOp, "dx", args.dx, args.x.dtype());
    check_shape(kOp, "weight", args.weight, {args.x.size(1)});
    check_float(kOp, "weight", args.weight);
    check_shape(kOp, "rstd", args.rstd, {args.x.size(0)});
    check_dtype(kOp, "rstd", args.rstd, DType::F32);
    if (args.dweight_mode != GradientMode::Skip) {
        check_shape(kOp, "dweight", args.dweight, {args.x.size(1)});
        check_dtype(kOp, "dweight", args.dweight, DType::F32);
    }
    ENGINE_CHECK(args.x.numel() == 0 || args.dx.raw() != args.x.raw(),
                 "rms_norm_backward: dx is x's memory, wanted its own or dy's");
    check_device(kOp, backend, {args.dy, args.x, args.weight, args.rstd, args.dx, args.dweight});
    dispatch_device(backend, [&](auto& device) { kernels::rms_norm_backward(device, args); });
}

} // namespace engine::ops
