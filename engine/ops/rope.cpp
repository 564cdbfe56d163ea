// Rotary position embedding: argument checks and dispatch.
#include "engine/ops/rope.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_rope(const char* op,
                const Backend& backend,
                TensorView x,
                std::int64_t head_dim,
                ConstTensorView positions,
                ConstTensorView cos_table,
                ConstTensorView sin_table)
{
    check_rank(op, "x", x, 2);
    check_float(op, "x", x);
    ENGINE_CHECK(head_dim > 0 && head_dim % 2 == 0,
                 op,
                 ": head_dim is ",
                 head_dim,
                 ", wanted an even number");
    ENGINE_CHECK(x.size(1) % head_dim == 0,
                 op,
                 ": x is ",
                 x.shape(),
                 ", head_dim is ",
                 head_dim,
                 ", wanted a multiple of it");
    check_shape(op, "positions", positions, {x.size(0)});
    check_dtype(op, "positions", positions, DType::I32);
    check_rank(op, "cos_table", cos_table, 2);
    check_shape(op, "cos_table", cos_table, {cos_table.size(0), head_dim / 2});
    check_shape(op, "sin_table", sin_table, cos_table.shape());
    check_dtype(op, "cos_table", cos_table, DType::F32);
    check_dtype(op, "sin_table", sin_table, DType::F32);
    check_device(op, backend, {x, positions, cos_table, sin_table});
    if (!backend.shares_host_memory()) {
        return;
    }
    const auto* position = positions.data<std::int32_t>();
    for (std::int64_t i = 0; i < positions.numel(); ++i) {
        ENGINE_CHECK(position[i] >= 0 && position[i] < cos_table.size(0),
                     op,
                     ": position ",
                     position[i],
                     " at ",
                     i,
                     ", the tables have ",
                     cos_table.size(0),
                     " rows");
    }
}

} // namespace

void rope_forward(Backend& backend,
                  TensorView x,
                  std::int64_t head_dim,
                  ConstTensorView positions,
                  ConstTensorView cos_table,
                  ConstTensorView sin_table)
{
    check_rope("rope_forward", backend, x, head_dim, positions, cos_table, sin_table);
    dispatch_device(backend, [&](auto& device) {
        kernels::rope(
            device, x, head_dim, positions, cos_table, sin_table, kernels::Rotation::Forward);
    });
}

void rope_backward(Backend& backend,
                   TensorView dx,
                   std::int64_t head_dim,
                   ConstTensorView positions,
                   ConstTensorView cos_table,
                   ConstTensorView sin_table)
{
    check_rope("rope_backward", backend, dx, head_dim, positions, cos_table, sin_table);
    dispatch_device(backend, [&](auto& device) {
        kernels::rope(
            device, dx, head_dim, positions, cos_table, sin_table, kernels::Rotation::Inverse);
    });
}

} // namespace engine::ops
