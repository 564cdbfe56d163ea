// Groups to ParameterSteps once; a step only writes the rates.
#include "engine/train/optimizer.h"

#include <utility>

#include "engine/ops/elementwise.h"

namespace engine {

namespace {

ops::AdamWStep adamw_settings(const TrainConfig& config)
{
    return {.beta1 = static_cast<float>(config.beta1),
            .beta2 = static_cast<float>(config.beta2),
            .eps = static_cast<float>(config.adam_eps)};
}

} // namespace

std::string adapter_tensor_name(const LoraMatrix& matrix, std::string_view which)
{
    return concat("layers.", matrix.layer, ".", to_string(matrix.target), ".", which);
}

Optimizer::Optimizer(Backend& backend, const TrainConfig& config)
    : m_backend(backend)
    , m_kind(config.optimizer)
    , m_adamw(adamw_settings(config))
    , m_max_grad_norm(config.max_grad_norm)
    , m_weight_decay(config.weight_decay)
{}

Optimizer::Optimizer(Backend& backend,
                     const TrainConfig& config,
                     LoraAdapter& adapter,
                     LoraGradients& gradients)
    : Optimizer(backend, config)
{
    for (std::size_t i = 0; i < adapter.matrices().size(); ++i) {
        LoraMatrix& matrix = adapter.matrices()[i];
        LoraGradients::Pair& grad = gradients.pairs[i];
        add(adapter_tensor_name(matrix, "lora_a"),
            matrix.lora_a.view(),
            grad.lora_a.view(),
            matrix.lora_a_copy.view(),
            1.0);
        add(adapter_tensor_name(matrix, "lora_b"),
            matrix.lora_b.view(),
            grad.lora_b.view(),
            matrix.lora_b_copy.view(),
            config.loraplus_ratio);
    }
}

Optimizer::Optimizer(Backend& backend,
                     const TrainConfig& config,
                     BaseModel& model,
                     FullGradients& gradients)
    : Optimizer(backend, config)
{
    for (std::size_t i = 0; i < model.tensors().size(); ++i) {
        const std::string& name = model.tensors()[i].name;
        add(name, model.writable(name), gradients[i].view(), {}, 1.0);
    }
}

void Optimizer::add(
    std::string name, TensorView value, ConstTensorView grad, TensorView copy, double factor)
{
    Parameter parameter;
    parameter.name = std::move(name);
    parameter.learning_rate_factor = factor;
    parameter.weight_decay = value.shape().rank() >= 2 ? m_weight_decay : 0.0;
    ops::ParameterStep step = {.value = value, .grad = grad, .copy = copy};
    if (m_kind == OptimizerKind::AdamW) {
        parameter.m = m_backend.tensor(DType::F32, value.shape());
        parameter.v = m_backend.tensor(DType::F32, value.shape());
        ops::zero(m_backend, parameter.m);
        ops::zero(m_backend, parameter.v);
        step.m = parameter.m.view();
        step.v = parameter.v.view();
    }
    m_parameters.push_back(std::move(parameter));
    m_steps.push_back(step);
}

void Optimizer::step(double learning_rate, std::int64_t step, const Numbers& numbers)
{
    ops::grad_scale(m_backend,
                    {.parameters = m_steps,
                     .losses = numbers.losses,
                     .max_grad_norm = m_max_grad_norm,
                     .grad_norm = numbers.grad_norm,
                     .grad_scale = numbers.grad_scale});
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        const Parameter& parameter = m_parameters[i];
        m_steps[i].learning_rate =
            static_cast<float>(learning_rate * parameter.learning_rate_factor);
        m_steps[i].weight_decay = static_cast<float>(parameter.weight_decay);
    }
    if (m_kind == OptimizerKind::Sgd) {
        ops::sgd_step(m_backend, m_steps, numbers.grad_scale);
        return;
    }
    m_adamw.step = step;
    m_adamw.grad_scale = numbers.grad_scale;
    ops::adamw_step(m_backend, m_steps, m_adamw);
}

std::vector<Optimizer::Slot> Optimizer::slots()
{
    std::vector<Slot> slots;
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        slots.push_back({m_parameters[i].name, m_steps[i].value, m_steps[i].m, m_steps[i].v});
    }
    return slots;
}

std::int64_t Optimizer::state_bytes(OptimizerKind kind, std::int64_t parameters)
{
    return kind == OptimizerKind::AdamW ? parameters * 2 * static_cast<std::int64_t>(sizeof(float))
                                        : 0;
}

} // namespace engine
