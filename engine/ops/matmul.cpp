// Matrix product: argument checks and dispatch.
#include "engine/ops/matmul.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

constexpr const char* kMatmul = "matmul";

void check_sizes(const MatmulArgs& args)
{
    check_rank(kMatmul, "a", args.a, 2);
    check_rank(kMatmul, "b", args.b, 2);
    check_rank(kMatmul, "c", args.c, 2);
    const bool ta = args.transpose_a == Transpose::Yes;
    const bool tb = args.transpose_b == Transpose::Yes;
    const std::int64_t m = args.a.size(ta ? 1 : 0);
    const std::int64_t k = args.a.size(ta ? 0 : 1);
    const std::int64_t n = args.b.size(tb ? 0 : 1);
    ENGINE_CHECK(args.b.size(tb ? 1 : 0) == k,
                 "matmul: a is ",
                 args.a.shape(),
                 ta ? " transposed" : "",
                 ", b is ",
                 args.b.shape(),
                 tb ? " transposed" : "",
                 ", inner sizes ",
                 k,
                 " and ",
                 args.b.size(tb ? 1 : 0));
    check_shape(kMatmul, "c", args.c, {m, n});
    ENGINE_CHECK(
        k > 0 || args.c_stride == 0, "matmul: c_stride is ", args.c_stride, " of an empty sum");
}

void check_stride(const char* name, ConstTensorView x, std::int64_t stride)
{
    ENGINE_CHECK(stride == 0 || stride >= x.size(1),
                 "matmul: ",
                 name,
                 "_stride is ",
                 stride,
                 ", wanted at least its row's ",
                 x.size(1));
}

void check_addend(const Backend& backend, const MatmulArgs& args)
{
    ENGINE_CHECK(args.c_stride == 0, "matmul: c_stride is ", args.c_stride, " with an addend");
    ENGINE_CHECK(args.beta == 1.0F, "matmul: beta is 0 with an addend, wanted 1");
    check_shape(kMatmul, "addend", args.addend, args.c.shape());
    check_dtype(kMatmul, "addend", args.addend, args.c.dtype());
    check_device(kMatmul, backend, {args.addend});
}

void check_matmul(const Backend& backend, const MatmulArgs& args)
{
    check_sizes(args);
    check_float(kMatmul, "a", args.a);
    check_dtype(kMatmul, "b", args.b, args.a.dtype());
    ENGINE_CHECK(args.c.dtype() == DType::F32 || args.c.dtype() == args.a.dtype(),
                 "matmul: c is ",
                 args.c.dtype(),
                 ", wanted f32 or ",
                 args.a.dtype());
    ENGINE_CHECK(
        args.beta == 0.0F || args.beta == 1.0F, "matmul: beta is ", args.beta, ", wanted 0 or 1");
    check_stride("a", args.a, args.a_stride);
    check_stride("b", args.b, args.b_stride);
    check_stride("c", args.c, args.c_stride);
    if (args.addend.defined()) {
        check_addend(backend, args);
    }
    check_device(kMatmul, backend, {args.a, args.b, args.c});
}

} // namespace

void matmul(Backend& backend, const MatmulArgs& args)
{
    check_matmul(backend, args);
    if (args.c.numel() == 0) {
        return;
    }
    dispatch_device(backend, [&](auto& device) { kernels::matmul(device, args); });
}

std::int64_t matmul_memory_bytes(const Backend& backend, DType dtype)
{
    return backend.device().type == DeviceType::Cpu ? kernels::matmul_program_bytes(dtype) : 0;
}

} // namespace engine::ops
