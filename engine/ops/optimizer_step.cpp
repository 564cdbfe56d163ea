// Optimizer steps and the gradient norm: argument checks and dispatch.
#include "engine/ops/optimizer_step.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

enum class Moments { Unused, Needed };

void check_parameters(const char* op,
                      const Backend& backend,
                      std::span<const ParameterStep> parameters,
                      Moments moments)
{
    for (const ParameterStep& parameter : parameters) {
        const auto same_size = [&](const char* name, const ConstTensorView& tensor) {
            ENGINE_CHECK(tensor.numel() == parameter.value.numel(),
                         op,
                         ": ",
                         name,
                         " has ",
                         tensor.numel(),
                         " elements, value has ",
                         parameter.value.numel());
        };
        check_dtype(op, "value", parameter.value, DType::F32);
        check_dtype(op, "grad", parameter.grad, DType::F32);
        same_size("grad", parameter.grad);
        if (moments == Moments::Needed) {
            check_dtype(op, "m", parameter.m, DType::F32);
            check_dtype(op, "v", parameter.v, DType::F32);
            same_size("m", parameter.m);
            same_size("v", parameter.v);
        }
        if (parameter.copy.defined()) {
            check_float(op, "copy", parameter.copy);
            same_size("copy", parameter.copy);
        }
        check_device(op,
                     backend,
                     {parameter.value, parameter.grad, parameter.m, parameter.v, parameter.copy});
    }
}

void check_gradients(const char* op,
                     const Backend& backend,
                     std::span<const ParameterStep> parameters)
{
    for (const ParameterStep& parameter : parameters) {
        check_dtype(op, "grad", parameter.grad, DType::F32);
        check_device(op, backend, {parameter.grad});
    }
}

void check_scalar(const char* op, const char* name, const ConstTensorView& tensor)
{
    check_shape(op, name, tensor, {1});
    check_dtype(op, name, tensor, DType::F32);
}

void check_grad_scale(const char* op, const Backend& backend, const ConstTensorView& grad_scale)
{
    if (grad_scale.defined()) {
        check_scalar(op, "grad_scale", grad_scale);
        check_device(op, backend, {grad_scale});
    }
}

} // namespace

void adamw_step(Backend& backend, std::span<const ParameterStep> parameters, const AdamWStep& step)
{
    check_parameters("adamw_step", backend, parameters, Moments::Needed);
    check_grad_scale("adamw_step", backend, step.grad_scale);
    ENGINE_CHECK(step.step >= 1, "adamw_step: step is ", step.step, ", wanted 1 or more");
    ENGINE_CHECK(step.beta1 >= 0.0F && step.beta1 < 1.0F && step.beta2 >= 0.0F && step.beta2 < 1.0F,
                 "adamw_step: beta1 is ",
                 step.beta1,
                 ", beta2 is ",
                 step.beta2,
                 ", wanted 0 <= beta < 1");
    dispatch_device(backend, [&](auto& device) { kernels::adamw_step(device, parameters, step); });
}

void sgd_step(Backend& backend,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale)
{
    check_parameters("sgd_step", backend, parameters, Moments::Unused);
    check_grad_scale("sgd_step", backend, grad_scale);
    dispatch_device(backend,
                    [&](auto& device) { kernels::sgd_step(device, parameters, grad_scale); });
}

void grad_scale(Backend& backend, const GradScaleArgs& args)
{
    constexpr const char* kOp = "grad_scale";
    check_gradients(kOp, backend, args.parameters);
    if (args.losses.defined()) {
        check_rank(kOp, "losses", args.losses, 1);
        check_dtype(kOp, "losses", args.losses, DType::F32);
    }
    check_scalar(kOp, "grad_norm", args.grad_norm);
    check_scalar(kOp, "grad_scale", args.grad_scale);
    check_device(kOp, backend, {args.losses, args.grad_norm, args.grad_scale});
    ENGINE_CHECK(args.max_grad_norm >= 0.0,
                 "grad_scale: max_grad_norm is ",
                 args.max_grad_norm,
                 ", wanted 0 or more");
    dispatch_device(backend, [&](auto& device) { kernels::grad_scale(device, args); });
}

double sum_of_squares(Backend& backend, std::span<const ParameterStep> parameters)
{
    check_gradients("sum_of_squares", backend, parameters);
    return dispatch_device(
        backend, [&](auto& device) { return kernels::sum_of_squares(device, parameters); });
}

} // namespace engine::ops
