// Quantising a frozen matrix while it is read: NF4 with double quantisation, or int8 by row. The
// formulas are in engine/ops/dequantize.h; the numbers are those of bitsandbytes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/ops/dequantize.h"

namespace engine {

// The values of a four-bit code (QLoRA, appendix E) and of an absmax's eight-bit code (Dettmers et
// al. 2021, arXiv 2110.02861, dynamic tree quantisation with a sign), ascending.
[[nodiscard]] const std::array<float, 16>& nf4_quant_map();
[[nodiscard]] const std::array<float, 256>& nested_quant_map();

// The maps on the device, shared by every matrix of a model.
struct QuantMaps
{
    Tensor quant_map;
    Tensor nested_quant_map;

    // Throws EngineError when there is no memory.
    explicit QuantMaps(Backend& backend);
};

// A quantised matrix and its memory.
struct QuantizedWeight
{
    ops::QuantType type = ops::QuantType::None;
    Shape shape;
    Tensor codes;
    Tensor absmax;
    Tensor nested_absmax;
    Tensor scale;
    float nested_offset = 0.0F;

    [[nodiscard]] ops::QuantizedMatrix view(const QuantMaps& maps) const;
    [[nodiscard]] std::int64_t bytes() const;
};

// Bytes of a matrix on the device, without the maps.
[[nodiscard]] std::int64_t
quantized_bytes(ops::QuantType type, std::int64_t rows, std::int64_t columns);

// Takes a matrix's rows in their order and packs them in host memory.
class MatrixQuantizer
{
public:
    static constexpr std::int64_t kRowStep = ops::kQuantBlock; // whole blocks for any width

    MatrixQuantizer(ops::QuantType type, std::int64_t rows, std::int64_t columns);

    // The next `rows` rows, float32: a multiple of kRowStep but at the end of the matrix.
    void add(const float* values, std::int64_t rows);

    // After the last row. Errors: Format when a weight is not finite. Throws EngineError when the
    // device has no memory.
    [[nodiscard]] Result<QuantizedWeight> finish(Backend& backend);

private:
    void add_nf4(const float* values, std::int64_t count);
    void add_int8(const float* values, std::int64_t rows);
    void quantize_absmax(QuantizedWeight& weight, Backend& backend) const;

    ops::QuantType m_type;
    std::int64_t m_rows;
    std::int64_t m_columns;
    std::int64_t m_row = 0;            // the next one
    std::vector<std::uint8_t> m_codes; // packed
    std::vector<float> m_absmax;       // of blocks, or of rows
};

} // namespace engine
