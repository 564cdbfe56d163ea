// Dequantisation: argument checks and dispatch.
#include "engine/ops/dequantize.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

constexpr std::int64_t kCodes = 16;        // of a weight in nf4
constexpr std::int64_t kAbsmaxCodes = 256; // of an absmax

std::int64_t ceil_div(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

} // namespace

void check_quantized(const char* op, const Backend& backend, const QuantizedMatrix& matrix)
{
    ENGINE_CHECK(matrix.defined(), op, ": the matrix is not quantised");
    ENGINE_CHECK(matrix.shape.rank() == 2, op, ": the matrix is ", matrix.shape, ", wanted 2-D");
    const auto check =
        [&](const char* name, const ConstTensorView& tensor, DType dtype, std::int64_t count) {
            check_dtype(op, name, tensor, dtype);
            check_shape(op, name, tensor, {count});
        };
    const std::int64_t n = matrix.shape.numel();
    if (matrix.type == QuantType::Nf4) {
        const std::int64_t blocks = ceil_div(n, kQuantBlock);
        check("codes", matrix.codes, DType::U8, ceil_div(n, 2));
        check("absmax", matrix.absmax, DType::U8, blocks);
        check("nested_absmax", matrix.nested_absmax, DType::F32, ceil_div(blocks, kNestedBlock));
        check("quant_map", matrix.quant_map, DType::F32, kCodes);
        check("nested_quant_map", matrix.nested_quant_map, DType::F32, kAbsmaxCodes);
    } else {
        check("codes", matrix.codes, DType::U8, n);
        check("scale", matrix.scale, DType::F32, matrix.shape[0]);
    }
    check_device(op,
                 backend,
                 {matrix.codes,
                  matrix.absmax,
                  matrix.nested_absmax,
                  matrix.quant_map,
                  matrix.nested_quant_map,
                  matrix.scale});
}

void dequantize(Backend& backend, const QuantizedMatrix& matrix, TensorView weight)
{
    constexpr const char* kOp = "dequantize";
    check_quantized(kOp, backend, matrix);
    check_shape(kOp, "weight", weight, matrix.shape);
    check_float(kOp, "weight", weight);
    check_device(kOp, backend, {weight});
    if (weight.numel() == 0) {
        return;
    }
    dispatch_device(backend, [&](auto& device) { kernels::dequantize(device, matrix, weight); });
}

} // namespace engine::ops
