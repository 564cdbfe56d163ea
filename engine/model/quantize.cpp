// Blocks and rows over the threads; the absmax values of the blocks are quantised at the end.
#include "engine/model/quantize.h"

#include <algorithm>
#include <cmath>

#include "engine/core/parallel_for.h"

namespace engine {

namespace {

using ops::kNestedBlock;
using ops::kQuantBlock;
using ops::QuantType;

constexpr std::int64_t kGrain = 64;   // blocks or rows a thread takes at least
constexpr float kTiny = 1e-38F;       // an absmax of 0 divides by it
constexpr std::uint8_t kZeroCode = 7; // of nf4
constexpr float kInt8Levels = 127.0F;
constexpr float kSmallestScaled = 1e-36F; // 127 over it is finite

// Between neighbouring values of nf4_quant_map(), as bitsandbytes' kernels have them.
constexpr std::array<float, 15> kNf4Midpoints = {-0.8480964F,
                                                 -0.61063293F,
                                                 -0.45999527F,
                                                 -0.33967943F,
                                                 -0.23460741F,
                                                 -0.13791173F,
                                                 -0.045525018F,
                                                 0.03979015F,
                                                 0.12025525F,
                                                 0.20352125F,
                                                 0.29201377F,
                                                 0.38931254F,
                                                 0.50166342F,
                                                 0.64278692F,
                                                 0.86147842F};

std::int64_t ceil_div(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

// NaN where a value is NaN.
float largest(const float* values, std::int64_t count)
{
    float absmax = 0.0F;
    for (std::int64_t i = 0; i < count; ++i) {
        const float size = std::abs(values[i]);
        absmax = size <= absmax || std::isnan(absmax) ? absmax : size;
    }
    return absmax;
}

// Codes of one block, two a byte; an odd end is filled with the code of 0.
void encode_nf4(const float* values, std::int64_t count, float absmax, std::uint8_t* bytes)
{
    const float inverse = 1.0F / std::max(absmax, kTiny);
    std::array<float, kQuantBlock> scaled = {};
    std::array<std::int32_t, kQuantBlock> codes = {};
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        scaled[i] = std::clamp(values[i] * inverse, -1.0F, 1.0F);
    }
    for (const float midpoint : kNf4Midpoints) {
        for (std::size_t i = 0; i < scaled.size(); ++i) {
            codes[i] += scaled[i] > midpoint ? 1 : 0;
        }
    }
    if (count % 2 == 1) {
        codes[static_cast<std::size_t>(count)] = kZeroCode;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(ceil_div(count, 2)); ++i) {
        bytes[i] = static_cast<std::uint8_t>(codes[2 * i] * 16 + codes[2 * i + 1]);
    }
}

// The code of the value of the map that is nearest; the lower one in the middle.
std::uint8_t nearest_code(float value)
{
    static const std::array<float, 255> kMidpoints = [] {
        std::array<float, 255> midpoints = {};
        for (std::size_t i = 0; i < midpoints.size(); ++i) {
            midpoints[i] = (nested_quant_map()[i] + nested_quant_map()[i + 1]) / 2.0F;
        }
        return midpoints;
    }();
    return static_cast<std::uint8_t>(std::lower_bound(kMidpoints.begin(), kMidpoints.end(), value)
                                     - kMidpoints.begin());
}

std::array<float, 256> make_nested_quant_map()
{
    // For i = 0..6 the middles of 2^i equal parts of [0.1, 1], times 10^(i - 6); both signs; 0; 1.
    constexpr int kExponents = 7;
    std::array<float, 256> map = {};
    std::size_t count = 0;
    for (int exponent = 0; exponent < kExponents; ++exponent) {
        const int parts = 1 << exponent;
        const auto factor = static_cast<float>(std::pow(10.0, exponent - (kExponents - 1)));
        // Rounded as torch.linspace rounds: from the nearer end, in one step.
        const float part = (1.0F - 0.1F) / static_cast<float>(parts);
        const auto boundary = [parts, part](int i) {
            const auto from = [part](float end, int steps) {
                return static_cast<float>(static_cast<double>(end)
                                          + static_cast<double>(part) * steps);
            };
            return i < (parts + 1) / 2 ? from(0.1F, i) : from(1.0F, i - parts);
        };
        for (int i = 0; i < parts; ++i) {
            const float middle = factor * ((boundary(i) + boundary(i + 1)) / 2.0F);
            map[count++] = middle;
            map[count++] = -middle;
        }
    }
    map[count++] = 0.0F;
    map[count++] = 1.0F;
    std::sort(map.begin(), map.end());
    return map;
}

template <typename T>
Tensor upload(Backend& backend, DType dtype, const std::vector<T>& values)
{
    Tensor tensor = backend.tensor(dtype, {static_cast<std::int64_t>(values.size())});
    backend.upload(values.data(), tensor);
    return tensor;
}

} // namespace

const std::array<float, 16>& nf4_quant_map()
{
    static constexpr std::array<float, 16> kMap = {-1.0F,
                                                   -0.6961928009986877F,
                                                   -0.5250730514526367F,
                                                   -0.39491748809814453F,
                                                   -0.28444138169288635F,
                                                   -0.18477343022823334F,
                                                   -0.09105003625154495F,
                                                   0.0F,
                                                   0.07958029955625534F,
                                                   0.16093020141124725F,
                                                   0.24611230194568634F,
                                                   0.33791524171829224F,
                                                   0.44070982933044434F,
                                                   0.5626170039176941F,
                                                   0.7229568362236023F,
                                                   1.0F};
    return kMap;
}

const std::array<float, 256>& nested_quant_map()
{
    static const std::array<float, 256> kMap = make_nested_quant_map();
    return kMap;
}

QuantMaps::QuantMaps(Backend& backend)
    : quant_map(backend.tensor(DType::F32, {16}))
    , nested_quant_map(backend.tensor(DType::F32, {256}))
{
    backend.upload(nf4_quant_map().data(), quant_map);
    backend.upload(engine::nested_quant_map().data(), nested_quant_map);
}

ops::QuantizedMatrix QuantizedWeight::view(const QuantMaps& maps) const
{
    ops::QuantizedMatrix matrix;
    matrix.type = type;
    matrix.shape = shape;
    matrix.codes = codes;
    if (type == QuantType::Nf4) {
        matrix.absmax = absmax;
        matrix.nested_absmax = nested_absmax;
        matrix.nested_offset = nested_offset;
        matrix.quant_map = maps.quant_map;
        matrix.nested_quant_map = maps.nested_quant_map;
    } else {
        matrix.scale = scale;
    }
    return matrix;
}

std::int64_t QuantizedWeight::bytes() const
{
    return quantized_bytes(type, shape[0], shape[1]);
}

std::int64_t quantized_bytes(QuantType type, std::int64_t rows, std::int64_t columns)
{
    constexpr auto kFloat = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t count = rows * columns;
    if (type == QuantType::Int8) {
        return count + rows * kFloat;
    }
    const std::int64_t blocks = ceil_div(count, kQuantBlock);
    return ceil_div(count, 2) + blocks + ceil_div(blocks, kNestedBlock) * kFloat;
}

MatrixQuantizer::MatrixQuantizer(QuantType type, std::int64_t rows, std::int64_t columns)
    : m_type(type)
    , m_rows(rows)
    , m_columns(columns)
{
    ENGINE_CHECK(type != QuantType::None, "quantize: the type is none, wanted nf4 or int8");
    const std::int64_t count = rows * columns;
    const bool nf4 = type == QuantType::Nf4;
    m_codes.resize(static_cast<std::size_t>(nf4 ? ceil_div(count, 2) : count));
    m_absmax.resize(static_cast<std::size_t>(nf4 ? ceil_div(count, kQuantBlock) : rows));
}

void MatrixQuantizer::add(const float* values, std::int64_t rows)
{
    ENGINE_CHECK(m_row % kRowStep == 0 && m_row + rows <= m_rows,
                 "quantize: rows ",
                 m_row,
                 " to ",
                 m_row + rows,
                 " of ",
                 m_rows,
                 ", wanted steps of ",
                 kRowStep);
    if (m_type == QuantType::Nf4) {
        add_nf4(values, rows * m_columns);
    } else {
        add_int8(values, rows);
    }
    m_row += rows;
}

void MatrixQuantizer::add_nf4(const float* values, std::int64_t count)
{
    const std::int64_t done = m_row * m_columns; // a multiple of kQuantBlock
    parallel_for(ceil_div(count, kQuantBlock), kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t first = block * kQuantBlock;
            const std::int64_t length = std::min(kQuantBlock, count - first);
            const float absmax = largest(values + first, length);
            m_absmax[static_cast<std::size_t>(done / kQuantBlock + block)] = absmax;
            encode_nf4(values + first, length, absmax, m_codes.data() + (done + first) / 2);
        }
    });
}

void MatrixQuantizer::add_int8(const float* values, std::int64_t rows)
{
    parallel_for(rows, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const float* line = values + row * m_columns;
            const float absmax = largest(line, m_columns);
            m_absmax[static_cast<std::size_t>(m_row + row)] = absmax;
            // 0 where no level can be told from another, and where finish() will refuse the matrix.
            const float factor =
                absmax >= kSmallestScaled && std::isfinite(absmax) ? kInt8Levels / absmax : 0.0F;
            std::uint8_t* codes = m_codes.data() + (m_row + row) * m_columns;
            for (std::int64_t i = 0; i < m_columns; ++i) {
                const float level = factor == 0.0F ? 0.0F : std::nearbyint(line[i] * factor);
                codes[i] = static_cast<std::uint8_t>(static_cast<std::int8_t>(level));
            }
        }
    });
}

// Double quantisation: what the absmax values are above their mean, in eight bits.
void MatrixQuantizer::quantize_absmax(QuantizedWeight& weight, Backend& backend) const
{
    double sum = 0.0;
    for (const float absmax : m_absmax) {
        sum += static_cast<double>(absmax);
    }
    weight.nested_offset =
        m_absmax.empty() ? 0.0F : static_cast<float>(sum / static_cast<double>(m_absmax.size()));
    std::vector<std::uint8_t> codes(m_absmax.size());
    const auto count = static_cast<std::int64_t>(m_absmax.size());
    std::vector<float> nested(static_cast<std::size_t>(ceil_div(count, kNestedBlock)));
    parallel_for(ceil_div(count, kNestedBlock), 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t block = first; block < last; ++block) {
            const auto begin = static_cast<std::size_t>(block * kNestedBlock);
            const std::size_t end = std::min(m_absmax.size(), begin + kNestedBlock);
            float most = 0.0F;
            for (std::size_t i = begin; i < end; ++i) {
                most = std::max(most, std::abs(m_absmax[i] - weight.nested_offset));
            }
            const float inverse = 1.0F / std::max(most, kTiny);
            for (std::size_t i = begin; i < end; ++i) {
                codes[i] = nearest_code((m_absmax[i] - weight.nested_offset) * inverse);
            }
            nested[static_cast<std::size_t>(block)] = most;
        }
    });
    weight.absmax = upload(backend, DType::U8, codes);
    weight.nested_absmax = upload(backend, DType::F32, nested);
}

Result<QuantizedWeight> MatrixQuantizer::finish(Backend& backend)
{
    ENGINE_CHECK(m_row == m_rows, "quantize: ", m_row, " rows were given, wanted ", m_rows);
    for (const float absmax : m_absmax) {
        if (!std::isfinite(absmax)) {
            return Error{ErrorCode::Format,
                         concat("a weight is not finite (", absmax, "), so it cannot be quantised"),
                         "Load the model without base_quant, or use a sound copy of it."};
        }
    }
    QuantizedWeight weight;
    weight.type = m_type;
    weight.shape = {m_rows, m_columns};
    weight.codes = upload(backend, DType::U8, m_codes);
    if (m_type == QuantType::Nf4) {
        quantize_absmax(weight, backend);
    } else {
        for (float& absmax : m_absmax) {
            absmax /= kInt8Levels;
        }
        weight.scale = upload(backend, DType::F32, m_absmax);
    }
    return weight;
}

} // namespace engine
