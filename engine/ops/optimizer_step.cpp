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

} // namespace

void adamw_step(Backend& backend, std::span<const ParameterStep> parameters, const AdamWStep& step)
{
    check_parameters("adamw_step", backend, parameters, Moments::Needed);
    ENGINE_CHECK(step.step >= 1, "adamw_step: step is ", step.step, ", wanted 1 or more");
    ENGINE_CHECK(step.beta1 >= 0.0F && step.beta1 < 1.0F && step.beta2 >= 0.0F && step.beta2 < 1.0F,
                 "adamw_step: beta1 is ",
                 step.beta1,
                 ", beta2 is ",
                 step.beta2,
                 ", wanted 0 <= beta < 1");
    dispatch_device(backend, [&](auto& device) { kernels::adamw_step(device, parameters, step); });
}

void sgd_step(Backend& backend, std::span<const ParameterStep> parameters, float grad_scale)
{
    check_parameters("sgd_step", backend, parameters, Moments::Unused);
    dispatch_device(backend,
                    [&](auto& device) { kernels::sgd_step(device, parameters, grad_scale); });
}

double sum_of_squares(Backend& backend, std::span<const ParameterStep> parameters)
{
    for (const ParameterStep& parameter : parameters) {
        check_dtype("sum_of_squares", "grad", parameter.grad, DType::F32);
        check_device("sum_of_squares", backend, {parameter.grad});
    }
    return dispatch_device(
        backend, [&](auto& device) { return kernels::sum_of_squares(device, parameters); });
}

} // namespace engine::ops
