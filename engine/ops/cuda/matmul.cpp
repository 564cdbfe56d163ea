// Matrix product on the GPU: cuBLASLt, which counts columns first.
#include "engine/ops/cuda/kernels.h"

namespace engine::ops::kernels {

// A row-major matrix is its own transpose in column-major words, so c = op(a) op(b) is asked for as
// c^T = op(b)^T op(a)^T: b comes first, and nothing moves.
void matmul(CudaBackend& backend, const MatmulArgs& args)
{
    const bool transpose_a = args.transpose_a == Transpose::Yes;
    const bool transpose_b = args.transpose_b == Transpose::Yes;
    const std::int64_t k = args.a.size(transpose_a ? 0 : 1);
    if (k == 0) {
        // An empty sum: beta * c.
        if (args.beta == 0.0F) {
            backend.fill_zero(args.c);
        }
        return;
    }
    backend.multiply({.m = args.c.size(1),
                      .n = args.c.size(0),
                      .k = k,
                      .transpose_a = transpose_b,
                      .transpose_b = transpose_a,
                      .lda = args.b.size(1),
                      .ldb = args.a.size(1),
                      .ldd = args.c.size(1),
                      .input = args.a.dtype(),
                      .output = args.c.dtype(),
                      .accumulate = args.beta == 1.0F,
                      .align_a = cuda::CublasLt::alignment_of(args.b.raw()),
                      .align_b = cuda::CublasLt::alignment_of(args.a.raw()),
                      .align_d = cuda::CublasLt::alignment_of(args.c.raw())},
                     args.alpha,
                     args.b.raw(),
                     args.a.raw(),
                     args.c.raw());
}

} // namespace engine::ops::kernels
