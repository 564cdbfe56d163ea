// One optimizer over all trained tensors: parameter groups, clipping, and the moments that a
// checkpoint keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/transformer.h"
#include "engine/ops/optimizer_step.h"
#include "engine/train/train_config.h"

namespace engine {

// "layers.0.q_proj.lora_a": a tensor of an adapter in checkpoints.
[[nodiscard]] std::string adapter_tensor_name(const LoraMatrix& matrix, std::string_view which);

// Parameter groups as LoRA+ (Hayou, Ghosh, Yu 2024): A at the learning rate, B at loraplus_ratio
// times it, both with weight decay; one-dimensional tensors without. The schedule multiplies every
// group, so the ratio stays.
class Optimizer
{
public:
    // The adapter and its gradients, or the model and its gradients, must outlive the optimizer.
    Optimizer(Backend& backend,
              const TrainConfig& config,
              LoraAdapter& adapter,
              LoraGradients& gradients);
    Optimizer(Backend& backend,
              const TrainConfig& config,
              BaseModel& model,
              FullGradients& gradients);

    // On the device, so that a step need not wait for it.
    struct Numbers
    {
        ConstTensorView losses; // f32 [micro-batches] of this step
        TensorView grad_norm;   // f32 [1]; written: the norm of all gradients, before clipping
        TensorView grad_scale;  // f32 [1]; written: what max_grad_norm makes of them
    };

    // Queues one step at `learning_rate` (the schedule's value); `step` counts from 1. A loss or a
    // norm that is not finite leaves everything as it is. Compute copies are refreshed.
    void step(double learning_rate, std::int64_t step, const Numbers& numbers);

    // Every trained tensor with its moments, in a fixed order, for checkpoints. Moments are
    // undefined with SGD.
    struct Slot
    {
        std::string name; // "layers.0.q_proj.lora_a", or the Hugging Face name of a base weight
        TensorView value;
        TensorView m;
        TensorView v;
    };

    [[nodiscard]] std::vector<Slot> slots();

    // Bytes of the moments that `parameters` trained numbers need.
    [[nodiscard]] static std::int64_t state_bytes(OptimizerKind kind, std::int64_t parameters);

private:
    Optimizer(Backend& backend, const TrainConfig& config); // of nothing yet

    struct Parameter
    {
        std::string name;
        double learning_rate_factor = 1.0;
        double weight_decay = 0.0;
        Tensor m;
        Tensor v;
    };

    void
    add(std::string name, TensorView value, ConstTensorView grad, TensorView copy, double factor);

    Backend& m_backend;
    OptimizerKind m_kind;
    ops::AdamWStep m_adamw;
    double m_max_grad_norm;
    double m_weight_decay;
    std::vector<Parameter> m_parameters;
    std::vector<ops::ParameterStep> m_steps; // same order
};

} // namespace engine
