// Dropout: argument checks and dispatch.
#include "engine/ops/dropout.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_dropout(const char* op,
                   const Backend& backend,
                   ConstTensorView source,
                   const DropoutKey& key,
                   ConstTensorView destination)
{
    check_float(op, "the source", source);
    check_shape(op, "the destination", destination, source.shape());
    check_dtype(op, "the destination", destination, source.dtype());
    ENGINE_CHECK(key.probability >= 0.0F && key.probability < 1.0F,
                 op,
                 ": probability is ",
                 key.probability,
                 ", wanted 0 <= p < 1");
    check_device(op, backend, {source, destination});
}

} // namespace

void dropout(Backend& backend, ConstTensorView x, const DropoutKey& key, TensorView y)
{
    check_dropout("dropout", backend, x, key, y);
    dispatch_device(backend, [&](auto& device) { kernels::dropout(device, x, key, y); });
}

void dropout_accumulate(Backend& backend, ConstTensorView dy, const DropoutKey& key, TensorView dx)
{
    check_dropout("dropout_accumulate", backend, dy, key, dx);
    dispatch_device(backend,
                    [&](auto& device) { kernels::dropout_accumulate(device, dy, key, dx); });
}

} // namespace engine::ops
