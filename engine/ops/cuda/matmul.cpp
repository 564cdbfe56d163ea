// Matrix product on the GPU: cuBLASLt, which counts columns first.
#include "engine/ops/cuda/kernels.h"

namespace engine::ops::kernels {

namespace {

// Shorter sums need no cutting to keep the device busy.
constexpr std::int64_t kDeep = 1024;

// A row-major matrix is its own transpose in column-major words, so c = op(a) op(b) is asked for as
// c^T = op(b)^T op(a)^T: b comes first, and nothing moves.
void product(CudaBackend& backend, const MatmulArgs& args)
{
    const bool transpose_a = args.transpose_a == Transpose::Yes;
    const bool transpose_b = args.transpose_b == Transpose::Yes;
    const std::int64_t k = args.a.size(transpose_a ? 0 : 1);
    if (k == 0) {
        // An empty sum: the addend, or beta * c.
        if (args.addend.defined()) {
            backend.copy_bytes(args.addend, args.c);
        } else if (args.beta == 0.0F) {
            backend.fill_zero(args.c);
        }
        return;
    }
    const void* addend = args.addend.defined() ? args.addend.raw() : args.c.raw();
    backend.multiply({.m = args.c.size(1),
                      .n = args.c.size(0),
                      .k = k,
                      .transpose_a = transpose_b,
                      .transpose_b = transpose_a,
                      .lda = row_stride(args.b, args.b_stride),
                      .ldb = row_stride(args.a, args.a_stride),
                      .ldd = row_stride(args.c, args.c_stride),
                      .input = args.a.dtype(),
                      .output = args.c.dtype(),
                      .accumulate = args.beta == 1.0F,
                      .tf32 = backend.tf32() && args.a.dtype() == DType::F32,
                      .align_a = cuda::alignment_of(args.b.raw()),
                      .align_b = cuda::alignment_of(args.a.raw()),
                      .align_c = cuda::alignment_of(addend),
                      .align_d = cuda::alignment_of(args.c.raw())},
                     {.alpha = args.alpha,
                      .a = args.b.raw(),
                      .b = args.a.raw(),
                      .c = addend,
                      .d = args.c.raw()});
}

} // namespace

// A parameter's gradient is a small matrix and a sum over all tokens, which is fast where the
// library may cut the sum. So the part whose length allows that is a product of its own.
void matmul(CudaBackend& backend, const MatmulArgs& args)
{
    const std::int64_t k = args.a.size(args.transpose_a == Transpose::Yes ? 0 : 1);
    const std::int64_t first = k / cuda::kDepthStep * cuda::kDepthStep;
    const bool by_rows = args.transpose_a == Transpose::Yes && args.transpose_b == Transpose::No;
    if (!by_rows || args.c.dtype() != DType::F32 || k < kDeep || first == k) {
        product(backend, args);
        return;
    }
    MatmulArgs part = args;
    part.a = some_rows(args.a, args.a_stride, 0, first);
    part.b = some_rows(args.b, args.b_stride, 0, first);
    product(backend, part);
    part.a = some_rows(args.a, args.a_stride, first, k);
    part.b = some_rows(args.b, args.b_stride, first, k);
    part.beta = 1.0F;
    part.addend = {};
    product(backend, part);
}

} // namespace engine::ops::kernels
