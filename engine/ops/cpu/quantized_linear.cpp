// Products of few rows with a quantised weight on the CPU: its rows over the threads, each decoded
// into this core's cache and multiplied there.
#include "engine/ops/quantized_linear.h"

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/absmax.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

struct Codes;  // a row as T
struct Floats; // a row as float
struct Absmax;
struct Input; // x as float

// One row of W as dequantize() gives it in T, then as float.
template <typename T>
class RowDecoder
{
public:
    explicit RowDecoder(const QuantizedMatrix& matrix)
        : m_matrix(matrix)
        , m_columns(matrix.shape[1])
        // A row of nf4 begins and ends anywhere in a block.
        , m_row(reinterpret_cast<T*>(thread_scratch<Codes>(m_columns + kQuantBlock)))
        , m_absmax(thread_scratch<Absmax>(m_columns / kQuantBlock + 2))
        , m_floats(sizeof(T) == sizeof(float) ? nullptr : thread_scratch<Floats>(m_columns))
    {}

    // Valid until the next call on this thread.
    [[nodiscard]] const float* row(std::int64_t number)
    {
        const T* row = m_matrix.type == QuantType::Nf4 ? nf4(number) : int8(number);
        if constexpr (sizeof(T) == sizeof(float)) {
            return row;
        } else {
            m_kernels.to_float(row, m_floats, m_columns);
            return m_floats;
        }
    }

private:
    const T* nf4(std::int64_t number)
    {
        const std::int64_t first = number * m_columns;
        const std::int64_t block = first / kQuantBlock;
        const std::int64_t skipped = first - block * kQuantBlock;
        const std::int64_t count = skipped + m_columns;
        decode_absmax(m_matrix, block, (count + kQuantBlock - 1) / kQuantBlock, m_absmax);
        m_kernels.dequantize_nf4(m_matrix.codes.data<std::uint8_t>() + block * kQuantBlock / 2,
                                 m_matrix.quant_map.data<float>(),
                                 m_absmax,
                                 m_row,
                                 count);
        return m_row + skipped;
    }

    const T* int8(std::int64_t number)
    {
        m_kernels.dequantize_int8(m_matrix.codes.data<std::uint8_t>() + number * m_columns,
                                  m_matrix.scale.data<float>()[number],
                                  m_row,
                                  m_columns);
        return m_row;
    }

    const simd::ElementKernels<T>& m_kernels = simd::vector_kernels().elements<T>();
    const QuantizedMatrix& m_matrix;
    std::int64_t m_columns;
    T* m_row;
    float* m_absmax;
    float* m_floats;
};

template <typename T>
T rounded(float value)
{
    if constexpr (sizeof(T) == sizeof(float)) {
        return value;
    } else {
        return to_bfloat16(value);
    }
}

} // namespace

void quantized_linear(CpuBackend& /*backend*/,
                      ConstTensorView x,
                      const QuantizedMatrix& weight,
                      TensorView y,
                      float beta)
{
    const std::int64_t rows = x.size(0);
    const std::int64_t columns = weight.shape[1];
    const std::int64_t out_features = weight.shape[0];
    const auto dot = simd::vector_kernels().dot;
    const float* input = float_row<Input>(x);
    dispatch_float(x.dtype(), "quantized_linear", [&]<typename T>() {
        T* out = y.data<T>();
        parallel_for(out_features, row_grain(columns), [&](std::int64_t begin, std::int64_t end) {
            RowDecoder<T> decoder(weight);
            for (std::int64_t n = begin; n < end; ++n) {
                const float* row = decoder.row(n);
                for (std::int64_t m = 0; m < rows; ++m) {
                    T& place = out[m * out_features + n];
                    const float sum = dot(input + m * columns, row, columns);
                    place = rounded<T>(beta == 0.0F ? sum : sum + to_float(place));
                }
            }
        });
    });
}

} // namespace engine::ops::kernels
