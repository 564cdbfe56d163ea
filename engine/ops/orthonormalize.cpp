// Orthonormal columns and Gram matrices: argument checks and dispatch.
#include "engine/ops/orthonormalize.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_matrix(const char* op, const Backend& backend, ConstTensorView matrix)
{
    check_rank(op, "matrix", matrix, 2);
    check_dtype(op, "matrix", matrix, DType::F32);
    check_device(op, backend, {matrix});
}

} // namespace

void orthonormalize(Backend& backend, TensorView matrix)
{
    check_matrix("orthonormalize", backend, matrix);
    ENGINE_CHECK(matrix.size(0) >= matrix.size(1),
                 "orthonormalize: matrix is ",
                 matrix.shape(),
                 ", wanted at least as many rows as columns");
    if (matrix.numel() > 0) {
        dispatch_device(backend, [&](auto& device) { kernels::orthonormalize(device, matrix); });
    }
}

void gram(Backend& backend, ConstTensorView matrix, std::span<double> product)
{
    check_matrix("gram", backend, matrix);
    const std::int64_t q = matrix.size(1);
    ENGINE_CHECK(static_cast<std::int64_t>(product.size()) == q * q,
                 "gram: product has ",
                 product.size(),
                 " elements, matrix is ",
                 matrix.shape());
    if (q > 0) {
        dispatch_device(backend, [&](auto& device) { kernels::gram(device, matrix, product); });
    }
}

} // namespace engine::ops
