// Dropout on the CPU: elements over the threads, the mask from the element's number.
#include <algorithm>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

enum class Write { Overwrite, Add };

void apply_dropout(ConstTensorView x, const DropoutKey& key, TensorView y, Write write)
{
    constexpr std::int64_t kBlock = 64; // what a kernel makes at a time with sixteen lanes
    const std::int64_t n = x.numel();
    dispatch_float(x.dtype(), "dropout", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        const std::int64_t blocks = (n + kBlock - 1) / kBlock;
        parallel_for(blocks, kElementGrain / kBlock, [&](std::int64_t begin, std::int64_t end) {
            kernels.dropout(x.data<T>(),
                            y.data<T>(),
                            {.seed = key.seed,
                             .stream = key.stream,
                             .probability = key.probability,
                             .begin = begin * kBlock,
                             .end = std::min(end * kBlock, n),
                             .accumulate = write == Write::Add});
        });
    });
}

} // namespace

void dropout(CpuBackend& /*backend*/, ConstTensorView x, const DropoutKey& key, TensorView y)
{
    apply_dropout(x, key, y, Write::Overwrite);
}

void dropout_accumulate(CpuBackend& /*backend*/,
                        ConstTensorView dy,
                        const DropoutKey& key,
                        TensorView dx)
{
    apply_dropout(dy, key, dx, Write::Add);
}

} // namespace engine::ops::kernels
