// Dequantisation on the CPU: nested blocks, or rows, over the threads.
#include <algorithm>
#include <array>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/absmax.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

template <typename T>
void dequantize_nf4(const QuantizedMatrix& matrix, TensorView weight)
{
    constexpr std::int64_t kSpan = kQuantBlock * kNestedBlock; // elements
    const auto& kernels = simd::vector_kernels().elements<T>();
    const std::int64_t n = weight.numel();
    parallel_for((n + kSpan - 1) / kSpan, 1, [&](std::int64_t begin, std::int64_t end) {
        std::array<float, kNestedBlock> absmax = {};
        for (std::int64_t span = begin; span < end; ++span) {
            const std::int64_t first = span * kSpan;
            const std::int64_t count = std::min(kSpan, n - first);
            decode_absmax(matrix,
                          span * kNestedBlock,
                          (count + kQuantBlock - 1) / kQuantBlock,
                          absmax.data());
            kernels.dequantize_nf4(matrix.codes.data<std::uint8_t>() + first / 2,
                                   matrix.quant_map.data<float>(),
                                   absmax.data(),
                                   weight.data<T>() + first,
                                   count);
        }
    });
}

template <typename T>
void dequantize_int8(const QuantizedMatrix& matrix, TensorView weight)
{
    const auto& kernels = simd::vector_kernels().elements<T>();
    const std::int64_t columns = weight.size(1);
    parallel_for(weight.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            kernels.dequantize_int8(matrix.codes.data<std::uint8_t>() + row * columns,
                                    matrix.scale.data<float>()[row],
                                    weight.data<T>() + row * columns,
                                    columns);
        }
    });
}

} // namespace

void dequantize(CpuBackend& /*backend*/, const QuantizedMatrix& matrix, TensorView weight)
{
    dispatch_float(weight.dtype(), "dequantize", [&]<typename T>() {
        if (matrix.type == QuantType::Nf4) {
            dequantize_nf4<T>(matrix, weight);
        } else {
            dequantize_int8<T>(matrix, weight);
        }
    });
}

} // namespace engine::ops::kernels
