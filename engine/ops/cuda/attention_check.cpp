// The check of cuDNN's attention against the engine's own kernels, on a small random problem: at
// the first use of a kind of attention on a device.
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/core/log.h"
#include "engine/core/random.h"
#include "engine/ops/cuda/attention_ways.h"

namespace engine::ops::kernels {

namespace {

using cuda::CudnnAttention;
using cuda::CudnnTrust;

// More than one tile of keys, a short sequence, an empty one, and one that rounding adds.
constexpr std::array<std::int32_t, 6> kCheckOffsets = {0, 150, 151, 151, 190, 231};
constexpr std::int64_t kCheckTokens = kCheckOffsets.back();
constexpr std::int64_t kCheckLongest = 150;
constexpr std::int64_t kCheckKvHeads = 2;
constexpr std::int64_t kCheckWindow = 50;

// Root of the mean square of the difference, in parts of the values'. Both sides round weights and
// results to bf16, each time by up to 2^-9.
constexpr double kMostDifference = 0.02;

class AttentionCheck
{
public:
    AttentionCheck(CudaBackend& backend, const AttentionShape& like)
        : m_backend(backend)
        , m_shape({.num_heads = kCheckKvHeads * (like.num_heads / like.num_kv_heads),
                   .num_kv_heads = kCheckKvHeads,
                   .head_dim = like.head_dim,
                   .sliding_window = like.sliding_window > 0 ? kCheckWindow : 0,
                   .scale = 1.0F / std::sqrt(static_cast<float>(like.head_dim))})
        , m_width(m_shape.num_heads * m_shape.head_dim)
        , m_kv_width(m_shape.num_kv_heads * m_shape.head_dim)
        , m_q(random(m_width, 1))
        , m_k(random(m_kv_width, 2))
        , m_v(random(m_kv_width, 3))
        , m_dout(random(m_width, 4))
        , m_offsets(backend.tensor(DType::I32, {static_cast<std::int64_t>(kCheckOffsets.size())}))
        , m_scratch(backend.tensor(DType::F32,
                                   {cudnn_scratch_bytes(backend.compute_capability(),
                                                        whole().plan,
                                                        kCheckTokens,
                                                        cuda::SdpaDirection::Backward)
                                    / 4}))
        , m_own(backend, m_shape)
        , m_other(backend, m_shape)
    {
        backend.upload(kCheckOffsets.data(), m_offsets);
    }

    // Nothing when the results agree, else what does not.
    std::string forward();
    std::string backward(); // after forward()
    std::string pieces();   // after backward()

private:
    struct Results
    {
        Tensor out, lse, dq, dk, dv;

        Results(CudaBackend& backend, const AttentionShape& shape)
            : out(backend.tensor(DType::BF16, {kCheckTokens, shape.num_heads * shape.head_dim}))
            , lse(backend.tensor(DType::F32, {shape.num_heads, kCheckTokens}))
            , dq(backend.tensor(DType::BF16, out.shape()))
            , dk(backend.tensor(DType::BF16, {kCheckTokens, shape.num_kv_heads * shape.head_dim}))
            , dv(backend.tensor(DType::BF16, dk.shape()))
        {}
    };

    // The problem as one call, which takes more than its pieces.
    [[nodiscard]] AttentionPieces whole() const
    {
        constexpr auto kSequences = static_cast<std::int64_t>(kCheckOffsets.size()) - 1;
        return attention_pieces({.shape = m_shape,
                                 .n = kCheckTokens,
                                 .sequences = kSequences,
                                 .longest = kCheckLongest},
                                kSequences,
                                1);
    }

    [[nodiscard]] Tensor random(std::int64_t width, std::uint64_t stream) const
    {
        Tensor tensor = m_backend.tensor(DType::BF16, {kCheckTokens, width});
        std::vector<bfloat16_t> values(static_cast<std::size_t>(tensor.numel()));
        Random numbers(0, stream);
        for (bfloat16_t& value : values) {
            value = to_bfloat16(static_cast<float>(numbers.normal()));
        }
        m_backend.upload(values.data(), tensor);
        return tensor;
    }

    [[nodiscard]] AttentionForwardArgs forward_args(Results& results)
    {
        return {.shape = m_shape,
                .q = m_q,
                .k = m_k,
                .v = m_v,
                .offsets = m_offsets,
                .max_seq_len = kCheckLongest,
                .out = results.out,
                .lse = results.lse,
                .scratch = m_scratch};
    }

    // Both ways go on from the engine's own forward.
    [[nodiscard]] AttentionBackwardArgs backward_args(Results& results)
    {
        return {.shape = m_shape,
                .q = m_q,
                .k = m_k,
                .v = m_v,
                .out = m_own.out,
                .lse = m_own.lse,
                .offsets = m_offsets,
                .max_seq_len = kCheckLongest,
                .dout = m_dout,
                .dq = results.dq,
                .dk = results.dk,
                .dv = results.dv,
                .scratch = m_scratch};
    }

    std::string compare_backward(CudnnUse use);
    [[nodiscard]] std::vector<float> values_of(const Tensor& tensor) const;
    [[nodiscard]] std::string
    difference(const char* name, const Tensor& own, const Tensor& other) const;

    CudaBackend& m_backend;
    AttentionShape m_shape;
    std::int64_t m_width;
    std::int64_t m_kv_width;
    Tensor m_q, m_k, m_v, m_dout, m_offsets, m_scratch;
    Results m_own;
    Results m_other;
};

std::vector<float> AttentionCheck::values_of(const Tensor& tensor) const
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    if (tensor.dtype() == DType::F32) {
        m_backend.download(tensor, values.data());
        return values;
    }
    std::vector<bfloat16_t> stored(values.size());
    m_backend.download(tensor, stored.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = to_float(stored[i]);
    }
    return values;
}

std::string
AttentionCheck::difference(const char* name, const Tensor& own, const Tensor& other) const
{
    const std::vector<float> wanted = values_of(own);
    const std::vector<float> got = values_of(other);
    double power = 0.0;
    double error = 0.0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double distance = static_cast<double>(got[i]) - static_cast<double>(wanted[i]);
        power += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
        error += distance * distance;
    }
    const double share = std::sqrt(error / power);
    if (share <= kMostDifference) { // not so for a NaN
        return "";
    }
    return concat(name, " differs by ", share, " of its size, allowed ", kMostDifference);
}

std::string AttentionCheck::forward()
{
    own_attention_forward(m_backend, forward_args(m_own));
    if (!cudnn_attention_forward(m_backend, forward_args(m_other), CudnnUse::Untried)) {
        return "it takes more memory than it may";
    }
    const std::string found = difference("out", m_own.out, m_other.out);
    return found.empty() ? difference("lse", m_own.lse, m_other.lse) : found;
}

std::string AttentionCheck::backward()
{
    own_attention_backward(m_backend, backward_args(m_own));
    const std::string found = compare_backward(CudnnUse::Untried);
    if (!found.empty()) {
        return found;
    }
    const std::vector<float> first = values_of(m_other.dq);
    (void)cudnn_attention_backward(m_backend, backward_args(m_other), CudnnUse::Untried);
    return values_of(m_other.dq) == first ? "" : "dq has other bits the second time";
}

// One call must not touch what another one has written.
std::string AttentionCheck::pieces()
{
    for (Tensor* tensor : {&m_other.dq, &m_other.dk, &m_other.dv}) {
        m_backend.fill_zero(*tensor);
    }
    return compare_backward(CudnnUse::UntriedPieces);
}

std::string AttentionCheck::compare_backward(CudnnUse use)
{
    if (!cudnn_attention_backward(m_backend, backward_args(m_other), use)) {
        return "it takes more memory than it may";
    }
    for (const std::string& found : {difference("dq", m_own.dq, m_other.dq),
                                     difference("dk", m_own.dk, m_other.dk),
                                     difference("dv", m_own.dv, m_other.dv)}) {
        if (!found.empty()) {
            return found;
        }
    }
    return "";
}

} // namespace

void log_cudnn_refusal(const CudnnAttention& cudnn,
                       const AttentionShape& shape,
                       const char* direction,
                       const char* reason)
{
    log(LogLevel::Info,
        concat("GPU attention: cuDNN ",
               cuda::cudnn_version_text(cudnn.version()),
               ", ",
               direction,
               ", head_dim ",
               shape.head_dim,
               ", ",
               shape.num_heads / shape.num_kv_heads,
               " query heads a key head",
               shape.sliding_window > 0 ? ", with a window" : "",
               ": ",
               reason,
               "; the engine's own kernels compute it"));
}

CudnnAttention::Verdict&
cudnn_verdict(CudaBackend& backend, CudnnAttention& cudnn, const AttentionShape& shape)
{
    CudnnAttention::Verdict& verdict = cudnn.verdict({.head_dim = shape.head_dim,
                                                      .group = shape.num_heads / shape.num_kv_heads,
                                                      .windowed = shape.sliding_window > 0});
    if (verdict.forward != CudnnTrust::Untried) {
        return verdict;
    }
    backend.synchronize(); // an error of what came before is not cuDNN's
    verdict = {CudnnTrust::Refused, CudnnTrust::Refused, CudnnTrust::Refused};
    const auto attempt = [&](CudnnTrust& trust, const char* direction, const auto& compare) {
        std::string reason;
        try {
            reason = compare();
        } catch (const EngineError& error) {
            if (error.error().code != ErrorCode::Unsupported
                && error.error().code != ErrorCode::OutOfDeviceMemory) {
                throw;
            }
            backend.synchronize(); // a lost device is more than a refusal
            reason = error.what();
        }
        if (reason.empty()) {
            trust = CudnnTrust::Trusted;
        } else {
            log_cudnn_refusal(cudnn, shape, direction, reason.c_str());
        }
    };
    std::unique_ptr<AttentionCheck> check;
    attempt(verdict.forward, "forward", [&] {
        check = std::make_unique<AttentionCheck>(backend, shape);
        return check->forward();
    });
    if (check != nullptr) {
        attempt(verdict.backward, "backward", [&] { return check->backward(); });
    }
    if (verdict.backward == CudnnTrust::Trusted) {
        attempt(verdict.pieces, "backward in pieces", [&] { return check->pieces(); });
    }
    return verdict;
}

} // namespace engine::ops::kernels
