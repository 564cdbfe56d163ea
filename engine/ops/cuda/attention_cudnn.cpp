// Attention by cuDNN: shapes rounded up so few plans serve many batches, and a plan's scratch.
#include <algorithm>
#include <array>
#include <bit>
#include <initializer_list>
#include <limits>

#include "engine/ops/cuda/attention_args.h"
#include "engine/ops/cuda/attention_ways.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

using cuda::CudnnTrust;
using cuda::SdpaDirection;
using cuda::SdpaShape;
using cuda::SdpaTensor;
using Binding = cuda::SdpaBinding;

constexpr int kFirstCapability = 80;
constexpr int kHopper = 90;
constexpr int kAfterLastCapability = 110; // 12.0 has no backward for packed rows
constexpr std::int64_t kWidestHead = 128;
constexpr std::int64_t kHeadStep = 8;
constexpr std::int64_t kLengthStep = 64;
constexpr std::int64_t kSmallBatchRows = 4 * kLengthStep;
constexpr std::int64_t kScratchAlignment = 256;
// cuDNN may have this part of the GPU's memory for one attention.
constexpr std::int64_t kMemoryParts = 64;
constexpr std::int64_t kWidestWindowFloat = std::int64_t{1} << 24U; // whole numbers end there

// The next of 1, 2, 3, 4, 6, 8, 12, 16, ...
std::int64_t rounded_up(std::int64_t value)
{
    const auto power = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1))));
    const std::int64_t between = power / 4 * 3;
    return between >= value ? between : power;
}

std::int64_t rounded_length(std::int64_t length)
{
    return kLengthStep * rounded_up(ceil_div(length, kLengthStep));
}

std::int64_t aligned(std::int64_t bytes)
{
    return ceil_div(bytes, kScratchAlignment) * kScratchAlignment;
}

// cuDNN where it may serve such a shape, else null.
cuda::CudnnAttention* cudnn_for(CudaBackend& backend, const AttentionShape& shape, DType dtype)
{
    const int capability = backend.compute_capability();
    const bool fits = dtype == DType::BF16 && shape.head_dim % kHeadStep == 0
                      && shape.head_dim <= kWidestHead && capability >= kFirstCapability
                      && capability < kAfterLastCapability;
    return fits ? backend.cudnn() : nullptr;
}

struct PackedBatch
{
    AttentionShape shape;
    std::int64_t n = 0;
    std::int64_t max_seq_len = 0;
    ConstTensorView offsets;
    TensorView scratch;
};

SdpaShape plan_shape(const PackedBatch& batch)
{
    return {.sequences = rounded_up(batch.offsets.numel() - 1),
            .longest = rounded_length(batch.max_seq_len),
            .num_heads = batch.shape.num_heads,
            .num_kv_heads = batch.shape.num_kv_heads,
            .head_dim = batch.shape.head_dim,
            .windowed = batch.shape.sliding_window > 0};
}

// A plan's scratch, in this order.
// Ints from one list of the sequences to the next: each begins at 16 bytes, as cuDNN is promised.
std::int64_t list_step(const SdpaShape& shape)
{
    return ceil_div(shape.sequences + 1, 4) * 4;
}

struct ScratchSizes
{
    std::int64_t lists;
    std::int64_t stats;
    std::int64_t delta; // of backward
    std::int64_t workspace;

    ScratchSizes(const SdpaShape& shape, std::int64_t n, bool backward, std::int64_t plan_bytes)
        : lists(aligned(4 * list_step(shape) * kIntBytes))
        , stats(aligned(n * shape.num_heads * kFloatBytes))
        , delta(backward ? aligned(shape.sequences * shape.longest * shape.num_heads * kFloatBytes)
                         : 0)
        , workspace(aligned(plan_bytes))
    {}

    // The scratch need not be aligned so far itself.
    [[nodiscard]] std::int64_t total() const
    {
        return kScratchAlignment + lists + stats + delta + workspace;
    }

    static constexpr auto kIntBytes = static_cast<std::int64_t>(sizeof(std::int32_t));
    static constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));
};

// One attention by one plan, with its pieces of the scratch.
class CudnnCall
{
public:
    CudnnCall(CudaBackend& backend,
              cuda::CudnnAttention& cudnn,
              const PackedBatch& batch,
              SdpaDirection direction)
        : m_backend(backend)
        , m_batch(batch)
        , m_shape(plan_shape(batch))
        , m_backward(direction == SdpaDirection::Backward)
        , m_plan(cudnn.plan(m_shape, direction))
    {}

    [[nodiscard]] const cuda::CudnnAttention::PlanResult& plan() const { return m_plan; }

    [[nodiscard]] bool fits() const
    {
        constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
        return m_batch.n * m_shape.num_heads * m_shape.head_dim <= kMost
               && static_cast<std::int64_t>(m_batch.scratch.bytes()) >= sizes().total();
    }

    // Queues it. lse is made of the stats, or they of it; either may be null in a forward.
    void run(std::initializer_list<Binding> tensors, float* lse);

private:
    [[nodiscard]] ScratchSizes sizes() const
    {
        return {m_shape, m_batch.n, m_backward, (*m_plan)->workspace_bytes()};
    }

    void queue_starts(std::int32_t* lists) const;
    void queue_stats(float* lse, float* stats) const;

    CudaBackend& m_backend;
    PackedBatch m_batch;
    SdpaShape m_shape;
    bool m_backward;
    const cuda::CudnnAttention::PlanResult& m_plan;
};

void CudnnCall::queue_starts(std::int32_t* lists) const
{
    const std::int64_t step = list_step(m_shape);
    m_backend.launch(
        "",
        threads_for(m_shape.sequences + 1),
        AttentionStartsArgs{.offsets = m_batch.offsets.data<std::int32_t>(),
                            .q_starts = lists,
                            .kv_starts = lists + step,
                            .stat_starts = lists + 2 * step,
                            .lengths = lists + 3 * step,
                            .count = static_cast<int>(m_batch.offsets.numel() - 1),
                            .sequences = static_cast<int>(m_shape.sequences),
                            .q_width = static_cast<int>(m_shape.num_heads * m_shape.head_dim),
                            .kv_width = static_cast<int>(m_shape.num_kv_heads * m_shape.head_dim),
                            .num_heads = static_cast<int>(m_shape.num_heads)});
}

void CudnnCall::queue_stats(float* lse, float* stats) const
{
    m_backend.launch("",
                     threads_for(m_batch.n * m_shape.num_heads),
                     AttentionStatsArgs{.lse = lse,
                                        .stats = stats,
                                        .rows = static_cast<int>(m_batch.n),
                                        .num_heads = static_cast<int>(m_shape.num_heads),
                                        .to_lse = m_backward ? 0 : 1});
}

void CudnnCall::run(std::initializer_list<Binding> tensors, float* lse)
{
    const ScratchSizes size = sizes();
    const auto address = reinterpret_cast<std::uintptr_t>(m_batch.scratch.raw());
    auto* lists = static_cast<std::byte*>(m_batch.scratch.raw())
                  + (aligned(static_cast<std::int64_t>(address % kScratchAlignment))
                     - static_cast<std::int64_t>(address % kScratchAlignment));
    auto* stats = reinterpret_cast<float*>(lists + size.lists);
    std::byte* delta = lists + size.lists + size.stats;
    std::byte* workspace = delta + size.delta;
    auto* starts = reinterpret_cast<std::int32_t*>(lists);
    const std::int64_t step = list_step(m_shape);
    constexpr float kMasked = -std::numeric_limits<float>::infinity();
    std::array<Binding, 20> bindings = {{{SdpaTensor::Stats, stats},
                                         {SdpaTensor::QStarts, starts},
                                         {SdpaTensor::KvStarts, starts + step},
                                         {SdpaTensor::StatStarts, starts + 2 * step},
                                         {SdpaTensor::Lengths, starts + 3 * step},
                                         {SdpaTensor::Scale, nullptr, m_batch.shape.scale},
                                         {SdpaTensor::Masked, nullptr, kMasked}}};
    std::size_t count = 7;
    const auto bind = [&](const Binding& binding) { bindings[count++] = binding; };
    if (m_shape.windowed) {
        const std::int64_t window = std::min(m_batch.shape.sliding_window, kWidestWindowFloat);
        bind({SdpaTensor::Window, nullptr, static_cast<float>(window)});
    }
    if (m_backward) {
        bind({SdpaTensor::Delta, delta});
        bind({SdpaTensor::One, nullptr, 1.0F});
    }
    std::for_each(tensors.begin(), tensors.end(), bind);

    queue_starts(starts);
    if (m_backward) {
        queue_stats(lse, stats);
    }
    m_backend.attend(**m_plan, std::span(bindings).first(count), workspace);
    if (!m_backward && lse != nullptr) {
        queue_stats(lse, stats);
    }
}

bool all_aligned(std::initializer_list<Binding> tensors)
{
    constexpr std::uintptr_t kPack = 16; // bytes; what the graphs promise
    return std::all_of(tensors.begin(), tensors.end(), [](const Binding& binding) {
        return reinterpret_cast<std::uintptr_t>(binding.data) % kPack == 0;
    });
}

// What one direction is given.
struct CudnnRequest
{
    PackedBatch batch;
    SdpaDirection direction = SdpaDirection::Forward;
    std::initializer_list<Binding> tensors;
    float* lse = nullptr;
};

// Known without making a plan, which takes a second.
bool can_fit(const CudaBackend& backend, const CudnnRequest& request)
{
    const PackedBatch& batch = request.batch;
    const SdpaShape shape = plan_shape(batch);
    const bool forward = request.direction == SdpaDirection::Forward;
    return cudnn_scratch_bytes(backend.compute_capability(),
                               batch.shape,
                               forward ? batch.n : shape.sequences * shape.longest,
                               batch.max_seq_len,
                               forward ? CudnnScratch::Forward : CudnnScratch::Both)
           <= static_cast<std::int64_t>(batch.scratch.bytes());
}

bool compute(CudaBackend& backend, cuda::CudnnAttention& cudnn, const CudnnRequest& request)
{
    if (!can_fit(backend, request)) {
        return false;
    }
    CudnnCall call(backend, cudnn, request.batch, request.direction);
    if (!call.plan()) {
        throw EngineError(call.plan().error());
    }
    if (!call.fits()) {
        return false;
    }
    call.run(request.tensors, request.lse);
    return true;
}

bool compute_by_cudnn(CudaBackend& backend, const CudnnRequest& request, CudnnUse use)
{
    const AttentionShape& shape = request.batch.shape;
    cuda::CudnnAttention* cudnn = cudnn_for(backend, shape, DType::BF16);
    if (cudnn == nullptr || request.batch.n == 0 || !all_aligned(request.tensors)) {
        return false;
    }
    if (use == CudnnUse::Untried) {
        return compute(backend, *cudnn, request);
    }
    const bool is_forward = request.direction == SdpaDirection::Forward;
    cuda::CudnnAttention::Verdict& verdict = cudnn_verdict(backend, *cudnn, shape);
    CudnnTrust& trust = is_forward ? verdict.forward : verdict.backward;
    try {
        return trust == CudnnTrust::Trusted && compute(backend, *cudnn, request);
    } catch (const EngineError& error) {
        if (error.error().code != ErrorCode::Unsupported) {
            throw;
        }
        backend.synchronize(); // tells whether the device is lost, which cuDNN does not
        trust = CudnnTrust::Refused;
        log_cudnn_refusal(*cudnn, shape, is_forward ? "forward" : "backward", error.what());
        return false;
    }
}

} // namespace

bool cudnn_attention_forward(CudaBackend& backend, const AttentionForwardArgs& args, CudnnUse use)
{
    if (args.q.dtype() != DType::BF16) {
        return false;
    }
    return compute_by_cudnn(backend,
                            {.batch = {.shape = args.shape,
                                       .n = args.q.size(0),
                                       .max_seq_len = args.max_seq_len,
                                       .offsets = args.offsets,
                                       .scratch = args.scratch},
                             .direction = SdpaDirection::Forward,
                             .tensors = {{SdpaTensor::Q, args.q.raw()},
                                         {SdpaTensor::K, args.k.raw()},
                                         {SdpaTensor::V, args.v.raw()},
                                         {SdpaTensor::Out, args.out.raw()}},
                             .lse = args.lse.defined() ? args.lse.data<float>() : nullptr},
                            use);
}

bool cudnn_attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args, CudnnUse use)
{
    if (args.q.dtype() != DType::BF16) {
        return false;
    }
    return compute_by_cudnn(
        backend,
        {.batch = {.shape = args.shape,
                   .n = args.q.size(0),
                   .max_seq_len = args.max_seq_len,
                   .offsets = args.offsets,
                   .scratch = args.scratch},
         .direction = SdpaDirection::Backward,
         .tensors = {{SdpaTensor::Q, args.q.raw()},
                     {SdpaTensor::K, args.k.raw()},
                     {SdpaTensor::V, args.v.raw()},
                     {SdpaTensor::Out, args.out.raw()},
                     {SdpaTensor::DOut, args.dout.raw()},
                     {SdpaTensor::DQ, args.dq.raw()},
                     {SdpaTensor::DK, args.dk.raw()},
                     {SdpaTensor::DV, args.dv.raw()}},
         .lse = const_cast<float*>(args.lse.data<float>())}, // NOLINT: only read
        use);
}

std::int64_t cudnn_scratch_bytes(int capability,
                                 const AttentionShape& shape,
                                 std::int64_t rows,
                                 std::int64_t max_seq_len,
                                 CudnnScratch directions)
{
    constexpr std::int64_t kFixedBytes = std::int64_t{1} << 16U; // lists, engines' counters
    constexpr std::int64_t kListBytes = 16;                      // of a sequence of one row
    std::int64_t head_bytes = ScratchSizes::kFloatBytes;         // of a row of one head: stats
    if (directions == CudnnScratch::Both) {
        // delta, and dk and dv of every query head or the sums of dq.
        head_bytes += ScratchSizes::kFloatBytes + 8 * shape.head_dim;
        if (capability == kHopper) {
            // ds of a row in bf16, which is how its engine adds dq in one order.
            head_bytes += 2 * rounded_length(max_seq_len);
        }
    }
    return kFixedBytes + (rows + kLengthStep) * (shape.num_heads * head_bytes + kListBytes);
}

// A plan's own need depends on how the sequences of each batch fall, so what it may have is a rule:
// enough for twice the batch's rows and for small ones, and not more than the GPU can spare. A
// batch that falls worse is for the engine's own kernels.
std::int64_t cudnn_attention_scratch_bytes(CudaBackend& backend,
                                           const AttentionShape& shape,
                                           DType dtype,
                                           std::int64_t n,
                                           std::int64_t max_seq_len)
{
    cuda::CudnnAttention* cudnn = cudnn_for(backend, shape, dtype);
    if (cudnn == nullptr) {
        return 0;
    }
    const cuda::CudnnAttention::Verdict& verdict = cudnn_verdict(backend, *cudnn, shape);
    const bool backward = verdict.backward == CudnnTrust::Trusted;
    if (!backward && verdict.forward != CudnnTrust::Trusted) {
        return 0;
    }
    const std::int64_t wanted =
        cudnn_scratch_bytes(backend.compute_capability(),
                            shape,
                            2 * n + kSmallBatchRows,
                            max_seq_len,
                            backward ? CudnnScratch::Both : CudnnScratch::Forward);
    return std::min(wanted, cudnn->device().memory_bytes / kMemoryParts) / 4 * 4;
}

} // namespace engine::ops::kernels
