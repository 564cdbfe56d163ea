// AdamW, SGD, the gradient norm and clipping on the GPU: a list of the parameters goes over, one
// kernel does them all.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"
#include "engine/ops/cuda/optimizer_args.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kParts = 32; // blocks of one parameter, a fixed number for a fixed order

ParameterEntry entry_of(const ParameterStep& parameter, double decay, double step_size)
{
    return {.value = parameter.value.data<float>(),
            .grad = parameter.grad.data<float>(),
            .m = parameter.m.data<float>(),
            .v = parameter.v.data<float>(),
            .copy = parameter.copy.raw(),
            .size = parameter.grad.numel(),
            .decay = static_cast<float>(decay),
            .step_size = static_cast<float>(step_size),
            .copy_is_bf16 = is_bf16(parameter.copy),
            .unused = 0};
}

// The parameters' list in device memory, and room for kParts doubles a parameter and one more.
struct DeviceList
{
    const ParameterEntry* parameters;
    double* parts;
    double* total;
};

// `entry` makes each parameter's line.
template <typename Entry>
DeviceList
send_list(CudaBackend& backend, std::span<const ParameterStep> parameters, const Entry& entry)
{
    thread_local std::vector<ParameterEntry> entries;
    entries.clear();
    for (const ParameterStep& parameter : parameters) {
        entries.push_back(entry(parameter));
    }
    const std::size_t list_bytes = entries.size() * sizeof(ParameterEntry);
    const std::size_t parts = entries.size() * kParts;
    auto* memory =
        static_cast<std::byte*>(backend.scratch(list_bytes + (parts + 1) * sizeof(double)));
    const auto floats = static_cast<std::int64_t>(list_bytes / sizeof(float));
    backend.upload(entries.data(), {memory, DType::F32, {floats}, backend.device()});
    auto* doubles = reinterpret_cast<double*>(memory + list_bytes);
    return {reinterpret_cast<const ParameterEntry*>(memory), doubles, doubles + parts};
}

LaunchShape over(std::span<const ParameterStep> parameters)
{
    return {.grid_x = kParts,
            .grid_y = static_cast<std::int64_t>(parameters.size()),
            .block = kThreads};
}

// Each gradient's squares, summed in kParts parts.
DeviceList queue_parts(CudaBackend& backend, std::span<const ParameterStep> parameters)
{
    const DeviceList list = send_list(backend, parameters, [](const ParameterStep& parameter) {
        return entry_of(parameter, 0.0, 0.0);
    });
    backend.launch("", over(parameters), SumOfSquaresArgs{list.parameters, list.parts});
    return list;
}

} // namespace

void adamw_step(CudaBackend& backend,
                std::span<const ParameterStep> parameters,
                const AdamWStep& step)
{
    if (parameters.empty()) {
        return;
    }
    const auto t = static_cast<double>(step.step);
    const double bias1 = 1.0 - std::pow(static_cast<double>(step.beta1), t);
    const double bias2 = 1.0 - std::pow(static_cast<double>(step.beta2), t);
    const DeviceList list = send_list(backend, parameters, [&](const ParameterStep& parameter) {
        const double rate = parameter.learning_rate;
        return entry_of(parameter, 1.0 - rate * parameter.weight_decay, rate / bias1);
    });
    backend.launch("",
                   over(parameters),
                   AdamWArgs{.parameters = list.parameters,
                             .grad_scale = step.grad_scale.data<float>(),
                             .beta1 = step.beta1,
                             .beta2 = step.beta2,
                             .inverse_sqrt_bias2 = static_cast<float>(1.0 / std::sqrt(bias2)),
                             .eps = step.eps});
}

void sgd_step(CudaBackend& backend,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale)
{
    if (parameters.empty()) {
        return;
    }
    const DeviceList list = send_list(backend, parameters, [&](const ParameterStep& parameter) {
        const float rate = parameter.learning_rate;
        return entry_of(parameter, 1.0F - rate * parameter.weight_decay, rate);
    });
    backend.launch("", over(parameters), SgdArgs{list.parameters, grad_scale.data<float>()});
}

void grad_scale(CudaBackend& backend, const GradScaleArgs& args)
{
    const DeviceList list = queue_parts(backend, args.parameters);
    backend.launch(
        "",
        {.block = kThreads},
        GradScaleKernelArgs{.parts = list.parts,
                            .losses = args.losses.data<float>(),
                            .grad_norm = args.grad_norm.data<float>(),
                            .grad_scale = args.grad_scale.data<float>(),
                            .max_grad_norm = args.max_grad_norm,
                            .n = static_cast<Index>(args.parameters.size()) * kParts,
                            .num_losses = args.losses.defined() ? args.losses.numel() : 0});
}

double sum_of_squares(CudaBackend& backend, std::span<const ParameterStep> parameters)
{
    if (parameters.empty()) {
        return 0.0;
    }
    const DeviceList list = queue_parts(backend, parameters);
    const auto parts = static_cast<Index>(parameters.size()) * kParts;
    backend.launch("", {.block = kThreads}, SumPartsArgs{list.parts, list.total, parts});
    double total = 0.0;
    static_assert(sizeof total == 2 * sizeof(float));
    backend.download({list.total, DType::F32, {2}, backend.device()}, &total);
    return total;
}

} // namespace engine::ops::kernels
