// The small element-wise ops: argument checks and dispatch.
#include "engine/ops/elementwise.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_same_size(const char* op, ConstTensorView a, ConstTensorView b)
{
    ENGINE_CHECK(a.numel() == b.numel(), op, ": shapes are ", a.shape(), " and ", b.shape());
}

// Row numbers that the host can read are checked against the row count.
void check_indices(const char* op,
                   const Backend& backend,
                   ConstTensorView indices,
                   std::int64_t rows)
{
    check_rank(op, "indices", indices, 1);
    check_dtype(op, "indices", indices, DType::I32);
    if (!backend.shares_host_memory()) {
        return;
    }
    const auto* index = indices.data<std::int32_t>();
    for (std::int64_t i = 0; i < indices.numel(); ++i) {
        ENGINE_CHECK(index[i] >= 0 && index[i] < rows,
                     op,
                     ": index ",
                     index[i],
                     " at ",
                     i,
                     ", there are ",
                     rows,
                     " rows");
    }
}

} // namespace

void zero(Backend& backend, TensorView x)
{
    check_device("zero", backend, {x});
    dispatch_device(backend, [&](auto& device) { kernels::zero(device, x); });
}

void copy(Backend& backend, ConstTensorView source, TensorView destination)
{
    check_same_size("copy", source, destination);
    ENGINE_CHECK(source.dtype() == destination.dtype()
                     || (is_floating(source.dtype()) && is_floating(destination.dtype())),
                 "copy: dtypes are ",
                 source.dtype(),
                 " and ",
                 destination.dtype());
    check_device("copy", backend, {source, destination});
    dispatch_device(backend, [&](auto& device) { kernels::copy(device, source, destination); });
}

void add(Backend& backend, ConstTensorView a, ConstTensorView b, TensorView y)
{
    check_same_size("add", a, b);
    check_same_size("add", a, y);
    check_float("add", "a", a);
    check_dtype("add", "b", b, a.dtype());
    check_dtype("add", "y", y, a.dtype());
    check_device("add", backend, {a, b, y});
    dispatch_device(backend, [&](auto& device) { kernels::add(device, a, b, y); });
}

void subtract(Backend& backend, const SubtractArgs& args)
{
    constexpr const char* kOp = "subtract";
    check_rank(kOp, "a", args.a, 2);
    check_float(kOp, "a", args.a);
    check_shape(kOp, "y", args.y, args.a.shape());
    check_float(kOp, "y", args.y);
    check_device(kOp, backend, {args.a, args.y});
    if (args.b.defined()) {
        check_dtype(kOp, "a", args.a, DType::F32);
        check_shape(kOp, "b", args.b, args.a.shape());
        check_dtype(kOp, "b", args.b, DType::F32);
        check_device(kOp, backend, {args.b});
    }
    if (args.a.dtype() == DType::BF16) {
        check_dtype(kOp, "y", args.y, DType::BF16);
    }
    for (const std::int64_t stride : {args.a_stride, args.y_stride}) {
        ENGINE_CHECK(stride == 0 || stride >= args.a.size(1),
                     "subtract: a stride is ",
                     stride,
                     ", wanted at least its row's ",
                     args.a.size(1));
    }
    dispatch_device(backend, [&](auto& device) { kernels::subtract(device, args); });
}

void scale(Backend& backend, TensorView x, float factor)
{
    check_float("scale", "x", x);
    check_device("scale", backend, {x});
    dispatch_device(backend, [&](auto& device) { kernels::scale(device, x, factor); });
}

void add_bias(Backend& backend, TensorView x, ConstTensorView bias)
{
    check_rank("add_bias", "x", x, 2);
    check_float("add_bias", "x", x);
    check_shape("add_bias", "bias", bias, {x.size(1)});
    check_float("add_bias", "bias", bias);
    check_device("add_bias", backend, {x, bias});
    dispatch_device(backend, [&](auto& device) { kernels::add_bias(device, x, bias); });
}

void bias_backward(Backend& backend, ConstTensorView dy, TensorView dbias, GradientMode mode)
{
    if (mode == GradientMode::Skip) {
        return;
    }
    check_rank("bias_backward", "dy", dy, 2);
    check_float("bias_backward", "dy", dy);
    check_shape("bias_backward", "dbias", dbias, {dy.size(1)});
    check_dtype("bias_backward", "dbias", dbias, DType::F32);
    check_device("bias_backward", backend, {dy, dbias});
    dispatch_device(backend,
                    [&](auto& device) { kernels::bias_backward(device, dy, dbias, mode); });
}

void gather_rows(Backend& backend, ConstTensorView x, ConstTensorView indices, TensorView rows_out)
{
    check_rank("gather_rows", "x", x, 2);
    check_device("gather_rows", backend, {x, indices, rows_out});
    check_indices("gather_rows", backend, indices, x.size(0));
    check_shape("gather_rows", "rows_out", rows_out, {indices.numel(), x.size(1)});
    check_dtype("gather_rows", "rows_out", rows_out, x.dtype());
    dispatch_device(backend,
                    [&](auto& device) { kernels::gather_rows(device, x, indices, rows_out); });
}

void scatter_rows(Backend& backend, ConstTensorView drows, ConstTensorView indices, TensorView dx)
{
    check_rank("scatter_rows", "dx", dx, 2);
    check_device("scatter_rows", backend, {drows, indices, dx});
    check_indices("scatter_rows", backend, indices, dx.size(0));
    check_shape("scatter_rows", "drows", drows, {indices.numel(), dx.size(1)});
    check_dtype("scatter_rows", "drows", drows, dx.dtype());
    dispatch_device(backend,
                    [&](auto& device) { kernels::scatter_rows(device, drows, indices, dx); });
}

} // namespace engine::ops
