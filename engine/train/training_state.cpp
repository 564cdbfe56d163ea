// Both methods of training behind one face.
#include "engine/train/training_state.h"

#include <utility>

#include "engine/model/base_fingerprint.h"
#include "engine/model/lora_ga.h"
#include "engine/ops/elementwise.h"
#include "engine/train/memory_estimate.h"
#include "engine/train/model_folder.h"

namespace engine {

namespace {

// Places among a step's numbers.
constexpr std::int64_t kGradNorm = 0;
constexpr std::int64_t kGradScale = 1;
constexpr std::int64_t kFirstLoss = 2;

LoraInit adapter_init(Init init)
{
    switch (init) {
    case Init::Lora:
        return LoraInit::Lora;
    case Init::Gaussian:
        return LoraInit::Gaussian;
    case Init::LoraGa:
        return LoraInit::LoraGa;
    }
    return LoraInit::Lora;
}

} // namespace

TrainingState::TrainingState(Backend& backend, const TrainConfig& config, BaseModel base)
    : m_backend(backend)
    , m_config(config)
    , m_base(std::move(base))
{}

Result<std::unique_ptr<TrainingState>> TrainingState::create(Backend& backend,
                                                             const TrainConfig& config,
                                                             const Progress& progress,
                                                             StopToken stop)
{
    Result<BaseModel> base = BaseModel::load(backend,
                                             config.base_model,
                                             {.dtype = config.dtype,
                                              .trainable = config.method == Method::Full,
                                              .base_quant = config.base_quant,
                                              .progress = progress,
                                              .stop = stop});
    if (!base) {
        return base.error();
    }
    std::unique_ptr<TrainingState> state(
        new TrainingState(backend, config, std::move(*base))); // the constructor is private
    if (config.method == Method::Lora) {
        if (Result<void> valid = config.lora.validate(state->m_base.config()); !valid) {
            return valid.error();
        }
        state->m_adapter.emplace(backend, state->m_base.config(), config.lora, config.dtype);
        state->m_adapter->set_base_quant(config.base_quant);
        const Result<std::string> fingerprint = base_fingerprint(config.base_model);
        if (!fingerprint) {
            return fingerprint.error();
        }
        state->m_adapter->set_base_fingerprint(*fingerprint);
        state->m_adapter->initialize(adapter_init(config.init), config.seed);
    }
    return state;
}

Result<LoraGaReport> TrainingState::initialize_lora_ga(std::span<const MicroBatch> batches,
                                                       const Progress& progress,
                                                       StopToken stop)
{
    LoraGaConfig config = m_config.lora_ga;
    config.seed = m_config.seed;
    return lora_ga_initialize(m_backend, m_base, *m_adapter, batches, config, progress, stop);
}

void TrainingState::expect_frozen_pairs()
{
    for (LoraMatrix& matrix : m_adapter->matrices()) {
        m_adapter->freeze_init_pair(matrix);
    }
}

void TrainingState::prepare_optimizer()
{
    if (m_adapter) {
        m_gradients.emplace(m_backend, *m_adapter);
        m_optimizer.emplace(m_backend, m_config, *m_adapter, *m_gradients);
        return;
    }
    for (const BaseModel::NamedTensor& tensor : m_base.tensors()) {
        m_full_gradients.push_back(m_backend.tensor(DType::F32, tensor.tensor.shape()));
    }
    m_optimizer.emplace(m_backend, m_config, m_base, m_full_gradients);
}

void TrainingState::make_activations(const TrainConfig& config, const BatchExtent& extent)
{
    m_transformer.reset();
    m_read.resize(static_cast<std::size_t>(kFirstLoss + config.grad_accum_steps));
    m_numbers = m_backend.tensor(DType::F32, {static_cast<std::int64_t>(m_read.size())});
    ops::zero(m_backend, m_numbers);
    m_backend.start_download(m_numbers); // takes what memory it needs here, where that may fail
    m_backend.finish_download(m_read.data());
    m_transformer.emplace(m_backend,
                          m_base,
                          training_limits(m_backend, config, m_base.config(), extent),
                          m_adapter ? &m_config.lora : nullptr);
}

void TrainingState::queue(const MicroBatch& batch, std::int64_t place, std::int64_t index)
{
    TrainPass pass;
    pass.accumulate = place > 0;
    if (m_adapter) {
        pass.adapter = &*m_adapter;
        pass.gradients = &*m_gradients;
        pass.dropout_seed = m_config.seed;
        pass.dropout_stream = static_cast<std::uint64_t>(index) * m_adapter->matrices().size();
    } else {
        pass.full_gradients = &m_full_gradients;
    }
    const std::int64_t row = kFirstLoss + place;
    m_transformer->queue(batch, pass, m_numbers.view().rows(row, row + 1));
}

void TrainingState::queue_update(double learning_rate,
                                 std::int64_t step,
                                 std::int64_t micro_batches)
{
    m_num_losses = micro_batches;
    const TensorView numbers = m_numbers;
    m_optimizer->step(learning_rate,
                      step,
                      {.losses = numbers.rows(kFirstLoss, kFirstLoss + micro_batches),
                       .grad_norm = numbers.rows(kGradNorm, kGradNorm + 1),
                       .grad_scale = numbers.rows(kGradScale, kGradScale + 1)});
    m_backend.start_download(numbers.rows(0, kFirstLoss + micro_batches));
}

TrainingState::StepNumbers TrainingState::read_step()
{
    const std::int64_t end = kFirstLoss + m_num_losses;
    m_backend.finish_download(m_read.data());
    StepNumbers numbers;
    numbers.grad_norm = static_cast<double>(m_read[kGradNorm]);
    for (std::int64_t i = kFirstLoss; i < end; ++i) {
        numbers.loss += static_cast<double>(m_read[static_cast<std::size_t>(i)]);
    }
    return numbers;
}

CheckpointTensors TrainingState::checkpoint_tensors()
{
    CheckpointTensors tensors;
    tensors.slots = m_optimizer->slots();
    tensors.method = m_config.method;
    tensors.seed = m_config.seed;
    if (m_adapter) {
        for (LoraMatrix& matrix : m_adapter->matrices()) {
            if (matrix.has_init_pair()) {
                tensors.frozen.push_back(
                    {adapter_tensor_name(matrix, "init_a"), matrix.init_a.view()});
                tensors.frozen.push_back(
                    {adapter_tensor_name(matrix, "init_b"), matrix.init_b.view()});
            }
        }
    }
    return tensors;
}

void TrainingState::refresh_copies()
{
    if (!m_adapter) {
        return;
    }
    m_adapter->refresh_copies();
    for (LoraMatrix& matrix : m_adapter->matrices()) {
        if (matrix.init_a_copy.defined()) {
            ops::copy(m_backend, matrix.init_a, matrix.init_a_copy);
            ops::copy(m_backend, matrix.init_b, matrix.init_b_copy);
        }
    }
}

std::int64_t TrainingState::trainable_parameters() const
{
    return m_adapter ? m_adapter->parameter_count() : m_base.config().parameter_count();
}

Result<void> TrainingState::save_result(const std::filesystem::path& folder)
{
    return m_adapter ? save_adapter(m_backend, *m_adapter, m_config.base_model, folder)
                     : save_model_folder(m_backend, m_base, m_base.folder(), folder);
}

} // namespace engine
