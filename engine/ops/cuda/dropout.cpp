// Dropout on the GPU: the mask from the element's number, as on the CPU.
#include <cmath>

#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

void apply_dropout(
    CudaBackend& backend, ConstTensorView x, const DropoutKey& key, TensorView y, int accumulate)
{
    const double bound = static_cast<double>(key.probability) * 4294967296.0;
    backend.launch(suffix_of(x.dtype()),
                   packs_for(x.numel()),
                   DropoutArgs{.x = x.raw(),
                               .y = y.raw(),
                               .n = x.numel(),
                               .seed = key.seed,
                               .stream = key.stream,
                               .threshold = static_cast<unsigned>(std::ceil(bound)),
                               .kept = 1.0F / (1.0F - key.probability),
                               .accumulate = accumulate});
}

} // namespace

void dropout(CudaBackend& backend, ConstTensorView x, const DropoutKey& key, TensorView y)
{
    apply_dropout(backend, x, key, y, 0);
}

void dropout_accumulate(CudaBackend& backend,
                        ConstTensorView dy,
                        const DropoutKey& key,
                        TensorView dx)
{
    apply_dropout(backend, dy, key, dx, 1);
}

} // namespace engine::ops::kernels
