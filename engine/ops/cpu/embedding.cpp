// Token embedding on the CPU.
#include <cstring>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

// y = x for one row, converting when the dtypes differ.
template <typename From, typename To>
void copy_row(const From* x, To* y, std::int64_t n)
{
    if constexpr (sizeof(From) == sizeof(To)) {
        std::memcpy(y, x, static_cast<std::size_t>(n) * sizeof(To));
    } else if constexpr (sizeof(From) == sizeof(float)) {
        simd::vector_kernels().bf16.from_float(x, y, n);
    } else {
        simd::vector_kernels().bf16.to_float(x, y, n);
    }
}

} // namespace

void embedding_forward(CpuBackend& /*backend*/,
                       ConstTensorView ids,
                       ConstTensorView table,
                       TensorView y)
{
    const std::int64_t hidden = table.size(1);
    const auto* id = ids.data<std::int32_t>();
    dispatch_float(table.dtype(), "embedding_forward", [&]<typename From>() {
        dispatch_float(y.dtype(), "embedding_forward", [&]<typename To>() {
            parallel_for(ids.numel(), row_grain(hidden), [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t row = begin; row < end; ++row) {
                    copy_row(
                        table.data<From>() + id[row] * hidden, y.data<To>() + row * hidden, hidden);
                }
            });
        });
    });
}

void embedding_backward(CpuBackend& /*backend*/,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable)
{
    // Threads own columns: rows with the same id are added in their order, without locks.
    constexpr std::int64_t kColumnGrain = 64;
    const std::int64_t hidden = dtable.size(1);
    const auto* id = ids.data<std::int32_t>();
    dispatch_float(dy.dtype(), "embedding_backward", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(hidden, kColumnGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = 0; row < ids.numel(); ++row) {
                kernels.accumulate(dy.data<T>() + row * hidden + begin,
                                   dtable.data<float>() + id[row] * hidden + begin,
                                   end - begin);
            }
        });
    });
}

} // namespace engine::ops::kernels
