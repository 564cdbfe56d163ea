// The adapter's matrices: layout, initialisation, compute copies.
#include "engine/model/lora_adapter.h"

#include <algorithm>
#include <cmath>

#include "engine/core/parallel_for.h"
#include "engine/core/random.h"
#include "engine/model/stacked_tensors.h"
#include "engine/ops/elementwise.h"

namespace engine {

namespace {

// The stream of a matrix, so that its values do not depend on which others are adapted.
std::uint64_t stream_of(const LoraMatrix& matrix)
{
    return static_cast<std::uint64_t>(matrix.layer) * kTargetCount + index_of(matrix.target);
}

// Every value takes four 32-bit draws at most, so value i starts at position 4 i whatever the
// split.
template <typename Draw>
std::vector<float>
draw_values(std::int64_t count, std::uint64_t seed, std::uint64_t stream, Draw draw)
{
    std::vector<float> values(static_cast<std::size_t>(count));
    parallel_for(count, 4096, [&](std::int64_t begin, std::int64_t end) {
        Random random(seed, stream);
        for (std::int64_t i = begin; i < end; ++i) {
            random.set_position(static_cast<std::uint64_t>(i) * 4);
            values[static_cast<std::size_t>(i)] = static_cast<float>(draw(random));
        }
    });
    return values;
}

} // namespace

LoraAdapter::LoraAdapter(Backend& backend,
                         const ModelConfig& model,
                         const LoraConfig& config,
                         DType compute_dtype)
    : m_backend(&backend)
    , m_config(config)
    , m_compute_dtype(compute_dtype)
{
    PerTarget<std::int32_t> none = {};
    none.fill(-1);
    m_index.assign(static_cast<std::size_t>(model.num_layers), none);
    for (const auto& [layer, target] : config.matrices(model.num_layers)) {
        LoraMatrix matrix;
        matrix.layer = layer;
        matrix.target = target;
        matrix.rank = config.rank_of(layer, target);
        matrix.scaling = static_cast<float>(config.scaling_of(layer, target));
        matrix.in_features = model.in_features(target);
        const Shape b = {model.out_features(target), matrix.rank};
        matrix.lora_b = backend.tensor(DType::F32, b);
        ops::zero(backend, matrix.lora_b);
        if (compute_dtype != DType::F32) {
            matrix.lora_b_copy = backend.tensor(compute_dtype, b);
        }
        m_index[static_cast<std::size_t>(layer)][index_of(target)] =
            static_cast<std::int32_t>(m_matrices.size());
        m_matrices.push_back(std::move(matrix));
    }
    make_stacks();
    refresh_copies();
}

void LoraAdapter::make_stacks()
{
    std::vector<Tensor> masters = stacked_like_a(*m_backend, DType::F32, m_matrices, m_stacks);
    for (std::size_t i = 0; i < m_matrices.size(); ++i) {
        m_matrices[i].lora_a = std::move(masters[i]);
        ops::zero(*m_backend, m_matrices[i].lora_a);
    }
    if (m_compute_dtype == DType::F32) {
        return;
    }
    std::vector<Tensor> copies = stacked_like_a(*m_backend, m_compute_dtype, m_matrices, m_stacks);
    for (std::size_t i = 0; i < m_matrices.size(); ++i) {
        m_matrices[i].lora_a_copy = std::move(copies[i]);
    }
}

void LoraAdapter::initialize(LoraInit init, std::uint64_t seed)
{
    for (LoraMatrix& matrix : m_matrices) {
        const auto in_features = static_cast<double>(matrix.lora_a.shape()[1]);
        std::vector<float> values;
        if (init == LoraInit::Gaussian) {
            const double deviation = 1.0 / static_cast<double>(matrix.rank);
            values =
                draw_values(matrix.lora_a.numel(), seed, stream_of(matrix), [&](Random& random) {
                    return deviation * random.normal();
                });
        } else {
            // LoRA-GA starts from here too and then replaces A and B.
            const double bound = 1.0 / std::sqrt(in_features);
            values =
                draw_values(matrix.lora_a.numel(), seed, stream_of(matrix), [&](Random& random) {
                    return bound * (2.0 * random.uniform() - 1.0);
                });
        }
        m_backend->upload(values.data(), matrix.lora_a);
        ops::zero(*m_backend, matrix.lora_b);
        for (Tensor* frozen :
             {&matrix.init_a, &matrix.init_b, &matrix.init_a_copy, &matrix.init_b_copy}) {
            *frozen = Tensor();
        }
    }
    refresh_copies();
}

void LoraAdapter::refresh_copies()
{
    if (m_compute_dtype == DType::F32) {
        return;
    }
    for (LoraMatrix& matrix : m_matrices) {
        ops::copy(*m_backend, matrix.lora_a, matrix.lora_a_copy);
        ops::copy(*m_backend, matrix.lora_b, matrix.lora_b_copy);
    }
}

void LoraAdapter::freeze_init_pair(LoraMatrix& matrix)
{
    matrix.init_a = m_backend->tensor(DType::F32, matrix.lora_a.shape());
    matrix.init_b = m_backend->tensor(DType::F32, matrix.lora_b.shape());
    ops::copy(*m_backend, matrix.lora_a, matrix.init_a);
    ops::copy(*m_backend, matrix.lora_b, matrix.init_b);
    if (m_compute_dtype != DType::F32) {
        matrix.init_a_copy = m_backend->tensor(m_compute_dtype, matrix.lora_a.shape());
        matrix.init_b_copy = m_backend->tensor(m_compute_dtype, matrix.lora_b.shape());
        ops::copy(*m_backend, matrix.init_a, matrix.init_a_copy);
        ops::copy(*m_backend, matrix.init_b, matrix.init_b_copy);
    }
}

const LoraMatrix* LoraAdapter::find(std::int64_t layer, Target target) const
{
    if (layer < 0 || layer >= static_cast<std::int64_t>(m_index.size())) {
        return nullptr;
    }
    const std::int32_t index = m_index[static_cast<std::size_t>(layer)][index_of(target)];
    return index < 0 ? nullptr : &m_matrices[static_cast<std::size_t>(index)];
}

std::int64_t LoraAdapter::parameter_count() const
{
    std::int64_t count = 0;
    for (const LoraMatrix& matrix : m_matrices) {
        count += matrix.lora_a.numel() + matrix.lora_b.numel();
    }
    return count;
}

std::int64_t LoraAdapter::lowest_layer() const
{
    return m_matrices.empty() ? 0 : m_matrices.front().layer;
}

} // namespace engine
