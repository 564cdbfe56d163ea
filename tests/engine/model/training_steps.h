// Optimizer steps as training takes them, for tests that follow a loss curve.
#pragma once

#include <span>
#include <vector>

#include "engine/train/optimizer.h"

namespace tests {

class TrainingSteps
{
public:
    // The adapter must outlive this.
    TrainingSteps(engine::Backend& backend,
                  const engine::TrainConfig& config,
                  engine::LoraAdapter& adapter)
        : m_backend(backend)
        , m_adapter(adapter)
        , m_gradients(backend, adapter)
        , m_optimizer(backend, config, adapter, m_gradients)
    {}

    // All of before the update.
    struct Numbers
    {
        double loss = 0.0;
        double grad_norm = 0.0;  // before clipping
        double grad_scale = 1.0; // below 1: clipped
    };

    // One step over these micro-batches. Its numbers stay on the device until all is queued.
    Numbers step(engine::Transformer& transformer,
                 std::span<const engine::MicroBatch> batches,
                 double learning_rate)
    {
        const auto count = static_cast<std::int64_t>(batches.size());
        engine::Tensor tensor = m_backend.tensor(engine::DType::F32, {kFirstLoss + count});
        const engine::TensorView numbers = tensor.view();
        bool accumulate = false;
        std::int64_t row = kFirstLoss;
        for (const engine::MicroBatch& batch : batches) {
            transformer.queue(
                batch,
                {.adapter = &m_adapter, .gradients = &m_gradients, .accumulate = accumulate},
                numbers.rows(row, row + 1));
            accumulate = true;
            ++row;
        }
        m_optimizer.step(learning_rate,
                         ++m_step,
                         {.losses = numbers.rows(kFirstLoss, row),
                          .grad_norm = numbers.rows(kGradNorm, kGradNorm + 1),
                          .grad_scale = numbers.rows(kGradScale, kGradScale + 1)});
        std::vector<float> read(static_cast<std::size_t>(row));
        m_backend.download(numbers, read.data());
        Numbers result = {.grad_norm = static_cast<double>(read[kGradNorm]),
                          .grad_scale = static_cast<double>(read[kGradScale])};
        for (std::size_t i = kFirstLoss; i < read.size(); ++i) {
            result.loss += static_cast<double>(read[i]);
        }
        return result;
    }

    // Of the last step.
    [[nodiscard]] const engine::LoraGradients& gradients() const { return m_gradients; }

private:
    // Places of a step's numbers.
    static constexpr int kGradNorm = 0;
    static constexpr int kGradScale = 1;
    static constexpr int kFirstLoss = 2;

    engine::Backend& m_backend;
    engine::LoraAdapter& m_adapter;
    engine::LoraGradients m_gradients;
    engine::Optimizer m_optimizer;
    std::int64_t m_step = 0;
};

} // namespace tests
