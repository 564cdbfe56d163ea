// The small element-wise ops on the GPU.
#include "engine/ops/cuda/column_sum.h"
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

const char* conversion(DType from, DType to)
{
    switch (from) {
    case DType::F32:
        return to == DType::BF16 ? "_f32_bf16" : "_f32_f16";
    case DType::BF16:
        return to == DType::F32 ? "_bf16_f32" : "_bf16_f16";
    default:
        return to == DType::F32 ? "_f16_f32" : "_f16_bf16";
    }
}

enum class Move { Gather, Scatter };

void move_rows(
    CudaBackend& backend, ConstTensorView from, ConstTensorView indices, TensorView to, Move move)
{
    const std::int64_t width = from.size(1);
    backend.launch(from.dtype() == DType::BF16 || from.dtype() == DType::F16 ? "_bf16" : "_f32",
                   {.grid_x = indices.numel(), .block = kThreads},
                   MoveRowsArgs{.from = from.raw(),
                                .to = to.raw(),
                                .rows = indices.data<std::int32_t>(),
                                .width = width,
                                .scatter = move == Move::Scatter ? 1 : 0});
}

} // namespace

void zero(CudaBackend& backend, TensorView x)
{
    backend.fill_zero(x);
}

void copy(CudaBackend& backend, ConstTensorView source, TensorView destination)
{
    if (source.dtype() == destination.dtype()) {
        backend.copy_bytes(source, destination);
        return;
    }
    backend.launch(conversion(source.dtype(), destination.dtype()),
                   packs_for(source.numel()),
                   ConvertArgs{source.raw(), destination.raw(), source.numel()});
}

void add(CudaBackend& backend, ConstTensorView a, ConstTensorView b, TensorView y)
{
    backend.launch(
        suffix_of(a.dtype()), packs_for(a.numel()), AddArgs{a.raw(), b.raw(), y.raw(), a.numel()});
}

void subtract(CudaBackend& backend, const SubtractArgs& args)
{
    const bool rounds = args.a.dtype() != args.y.dtype();
    backend.launch(rounds ? "_f32_bf16" : suffix_of(args.a.dtype()),
                   threads_for(args.a.numel()),
                   SubtractKernelArgs{.a = args.a.raw(),
                                      .b = args.b.raw(),
                                      .y = args.y.raw(),
                                      .n = args.a.numel(),
                                      .width = args.a.size(1),
                                      .a_stride = row_stride(args.a, args.a_stride),
                                      .y_stride = row_stride(args.y, args.y_stride)});
}

void scale(CudaBackend& backend, TensorView x, float factor)
{
    backend.launch(
        suffix_of(x.dtype()), packs_for(x.numel()), ScaleArgs{x.raw(), x.numel(), factor});
}

void add_bias(CudaBackend& backend, TensorView x, ConstTensorView bias)
{
    backend.launch(suffix_of(x.dtype()),
                   rows_for(x.size(0), x.size(1)),
                   AddBiasArgs{x.raw(), bias.raw(), x.size(1), is_bf16(bias)});
}

void bias_backward(CudaBackend& backend, ConstTensorView dy, TensorView dbias, GradientMode mode)
{
    column_sum(backend, dy, {}, {}, dbias, mode);
}

void gather_rows(CudaBackend& backend,
                 ConstTensorView x,
                 ConstTensorView indices,
                 TensorView rows_out)
{
    move_rows(backend, x, indices, rows_out, Move::Gather);
}

void scatter_rows(CudaBackend& backend,
                  ConstTensorView drows,
                  ConstTensorView indices,
                  TensorView dx)
{
    backend.fill_zero(dx);
    move_rows(backend, drows, indices, dx, Move::Scatter);
}

} // namespace engine::ops::kernels
