// The two ways to compute attention on a GPU: the engine's own kernels and cuDNN, each checked
// against the other.
#pragma once

#include "engine/ops/cuda/attention_args.h"
#include "engine/ops/cuda/attention_pieces.h"
#include "engine/ops/cuda/kernels.h"

namespace engine::ops::kernels {

// attention.cpp: any shape.
void own_attention_forward(CudaBackend& backend, const AttentionForwardArgs& args);
void own_attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args);
[[nodiscard]] std::int64_t own_attention_scratch_bytes(const AttentionShape& shape, std::int64_t n);

// attention_few_queries.cpp. Queries of one sequence that end at its last key, in parts of the
// keys, each by the kernel of that suffix.
void attention_few_queries(CudaBackend& backend,
                           const char* suffix,
                           DType dtype,
                           AttentionArgs args);

// attention_cudnn.cpp. Untried: compute it now, to be compared, in one call or in small pieces; a
// refusal is thrown as EngineError Unsupported. Trusted: only where it was compared and found
// right.
enum class CudnnUse { Untried, UntriedPieces, Trusted };

// False when nothing was computed: cuDNN is not here, or not for this shape, or lacks scratch; why
// a trusted one is not used is in the log, each reason once.
[[nodiscard]] bool
cudnn_attention_forward(CudaBackend& backend, const AttentionForwardArgs& args, CudnnUse use);
[[nodiscard]] bool
cudnn_attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args, CudnnUse use);

// 0 where cuDNN does not serve. Never falls when n or max_seq_len rises.
[[nodiscard]] std::int64_t cudnn_attention_scratch_bytes(CudaBackend& backend,
                                                         const AttentionShape& shape,
                                                         DType dtype,
                                                         std::int64_t n,
                                                         std::int64_t max_seq_len);

// attention_check.cpp. One line on why the engine's own kernels compute such a shape.
void log_cudnn_refusal(const cuda::CudnnAttention& cudnn,
                       const AttentionShape& shape,
                       const char* direction,
                       const char* reason);

// What cuDNN's results are worth for such a shape; compared when it is first asked, on a small
// problem.
[[nodiscard]] cuda::CudnnAttention::Verdict&
cudnn_verdict(CudaBackend& backend, cuda::CudnnAttention& cudnn, const AttentionShape& shape);

} // namespace engine::ops::kernels
