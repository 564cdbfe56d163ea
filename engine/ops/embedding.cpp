// Token embedding: argument checks and dispatch.
#include "engine/ops/embedding.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

// Ids that the host can read are checked: an id from a damaged file must not read past the table.
void check_ids(const char* op, const Backend& backend, ConstTensorView ids, std::int64_t vocab_size)
{
    check_rank(op, "ids", ids, 1);
    check_dtype(op, "ids", ids, DType::I32);
    if (!backend.shares_host_memory()) {
        return;
    }
    const auto* id = ids.data<std::int32_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i) {
        ENGINE_CHECK(id[i] >= 0 && id[i] < vocab_size,
                     op,
                     ": id ",
                     id[i],
                     " at ",
                     i,
                     ", vocab_size is ",
                     vocab_size);
    }
}

} // namespace

void embedding_forward(Backend& backend, ConstTensorView ids, ConstTensorView table, TensorView y)
{
    constexpr const char* kOp = "embedding_forward";
    check_rank(kOp, "table", table, 2);
    check_float(kOp, "table", table);
    check_float(kOp, "y", y);
    check_device(kOp, backend, {ids, table, y});
    check_ids(kOp, backend, ids, table.size(0));
    check_shape(kOp, "y", y, {ids.numel(), table.size(1)});
    dispatch_device(backend,
                    [&](auto& device) { kernels::embedding_forward(device, ids, table, y); });
}

void embedding_backward(Backend& backend,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable)
{
    constexpr const char* kOp = "embedding_backward";
    check_rank(kOp, "dtable", dtable, 2);
    check_dtype(kOp, "dtable", dtable, DType::F32);
    check_float(kOp, "dy", dy);
    check_device(kOp, backend, {ids, dy, dtable});
    check_ids(kOp, backend, ids, dtable.size(0));
    check_shape(kOp, "dy", dy, {ids.numel(), dtable.size(1)});
    dispatch_device(backend,
                    [&](auto& device) { kernels::embedding_backward(device, ids, dy, dtable); });
}

} // namespace engine::ops
