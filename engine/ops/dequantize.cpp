// Dequantisation: argument checks and dispatch.
#include "engine/ops/dequantize.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

constexpr const char* kOp = "dequantize";
constexpr std::int64_t kCodes = 16;        // of a weight in nf4
constexpr std::int64_t kAbsmaxCodes = 256; // of an absmax

std::int64_t ceil_div(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

void check(const char* name, const ConstTensorView& tensor, DType dtype, std::int64_t count)
{
    check_dtype(kOp, name, tensor, dtype);
    check_shape(kOp, name, tensor, {count});
}

} // namespace

void dequantize(Backend& backend, const QuantizedMatrix& matrix, TensorView weight)
{
    check_shape(kOp, "weight", weight, matrix.shape);
    check_rank(kOp, "weight", weight, 2);
    check_float(kOp, "weight", weight);
    ENGINE_CHECK(matrix.defined(), kOp, ": the matrix is not quantised");
    const std::int64_t n = weight.numel();
    if (matrix.type == QuantType::Nf4) {
        const std::int64_t blocks = ceil_div(n, kQuantBlock);
        check("codes", matrix.codes, DType::U8, ceil_div(n, 2));
        check("absmax", matrix.absmax, DType::U8, blocks);
        check("nested_absmax", matrix.nested_absmax, DType::F32, ceil_div(blocks, kNestedBlock));
        check("quant_map", matrix.quant_map, DType::F32, kCodes);
        check("nested_quant_map", matrix.nested_quant_map, DType::F32, kAbsmaxCodes);
    } else {
        check("codes", matrix.codes, DType::U8, n);
        check("scale", matrix.scale, DType::F32, weight.size(0));
    }
    check_device(kOp,
                 backend,
                 {weight,
                  matrix.codes,
                  matrix.absmax,
                  matrix.nested_absmax,
                  matrix.quant_map,
                  matrix.nested_quant_map,
                  matrix.scale});
    if (n == 0) {
        return;
    }
    dispatch_device(backend, [&](auto& device) { kernels::dequantize(device, matrix, weight); });
}

} // namespace engine::ops
