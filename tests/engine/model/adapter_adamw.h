// AdamW over an adapter for tests that follow a loss curve, with LoRA+'s two groups.
#pragma once

#include <vector>

#include "engine/model/transformer.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/optimizer_step.h"

namespace tests {

// AdamW over an adapter with LoRA+'s two groups.
class AdapterAdamW
{
public:
    AdapterAdamW(engine::Backend& backend,
                 engine::LoraAdapter& adapter,
                 const engine::LoraGradients& gradients)
        : m_backend(backend)
    {
        for (std::size_t i = 0; i < adapter.matrices().size(); ++i) {
            add(adapter.matrices()[i].lora_a, gradients.pairs[i].lora_a, false);
            add(adapter.matrices()[i].lora_b, gradients.pairs[i].lora_b, true);
        }
    }

    void step(double learning_rate, double loraplus_ratio, double weight_decay)
    {
        for (std::size_t i = 0; i < m_parameters.size(); ++i) {
            m_parameters[i].learning_rate =
                static_cast<float>(learning_rate * (m_is_b[i] ? loraplus_ratio : 1.0));
            m_parameters[i].weight_decay = static_cast<float>(weight_decay);
        }
        engine::ops::adamw_step(m_backend, m_parameters, {.step = ++m_step});
    }

private:
    void add(engine::Tensor& value, const engine::Tensor& grad, bool is_b)
    {
        engine::Tensor& m =
            m_state.emplace_back(m_backend.tensor(engine::DType::F32, value.shape()));
        engine::ops::zero(m_backend, m);
        const engine::TensorView m_view = m.view();
        engine::Tensor& v =
            m_state.emplace_back(m_backend.tensor(engine::DType::F32, value.shape()));
        engine::ops::zero(m_backend, v);
        m_parameters.push_back({.value = value, .grad = grad, .m = m_view, .v = v.view()});
        m_is_b.push_back(is_b);
    }

    engine::Backend& m_backend;
    std::vector<engine::Tensor> m_state;
    std::vector<engine::ops::ParameterStep> m_parameters;
    std::vector<bool> m_is_b;
    std::int64_t m_step = 0;
};

} // namespace tests
