// Products of few rows with a quantised weight: argument checks and dispatch.
#include "engine/ops/quantized_linear.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

void quantized_linear(
    Backend& backend, ConstTensorView x, const QuantizedMatrix& weight, TensorView y, float beta)
{
    constexpr const char* kOp = "quantized_linear";
    check_quantized(kOp, backend, weight);
    check_rank(kOp, "x", x, 2);
    check_float(kOp, "x", x);
    const std::int64_t rows = x.size(0);
    ENGINE_CHECK(
        rows >= 1 && rows <= kFewRows, kOp, ": x has ", rows, " rows, wanted 1 to ", kFewRows);
    check_shape(kOp, "x", x, {rows, weight.shape[1]});
    check_shape(kOp, "y", y, {rows, weight.shape[0]});
    check_dtype(kOp, "y", y, x.dtype());
    check_device(kOp, backend, {x, y});
    ENGINE_CHECK(beta == 0.0F || beta == 1.0F, kOp, ": beta is ", beta, ", wanted 0 or 1");
    dispatch_device(backend,
                    [&](auto& device) { kernels::quantized_linear(device, x, weight, y, beta); });
}

} // namespace engine::ops
