// Attention by cuDNN: the calls of its pieces, and when there are none.
#include <algorithm>
#include <array>
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
using Verdict = cuda::CudnnAttention::Verdict;

constexpr int kFirstCapability = 80;
constexpr int kAfterLastCapability = 110; // 12.0 has no backward for packed rows
constexpr std::int64_t kWidestHead = 128;
constexpr std::int64_t kHeadStep = 8;
// A call of cuDNN may have this part of the GPU's memory.
constexpr std::int64_t kMemoryParts = 64;
// Sequences of a call when it is checked that pieces are right.
constexpr std::int64_t kCheckedRun = 2;
constexpr std::int64_t kWidestWindowFloat = std::int64_t{1} << 24U; // whole numbers end there

// cuDNN where it may serve such a shape, else null.
cuda::CudnnAttention* cudnn_for(CudaBackend& backend, const AttentionShape& shape, DType dtype)
{
    const int capability = backend.compute_capability();
    const bool fits = dtype == DType::BF16 && shape.head_dim % kHeadStep == 0
                      && shape.head_dim <= kWidestHead && capability >= kFirstCapability
                      && capability < kAfterLastCapability;
    return fits ? backend.cudnn() : nullptr;
}

// What one direction is given.
struct CudnnRequest
{
    AttentionShape shape;
    std::int64_t n = 0;
    std::int64_t max_seq_len = 0;
    ConstTensorView offsets;
    TensorView scratch;
    SdpaDirection direction = SdpaDirection::Forward;
    std::initializer_list<Binding> tensors;
    float* lse = nullptr; // of a backward, or of a forward that keeps it

    [[nodiscard]] bool is_forward() const { return direction == SdpaDirection::Forward; }

    [[nodiscard]] AttentionSizes sizes() const
    {
        return {.shape = shape, .n = n, .sequences = offsets.numel() - 1, .longest = max_seq_len};
    }
};

// One attention as calls of one plan, with the parts of its scratch.
class CudnnCalls
{
public:
    CudnnCalls(CudaBackend& backend,
               const CudnnRequest& request,
               const AttentionPieces& pieces,
               cuda::CudnnPlan& plan)
        : m_backend(backend)
        , m_request(request)
        , m_pieces(pieces)
        , m_plan(plan)
        , m_size(pieces.plan, request.n, request.direction, plan.workspace_bytes())
    {
        const auto address = reinterpret_cast<std::uintptr_t>(request.scratch.raw());
        const std::uintptr_t beyond = address % kCudnnAlignment;
        m_lists = static_cast<std::byte*>(request.scratch.raw())
                  + (beyond == 0 ? 0 : kCudnnAlignment - beyond);
    }

    [[nodiscard]] bool fits() const
    {
        return static_cast<std::int64_t>(m_request.scratch.bytes()) >= m_size.total();
    }

    // Queues them. lse is made of the stats, or they of it.
    void run() const;

private:
    [[nodiscard]] std::int32_t* starts() const { return reinterpret_cast<std::int32_t*>(m_lists); }

    [[nodiscard]] float* stats() const { return reinterpret_cast<float*>(m_lists + m_size.lists); }

    void queue_starts(std::int64_t first, std::int64_t count) const;
    void queue_stats(std::int64_t head_part) const;
    void queue_attention(std::int64_t head_part) const;
    [[nodiscard]] Binding in_part(Binding binding, std::int64_t head_part) const;

    CudaBackend& m_backend;
    const CudnnRequest& m_request;
    AttentionPieces m_pieces;
    cuda::CudnnPlan& m_plan;
    CudnnScratch m_size;
    std::byte* m_lists = nullptr;
};

// Starts count from the batch's first row: the tensors' pointers are those of every run.
void CudnnCalls::queue_starts(std::int64_t first, std::int64_t count) const
{
    const SdpaShape& plan = m_pieces.plan;
    const std::int64_t step = cudnn_list_step(plan);
    const AttentionShape& shape = m_request.shape;
    m_backend.launch(
        "",
        threads_for(plan.sequences + 1),
        AttentionStartsArgs{.offsets = m_request.offsets.data<std::int32_t>() + first,
                            .q_starts = starts(),
                            .kv_starts = starts() + step,
                            .stat_starts = starts() + 2 * step,
                            .lengths = starts() + 3 * step,
                            .count = static_cast<int>(count),
                            .sequences = static_cast<int>(plan.sequences),
                            .q_width = static_cast<int>(shape.num_heads * shape.head_dim),
                            .kv_width = static_cast<int>(shape.num_kv_heads * shape.head_dim),
                            .num_heads = static_cast<int>(plan.num_heads)});
}

// The stats are of one part's heads.
void CudnnCalls::queue_stats(std::int64_t head_part) const
{
    const std::int64_t heads = m_pieces.plan.num_heads;
    m_backend.launch("",
                     threads_for(m_request.n * heads),
                     AttentionStatsArgs{.lse = m_request.lse + head_part * heads * m_request.n,
                                        .stats = stats(),
                                        .rows = static_cast<int>(m_request.n),
                                        .num_heads = static_cast<int>(heads),
                                        .to_lse = m_request.is_forward() ? 1 : 0});
}

// From its first head on.
Binding CudnnCalls::in_part(Binding binding, std::int64_t head_part) const
{
    const SdpaShape& plan = m_pieces.plan;
    const bool of_keys = binding.tensor == SdpaTensor::K || binding.tensor == SdpaTensor::V
                         || binding.tensor == SdpaTensor::DK || binding.tensor == SdpaTensor::DV;
    const std::int64_t heads = of_keys ? plan.num_kv_heads : plan.num_heads;
    binding.data = static_cast<const bfloat16_t*>(binding.data) + head_part * heads * plan.head_dim;
    return binding;
}

void CudnnCalls::queue_attention(std::int64_t head_part) const
{
    const AttentionShape& shape = m_request.shape;
    const std::int64_t step = cudnn_list_step(m_pieces.plan);
    constexpr float kMasked = -std::numeric_limits<float>::infinity();
    std::byte* delta = m_lists + m_size.lists + m_size.stats;
    std::array<Binding, 20> bindings = {{{SdpaTensor::Stats, stats()},
                                         {SdpaTensor::QStarts, starts()},
                                         {SdpaTensor::KvStarts, starts() + step},
                                         {SdpaTensor::StatStarts, starts() + 2 * step},
                                         {SdpaTensor::Lengths, starts() + 3 * step},
                                         {SdpaTensor::Scale, nullptr, shape.scale},
                                         {SdpaTensor::Masked, nullptr, kMasked}}};
    std::size_t count = 7;
    const auto bind = [&](const Binding& binding) { bindings[count++] = binding; };
    if (m_pieces.plan.windowed) {
        const std::int64_t window = std::min(shape.sliding_window, kWidestWindowFloat);
        bind({SdpaTensor::Window, nullptr, static_cast<float>(window)});
    }
    if (!m_request.is_forward()) {
        bind({SdpaTensor::Delta, delta});
        bind({SdpaTensor::One, nullptr, 1.0F});
    }
    for (const Binding& tensor : m_request.tensors) {
        bind(in_part(tensor, head_part));
    }
    m_backend.attend(m_plan, std::span(bindings).first(count), delta + m_size.delta);
}

// One after the other on the stream, so they share their scratch.
void CudnnCalls::run() const
{
    const std::int64_t sequences = m_request.offsets.numel() - 1;
    for (std::int64_t part = 0; part < m_pieces.plan.parts; ++part) {
        if (!m_request.is_forward()) {
            queue_stats(part);
        }
        for (std::int64_t first = 0; first < sequences; first += m_pieces.sequences) {
            if (part == 0 || m_pieces.sequences < sequences) {
                queue_starts(first, std::min(m_pieces.sequences, sequences - first));
            }
            queue_attention(part);
        }
        if (m_request.is_forward() && m_request.lse != nullptr) {
            queue_stats(part);
        }
    }
}

bool all_aligned(std::initializer_list<Binding> tensors)
{
    constexpr std::uintptr_t kPack = 16; // bytes; what the graphs promise
    return std::all_of(tensors.begin(), tensors.end(), [](const Binding& binding) {
        return reinterpret_cast<std::uintptr_t>(binding.data) % kPack == 0;
    });
}

// A reason that is told once; the own kernels compute then.
bool refuse(const cuda::CudnnAttention& cudnn,
            Verdict& verdict,
            const CudnnRequest& request,
            const std::string& reason)
{
    const char* direction = request.is_forward() ? "forward" : "backward";
    if (verdict.told.insert(concat(direction, ": ", reason)).second) {
        log_cudnn_refusal(cudnn, request.shape, direction, reason.c_str());
    }
    return false;
}

// False where the plan wants more than the scratch has.
bool compute(CudaBackend& backend,
             cuda::CudnnAttention& cudnn,
             const CudnnRequest& request,
             const AttentionPieces& pieces)
{
    const cuda::CudnnAttention::PlanResult& plan = cudnn.plan(pieces.plan, request.direction);
    if (!plan) {
        throw EngineError(plan.error());
    }
    const CudnnCalls calls(backend, request, pieces, **plan);
    if (!calls.fits()) {
        return false;
    }
    calls.run();
    return true;
}

CudnnMeans means_of(const cuda::CudnnAttention& cudnn, const Verdict& verdict, bool forward)
{
    return {.capability = cudnn.device().capability,
            .call_bytes = cudnn.device().memory_bytes / kMemoryParts,
            // A forward takes little: it needs no cuts.
            .may_cut = !forward && verdict.pieces == CudnnTrust::Trusted};
}

bool compute_trusted(CudaBackend& backend, cuda::CudnnAttention& cudnn, const CudnnRequest& request)
{
    Verdict& verdict = cudnn_verdict(backend, cudnn, request.shape);
    CudnnTrust& trust = request.is_forward() ? verdict.forward : verdict.backward;
    if (trust != CudnnTrust::Trusted) {
        return false;
    }
    if (!all_aligned(request.tensors)) {
        return refuse(cudnn, verdict, request, "a tensor is not aligned to 16 bytes");
    }
    const Result<AttentionPieces> pieces = attention_pieces(
        means_of(cudnn, verdict, request.is_forward()), request.sizes(), request.direction);
    if (!pieces) {
        return refuse(cudnn, verdict, request, pieces.error().message);
    }
    try {
        return compute(backend, cudnn, request, *pieces)
               || refuse(cudnn, verdict, request, "a plan takes more memory than was set aside");
    } catch (const EngineError& error) {
        if (error.error().code != ErrorCode::Unsupported) {
            throw;
        }
        backend.synchronize(); // tells whether the device is lost, which cuDNN does not
        trust = CudnnTrust::Refused;
        return refuse(cudnn, verdict, request, error.what());
    }
}

bool compute_by_cudnn(CudaBackend& backend, const CudnnRequest& request, CudnnUse use)
{
    cuda::CudnnAttention* cudnn = cudnn_for(backend, request.shape, DType::BF16);
    if (cudnn == nullptr || request.n == 0) {
        return false;
    }
    if (use == CudnnUse::Trusted) {
        return compute_trusted(backend, *cudnn, request);
    }
    const AttentionSizes sizes = request.sizes();
    return compute(backend,
                   *cudnn,
                   request,
                   use == CudnnUse::Untried
                       ? attention_pieces(sizes, sizes.sequences, 1)
                       : attention_pieces(sizes, kCheckedRun, sizes.shape.num_kv_heads));
}

} // namespace

bool cudnn_attention_forward(CudaBackend& backend, const AttentionForwardArgs& args, CudnnUse use)
{
    if (args.q.dtype() != DType::BF16) {
        return false;
    }
    return compute_by_cudnn(backend,
                            {.shape = args.shape,
                             .n = args.q.size(0),
                             .max_seq_len = args.max_seq_len,
                             .offsets = args.offsets,
                             .scratch = args.scratch,
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
        {.shape = args.shape,
         .n = args.q.size(0),
         .max_seq_len = args.max_seq_len,
         .offsets = args.offsets,
         .scratch = args.scratch,
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
    const Verdict& verdict = cudnn_verdict(backend, *cudnn, shape);
    std::int64_t bytes = 0;
    for (const bool forward : {true, false}) {
        if ((forward ? verdict.forward : verdict.backward) == CudnnTrust::Trusted) {
            bytes = std::max(
                bytes,
                cudnn_reserve_bytes(means_of(*cudnn, verdict, forward),
                                    shape,
                                    n,
                                    max_seq_len,
                                    forward ? SdpaDirection::Forward : SdpaDirection::Backward));
        }
    }
    return bytes;
}

} // namespace engine::ops::kernels
