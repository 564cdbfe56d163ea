// The operations of attention in the order in which cuDNN's engines look for them: as NVIDIA's
// cudnn-frontend lays out scaled dot product attention for padded, causal and windowed scores.
#include "engine/cuda/cudnn_sdpa.h"

namespace engine::cuda {

namespace {

using Tensor = CudnnGraph::Tensor;
using Padding = CudnnGraph::Padding;

CudnnLayout transposed(const CudnnLayout& layout)
{
    CudnnLayout other = layout;
    std::swap(other.sizes[2], other.sizes[3]);
    std::swap(other.strides[2], other.strides[3]);
    return other;
}

// [sequences, heads, rows, columns], dense.
CudnnLayout
dense(const SdpaShape& shape, std::int64_t heads, std::int64_t rows, std::int64_t columns)
{
    return {{shape.sequences, heads, rows, columns},
            {heads * rows * columns, rows * columns, columns, 1}};
}

// Rows of all heads side by side, as the engine has them, `parts` times these.
CudnnLayout
packed(const SdpaShape& shape, std::int64_t heads, std::int64_t width, std::int64_t parts)
{
    const std::int64_t row = parts * heads * width;
    return {{shape.sequences, heads, shape.longest, width}, {shape.longest * row, width, row, 1}};
}

CudnnLayout list_of(std::int64_t count)
{
    return {{count, 1, 1, 1}, {1, 1, 1, 1}};
}

class SdpaBuilder
{
public:
    SdpaBuilder(const CudnnLibrary& library, const SdpaShape& shape)
        : m_shape(shape)
        , m_graph(std::make_unique<CudnnGraph>(library))
        , m_scores(dense(shape, shape.num_heads, shape.longest, shape.longest))
        , m_rows(dense(shape, shape.num_heads, shape.longest, 1))
        , m_query(packed(shape, shape.num_heads, shape.head_dim, shape.parts))
        , m_key(packed(shape, shape.num_kv_heads, shape.head_dim, shape.parts))
        , m_q_starts(starts(SdpaTensor::QStarts))
        , m_kv_starts(starts(SdpaTensor::KvStarts))
        , m_lengths(memory(SdpaTensor::Lengths, list_of(shape.sequences), CudnnData::I32))
        , m_q(query(SdpaTensor::Q))
        , m_k_transposed(memory(SdpaTensor::K, transposed(m_key), CudnnData::BF16, m_kv_starts))
        , m_stats(memory(SdpaTensor::Stats,
                         packed(shape, shape.num_heads, 1, 1),
                         CudnnData::F32,
                         starts(SdpaTensor::StatStarts)))
        , m_scale(scalar(SdpaTensor::Scale))
        , m_masked(scalar(SdpaTensor::Masked))
    {
        if (shape.windowed) {
            m_window = scalar(SdpaTensor::Window);
        }
    }

    std::unique_ptr<CudnnGraph> forward();
    std::unique_ptr<CudnnGraph> backward();

private:
    Tensor memory(SdpaTensor id, const CudnnLayout& layout, CudnnData type, Tensor starts = nullptr)
    {
        return m_graph->memory(static_cast<std::int64_t>(id), layout, type, starts);
    }

    Tensor scalar(SdpaTensor id)
    {
        return m_graph->scalar(static_cast<std::int64_t>(id), CudnnData::F32);
    }

    Tensor starts(SdpaTensor id)
    {
        return memory(id, list_of(m_shape.sequences + 1), CudnnData::I32);
    }

    Tensor query(SdpaTensor id) { return memory(id, m_query, CudnnData::BF16, m_q_starts); }

    Tensor key(SdpaTensor id) { return memory(id, m_key, CudnnData::BF16, m_kv_starts); }

    Tensor pointwise(CudnnPointwise mode,
                     Tensor x,
                     const CudnnLayout& layout,
                     const CudnnGraph::Operands& operands = {},
                     CudnnData type = CudnnData::F32)
    {
        Tensor y = m_graph->inner(layout, type);
        m_graph->pointwise(mode, x, y, operands);
        return y;
    }

    // Of scores.
    Tensor score(CudnnPointwise mode, Tensor x, const CudnnGraph::Operands& operands = {})
    {
        return pointwise(mode, x, m_scores, operands);
    }

    Tensor compare(CudnnPointwise mode, Tensor x, Tensor b)
    {
        return pointwise(
            mode, x, m_scores, {.b = b, .precision = CudnnData::Boolean}, CudnnData::Boolean);
    }

    // The row or the column of each score.
    Tensor index(Tensor scores, std::int64_t axis)
    {
        return pointwise(CudnnPointwise::Index,
                         scores,
                         m_scores,
                         {.axis = axis, .precision = CudnnData::I32},
                         CudnnData::I32);
    }

    Tensor keep(Tensor scores, Tensor where)
    {
        return score(CudnnPointwise::Select, scores, {.b = m_masked, .select = where});
    }

    Tensor scaled_scores(Padding padding);
    Tensor mask_padding(Tensor scores);
    Tensor mask_band(Tensor scores);
    Tensor delta(Tensor dout);
    Tensor transposed_bf16(Tensor scores);
    void key_gradient(Tensor weights, Tensor rows, SdpaTensor gradient);

    static constexpr std::int64_t kRow = 2;
    static constexpr std::int64_t kColumn = 3;

    SdpaShape m_shape;
    std::unique_ptr<CudnnGraph> m_graph;
    CudnnLayout m_scores;
    CudnnLayout m_rows; // one number for each row of scores
    CudnnLayout m_query;
    CudnnLayout m_key;
    Tensor m_q_starts;
    Tensor m_kv_starts;
    Tensor m_lengths;
    Tensor m_q;
    Tensor m_k_transposed;
    Tensor m_stats;
    Tensor m_scale;
    Tensor m_masked;
    Tensor m_window = nullptr;
};

Tensor SdpaBuilder::scaled_scores(Padding padding)
{
    Tensor products = m_graph->inner(m_scores, CudnnData::F32);
    m_graph->matmul(m_q, m_k_transposed, products, {.m = m_lengths, .n = m_lengths}, padding);
    return score(CudnnPointwise::Multiply, products, {.b = m_scale});
}

Tensor SdpaBuilder::mask_padding(Tensor scores)
{
    Tensor row = index(scores, kRow);
    Tensor column = index(scores, kColumn);
    Tensor row_inside = compare(CudnnPointwise::Less, row, m_lengths);
    Tensor column_inside = compare(CudnnPointwise::Less, column, m_lengths);
    return keep(scores, compare(CudnnPointwise::And, row_inside, column_inside));
}

// Key j is visible to query i iff i - window < j <= i.
Tensor SdpaBuilder::mask_band(Tensor scores)
{
    Tensor row = index(scores, kRow);
    Tensor column = index(scores, kColumn);
    Tensor causal = keep(scores, compare(CudnnPointwise::GreaterOrEqual, row, column));
    if (!m_shape.windowed) {
        return causal;
    }
    row = index(causal, kRow);
    column = index(causal, kColumn);
    Tensor end = score(CudnnPointwise::Add, column, {.b = m_window});
    return keep(causal, compare(CudnnPointwise::Greater, end, row));
}

std::unique_ptr<CudnnGraph> SdpaBuilder::forward()
{
    Tensor v = key(SdpaTensor::V);
    Tensor out = query(SdpaTensor::Out);
    Tensor scores = mask_band(mask_padding(scaled_scores(Padding::Zero)));

    Tensor highest = m_graph->inner(m_rows, CudnnData::F32);
    m_graph->reduce(CudnnReduction::Max, scores, highest);
    Tensor exps =
        score(CudnnPointwise::Exp, score(CudnnPointwise::Subtract, scores, {.b = highest}));
    Tensor sum = m_graph->inner(m_rows, CudnnData::F32);
    m_graph->reduce(CudnnReduction::Add, exps, sum);
    Tensor log = pointwise(CudnnPointwise::Log, sum, m_rows);
    m_graph->pointwise(CudnnPointwise::Add, highest, m_stats, {.b = log});
    Tensor weights = pointwise(CudnnPointwise::Divide, exps, m_scores, {.b = sum}, CudnnData::BF16);
    m_graph->matmul(weights, v, out, {.m = m_lengths, .k = m_lengths}, Padding::Undefined);
    return std::move(m_graph);
}

// For each row the sum over the head of dout * out.
Tensor SdpaBuilder::delta(Tensor dout)
{
    Tensor products =
        pointwise(CudnnPointwise::Multiply,
                  dout,
                  dense(m_shape, m_shape.num_heads, m_shape.longest, m_shape.head_dim),
                  {.b = query(SdpaTensor::Out)});
    Tensor sum = m_graph->inner(m_rows, CudnnData::F32);
    m_graph->reduce(CudnnReduction::Add, products, sum);
    Tensor result = memory(SdpaTensor::Delta, m_rows, CudnnData::F32);
    m_graph->pointwise(CudnnPointwise::Multiply, sum, result, {.b = scalar(SdpaTensor::One)});
    return result;
}

Tensor SdpaBuilder::transposed_bf16(Tensor scores)
{
    Tensor result = m_graph->inner(transposed(m_scores), CudnnData::BF16);
    m_graph->reshape(scores, result);
    return result;
}

// weights^T rows, summed over the query heads of each key head.
void SdpaBuilder::key_gradient(Tensor weights, Tensor rows, SdpaTensor gradient)
{
    Tensor left = transposed_bf16(weights);
    Tensor result = key(gradient);
    const bool grouped = m_shape.num_heads != m_shape.num_kv_heads;
    Tensor product =
        grouped ? m_graph->inner(
            dense(m_shape, m_shape.num_heads, m_shape.longest, m_shape.head_dim), CudnnData::BF16)
                : result;
    m_graph->matmul(left, rows, product, {.m = m_lengths, .k = m_lengths}, Padding::Undefined);
    if (grouped) {
        m_graph->reduce(CudnnReduction::Add, product, result);
    }
}

// dq is written by its product. Summed into float32 memory first it would be a sum in any order.
std::unique_ptr<CudnnGraph> SdpaBuilder::backward()
{
    Tensor v_transposed = memory(SdpaTensor::V, transposed(m_key), CudnnData::BF16, m_kv_starts);
    Tensor dout = query(SdpaTensor::DOut);
    Tensor deltas = delta(dout);

    Tensor scores = mask_padding(scaled_scores(Padding::Undefined));
    Tensor shifted = score(CudnnPointwise::Subtract, scores, {.b = m_stats});
    Tensor weights = score(CudnnPointwise::Exp, mask_band(shifted));
    key_gradient(weights, dout, SdpaTensor::DV);

    Tensor dweights = m_graph->inner(m_scores, CudnnData::F32);
    m_graph->matmul(
        dout, v_transposed, dweights, {.m = m_lengths, .n = m_lengths}, Padding::Undefined);
    Tensor centred = score(CudnnPointwise::Subtract, dweights, {.b = deltas});
    Tensor dscores = score(CudnnPointwise::Multiply,
                           score(CudnnPointwise::Multiply, centred, {.b = weights}),
                           {.b = m_scale});
    key_gradient(dscores, m_q, SdpaTensor::DK);

    Tensor k = m_graph->inner(m_key, CudnnData::F32, m_kv_starts);
    m_graph->reshape(m_k_transposed, k);
    m_graph->matmul(
        dscores, k, query(SdpaTensor::DQ), {.m = m_lengths, .k = m_lengths}, Padding::Undefined);
    return std::move(m_graph);
}

} // namespace

std::unique_ptr<CudnnGraph>
sdpa_graph(const CudnnLibrary& library, const SdpaShape& shape, SdpaDirection direction)
{
    SdpaBuilder builder(library, shape);
    return direction == SdpaDirection::Forward ? builder.forward() : builder.backward();
}

} // namespace engine::cuda
