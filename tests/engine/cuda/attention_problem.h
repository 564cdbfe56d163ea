// Attention on the emulated GPU: a problem of random numbers, forward and backward.
// One file because it is one problem.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/random.h"
#include "engine/ops/attention.h"
#include "engine/tensor/cuda_backend.h"

namespace engine {

inline ops::AttentionShape
heads(std::int64_t num_heads, std::int64_t kv_heads, std::int64_t head_dim)
{
    return {.num_heads = num_heads,
            .num_kv_heads = kv_heads,
            .head_dim = head_dim,
            .scale = 1.0F / std::sqrt(static_cast<float>(head_dim))};
}

// Forward and backward of random numbers.
class Problem
{
public:
    Problem(CudaBackend& backend,
            const ops::AttentionShape& shape,
            const std::vector<std::int32_t>& offsets,
            DType dtype = DType::BF16,
            std::uint64_t seed = 7)
        : m_backend(backend)
        , m_shape(shape)
        , m_seed(seed)
        , m_n(offsets.back())
        , m_q(random(shape.num_heads, dtype))
        , m_k(random(shape.num_kv_heads, dtype))
        , m_v(random(shape.num_kv_heads, dtype))
        , m_dout(random(shape.num_heads, dtype))
        , m_out(like(m_q))
        , m_dq(like(m_q))
        , m_dk(like(m_k))
        , m_dv(like(m_k))
        , m_lse(backend.tensor(DType::F32, {shape.num_heads, m_n}))
        , m_offsets(backend.tensor(DType::I32, {static_cast<std::int64_t>(offsets.size())}))
    {
        for (std::size_t s = 1; s < offsets.size(); ++s) {
            m_longest = std::max<std::int64_t>(m_longest, offsets[s] - offsets[s - 1]);
        }
        backend.upload(offsets.data(), m_offsets);
        const std::int64_t bytes =
            ops::attention_scratch_bytes(backend, shape, dtype, m_n, m_longest);
        m_scratch = backend.tensor(DType::F32, {bytes / 4 + kGuard});
        const std::vector<float> guard(kGuard, kGuardValue);
        backend.upload(guard.data(), m_scratch.view().rows(bytes / 4, m_scratch.numel()));
    }

    void set_scale(float scale) { m_shape.scale = scale; }

    void forward()
    {
        ops::attention_forward(m_backend,
                               {.shape = m_shape,
                                .q = m_q,
                                .k = m_k,
                                .v = m_v,
                                .offsets = m_offsets,
                                .max_seq_len = m_longest,
                                .out = m_out,
                                .lse = m_lse,
                                .scratch = scratch()});
    }

    void backward() { ops::attention_backward(m_backend, backward_args(scratch())); }

    [[nodiscard]] ops::AttentionBackwardArgs backward_args(TensorView scratch)
    {
        return {.shape = m_shape,
                .q = m_q,
                .k = m_k,
                .v = m_v,
                .out = m_out,
                .lse = m_lse,
                .offsets = m_offsets,
                .max_seq_len = m_longest,
                .dout = m_dout,
                .dq = m_dq,
                .dk = m_dk,
                .dv = m_dv,
                .scratch = scratch};
    }

    // What the op asked for, and not more.
    [[nodiscard]] TensorView scratch()
    {
        return m_scratch.view().rows(0, m_scratch.numel() - kGuard);
    }

    // Whether nothing was written behind it.
    [[nodiscard]] bool guard_is_whole() const
    {
        std::vector<float> guard(kGuard);
        const std::int64_t end = m_scratch.numel();
        m_backend.download(m_scratch.view().rows(end - kGuard, end), guard.data());
        return guard == std::vector<float>(kGuard, kGuardValue);
    }

    // Nothing of what an earlier pass wrote is left.
    void poison()
    {
        for (Tensor* tensor : {&m_out, &m_dq, &m_dk, &m_dv, &m_lse}) {
            const std::vector<std::byte> ones(tensor->view().bytes(), std::byte{0xff}); // NaN
            m_backend.upload(ones.data(), *tensor);
        }
    }

    // out and the gradients, one after the other.
    [[nodiscard]] std::vector<float> results() const
    {
        std::vector<float> all;
        for (const Tensor* tensor : {&m_out, &m_dq, &m_dk, &m_dv}) {
            std::vector<bfloat16_t> values(static_cast<std::size_t>(tensor->numel()));
            m_backend.download(*tensor, values.data());
            for (const bfloat16_t value : values) {
                all.push_back(to_float(value));
            }
        }
        return all;
    }

private:
    [[nodiscard]] Tensor random(std::int64_t num_heads, DType dtype) const
    {
        Tensor tensor = m_backend.tensor(dtype, {m_n, num_heads * m_shape.head_dim});
        const auto count = static_cast<std::size_t>(tensor.numel());
        std::vector<float> values(count);
        std::vector<bfloat16_t> rounded(count);
        Random numbers(m_seed, static_cast<std::uint64_t>(num_heads));
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = static_cast<float>(numbers.normal());
            rounded[i] = to_bfloat16(values[i]);
        }
        m_backend.upload(
            dtype == DType::F32 ? static_cast<const void*>(values.data()) : rounded.data(), tensor);
        return tensor;
    }

    [[nodiscard]] Tensor like(const Tensor& tensor) const
    {
        return m_backend.tensor(tensor.dtype(), tensor.shape());
    }

    static constexpr std::int64_t kGuard = 256;
    static constexpr float kGuardValue = 42.0F;

    CudaBackend& m_backend;
    ops::AttentionShape m_shape;
    std::uint64_t m_seed;
    std::int64_t m_n;
    std::int64_t m_longest = 0;
    Tensor m_q, m_k, m_v, m_dout, m_out, m_dq, m_dk, m_dv, m_lse, m_offsets, m_scratch;
};

} // namespace engine
