// Frozen weight matrices in 4 or 8 bits, and back to floating point: NF4 with double quantisation
// (QLoRA, arXiv 2305.14314, section 3) and int8 with one scale per row. The names are
// bitsandbytes'.
#pragma once

#include <string_view>

#include "engine/tensor/backend.h"

namespace engine::ops {

enum class QuantType { None, Nf4, Int8 };

// "none", "nf4", "int8": the spelling of --base-quant and run.json.
[[nodiscard]] constexpr std::string_view to_string(QuantType type)
{
    switch (type) {
    case QuantType::Nf4:
        return "nf4";
    case QuantType::Int8:
        return "int8";
    case QuantType::None:
        break;
    }
    return "none";
}

// The reverse; None for anything else.
[[nodiscard]] constexpr QuantType quant_type(std::string_view name)
{
    for (const QuantType type : {QuantType::Nf4, QuantType::Int8}) {
        if (to_string(type) == name) {
            return type;
        }
    }
    return QuantType::None;
}

inline constexpr std::int64_t kQuantBlock = 64;   // nf4: weights that share an absmax
inline constexpr std::int64_t kNestedBlock = 256; // nf4: absmax values that share a nested one

// W: [rows, columns]; element i counts row by row.
//   nf4:  W[i] = quant_map[code[i]] * absmax[i / 64], where
//         absmax[b] = nested_quant_map[absmax_code[b]] * nested_absmax[b / 256] + nested_offset
//   int8: W[row, column] = code[row, column] * scale[row]
// computed in float32, each operation rounded, then rounded once to W's dtype.
struct QuantizedMatrix
{
    QuantType type = QuantType::None;
    Shape shape;                           // {rows, columns}
    ConstTensorView codes;                 // u8 [ceil(n / 2)], the first of two in the high bits;
                                           // int8: u8 [n], two's complement
    ConstTensorView absmax = {};           // nf4: u8 [ceil(n / 64)]
    ConstTensorView nested_absmax = {};    // nf4: f32 [ceil(blocks / 256)]
    float nested_offset = 0.0F;            // nf4
    ConstTensorView quant_map = {};        // nf4: f32 [16]
    ConstTensorView nested_quant_map = {}; // nf4: f32 [256]
    ConstTensorView scale = {};            // int8: f32 [rows]

    [[nodiscard]] bool defined() const { return type != QuantType::None; }
};

// Throws EngineError, naming `op`, where a part is missing or not of the size that `shape` asks.
void check_quantized(const char* op, const Backend& backend, const QuantizedMatrix& matrix);

// weight ([rows, columns], f32 or bf16) = W. No aliasing.
void dequantize(Backend& backend, const QuantizedMatrix& matrix, TensorView weight);

} // namespace engine::ops
