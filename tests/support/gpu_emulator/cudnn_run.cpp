// Operations by their definition; what lies beyond the limits of a product is NaN unless the graph
// says what it is.
#include "tests/support/gpu_emulator/cudnn_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emulator {

namespace {

using A = CudnnAttribute;

// Where the element `at` of a tensor lies in another one, whose sizes are parts of the first's.
class Places
{
public:
    Places(const Sizes& large, const Sizes& small)
    {
        for (std::size_t i = 0; i < 4; ++i) {
            Sizes place = {};
            for (std::int64_t at = 0; at < large[i]; ++at) {
                place[i] = at * small[i] / large[i];
                m_parts[i].push_back(place_in(small, place));
            }
        }
    }

    std::size_t operator()(const Sizes& at) const
    {
        std::size_t place = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            place += m_parts[i][static_cast<std::size_t>(at[i])];
        }
        return place;
    }

private:
    std::array<std::vector<std::size_t>, 4> m_parts;
};

class GraphRun
{
public:
    GraphRun(const CudnnBindings& bindings, float error)
        : m_bindings(bindings)
        , m_error(error)
    {}

    // False when a tensor is not in device memory.
    bool run(const CudnnObject& operation);

private:
    bool load(const CudnnPointer& object, Values& values) const;
    bool store(const CudnnPointer& object, Values values);

    bool pointwise(const CudnnObject& operation);
    bool matmul(const CudnnObject& operation);
    bool reduce(const CudnnObject& operation);
    bool reshape(const CudnnObject& operation);
    // One for each batch: the limit, or `whole`.
    bool limits(const CudnnPointer& list, const Sizes& sizes, std::int64_t whole, Values& values);

    const CudnnBindings& m_bindings;
    float m_error;
    std::map<const CudnnObject*, Values> m_inner;
};

bool GraphRun::load(const CudnnPointer& object, Values& values) const
{
    const CudnnTensor tensor(*object);
    if (const auto inner = m_inner.find(object.get()); inner != m_inner.end()) {
        values = inner->second;
        return true;
    }
    if (tensor.is_by_value) {
        values = {m_bindings.scalars.at(tensor.id)};
        return true;
    }
    return CudnnMemory(tensor, m_bindings).read(values);
}

bool GraphRun::store(const CudnnPointer& object, Values values)
{
    const CudnnTensor tensor(*object);
    if (!tensor.is_virtual && !CudnnMemory(tensor, m_bindings).write(values, m_error)) {
        return false;
    }
    m_inner[object.get()] = std::move(values);
    return true;
}

float apply(CudnnPointwise mode, float x, float b, float select)
{
    switch (mode) {
    case CudnnPointwise::Add:
        return x + b;
    case CudnnPointwise::Multiply:
        return x * b;
    case CudnnPointwise::Divide:
        return x / b;
    case CudnnPointwise::Subtract:
        return x - b;
    case CudnnPointwise::Exp:
        return std::exp(x);
    case CudnnPointwise::Log:
        return std::log(x);
    case CudnnPointwise::Greater:
        return x > b ? 1.0F : 0.0F;
    case CudnnPointwise::GreaterOrEqual:
        return x >= b ? 1.0F : 0.0F;
    case CudnnPointwise::Less:
        return x < b ? 1.0F : 0.0F;
    case CudnnPointwise::And:
        return x != 0.0F && b != 0.0F ? 1.0F : 0.0F;
    default: // select
        return select != 0.0F ? x : b;
    }
}

bool GraphRun::pointwise(const CudnnObject& operation)
{
    const CudnnObject& function = *operation.object(A::OperationPointwise);
    const auto mode = static_cast<CudnnPointwise>(function.number(A::PointwiseMode));
    const CudnnPointer b = operation.object(A::OperationPointwiseB);
    const CudnnPointer select = operation.object(A::OperationPointwiseT);
    const CudnnTensor y(*operation.object(A::OperationPointwiseY));
    Values x_values;
    Values b_values;
    Values select_values;
    if (!load(operation.object(A::OperationPointwiseX), x_values)
        || (b != nullptr && !load(b, b_values))
        || (select != nullptr && !load(select, select_values))) {
        return false;
    }
    Values values(x_values.size());
    const Places places(y.sizes, b != nullptr ? CudnnTensor(*b).sizes : Sizes{1, 1, 1, 1});
    const auto axis = static_cast<std::size_t>(function.number(A::PointwiseAxis, 0));
    for_each_place(y.sizes, [&](const Sizes& at, std::size_t number) {
        if (mode == CudnnPointwise::Index) {
            values[number] = static_cast<float>(at[axis]);
            return;
        }
        values[number] = apply(mode,
                               x_values[number],
                               b_values.empty() ? 0.0F : b_values[places(at)],
                               select_values.empty() ? 0.0F : select_values[number]);
    });
    return store(operation.object(A::OperationPointwiseY), std::move(values));
}

bool GraphRun::limits(const CudnnPointer& list,
                      const Sizes& sizes,
                      std::int64_t whole,
                      Values& values)
{
    values.assign(static_cast<std::size_t>(sizes[0]), static_cast<float>(whole));
    return list == nullptr || load(list, values);
}

bool GraphRun::matmul(const CudnnObject& operation)
{
    const CudnnObject& function = *operation.object(A::OperationMatmul);
    const CudnnTensor a(*operation.object(A::OperationMatmulA));
    const CudnnTensor b(*operation.object(A::OperationMatmulB));
    const CudnnTensor c(*operation.object(A::OperationMatmulC));
    Values a_values;
    Values b_values;
    Values m;
    Values n;
    Values k;
    if (!load(operation.object(A::OperationMatmulA), a_values)
        || !load(operation.object(A::OperationMatmulB), b_values)
        || !limits(operation.object(A::OperationMatmulM), c.sizes, c.sizes[2], m)
        || !limits(operation.object(A::OperationMatmulN), c.sizes, c.sizes[3], n)
        || !limits(operation.object(A::OperationMatmulK), c.sizes, a.sizes[3], k)) {
        return false;
    }
    const float beyond = function.numbers.contains(A::MatmulPaddingValue)
                             ? 0.0F
                             : std::numeric_limits<float>::quiet_NaN();
    Values values(static_cast<std::size_t>(c.count()), beyond);
    for_each_place(c.sizes, [&](const Sizes& at, std::size_t number) {
        const auto batch = static_cast<std::size_t>(at[0]);
        if (static_cast<float>(at[2]) >= m[batch] || static_cast<float>(at[3]) >= n[batch]) {
            return;
        }
        const std::int64_t b_head = at[1] * b.sizes[1] / c.sizes[1];
        const std::size_t row = place_in(a.sizes, {at[0], at[1], at[2], 0});
        const std::size_t column = place_in(b.sizes, {at[0], b_head, 0, at[3]});
        const auto depth = static_cast<std::size_t>(k[batch]);
        double sum = 0.0;
        for (std::size_t i = 0; i < depth; ++i) {
            sum +=
                static_cast<double>(a_values[row + i])
                * static_cast<double>(b_values[column + i * static_cast<std::size_t>(b.sizes[3])]);
        }
        values[number] = static_cast<float>(sum);
    });
    return store(operation.object(A::OperationMatmulC), std::move(values));
}

bool GraphRun::reduce(const CudnnObject& operation)
{
    const CudnnObject& function = *operation.object(A::OperationReduction);
    const bool adds =
        function.number(A::ReductionOperator) == static_cast<std::int64_t>(CudnnReduction::Add);
    const CudnnTensor x(*operation.object(A::OperationReductionX));
    const CudnnTensor y(*operation.object(A::OperationReductionY));
    Values x_values;
    if (!load(operation.object(A::OperationReductionX), x_values)) {
        return false;
    }
    Values values(static_cast<std::size_t>(y.count()),
                  adds ? 0.0F : -std::numeric_limits<float>::infinity());
    const Places places(x.sizes, y.sizes);
    for_each_place(x.sizes, [&](const Sizes& at, std::size_t number) {
        float& value = values[places(at)];
        value = adds ? value + x_values[number] : std::max(value, x_values[number]);
    });
    return store(operation.object(A::OperationReductionY), std::move(values));
}

bool GraphRun::reshape(const CudnnObject& operation)
{
    const CudnnTensor x(*operation.object(A::OperationReshapeX));
    const CudnnTensor y(*operation.object(A::OperationReshapeY));
    Values x_values;
    if (!load(operation.object(A::OperationReshapeX), x_values)) {
        return false;
    }
    Values laid(static_cast<std::size_t>(
        offset_of(x, {x.sizes[0] - 1, x.sizes[1] - 1, x.sizes[2] - 1, x.sizes[3] - 1}) + 1));
    for_each_place(x.sizes, [&](const Sizes& at, std::size_t number) {
        laid.at(static_cast<std::size_t>(offset_of(x, at))) = x_values[number];
    });
    Values values(x_values.size());
    for_each_place(y.sizes, [&](const Sizes& at, std::size_t number) {
        values[number] = laid.at(static_cast<std::size_t>(offset_of(y, at)));
    });
    return store(operation.object(A::OperationReshapeY), std::move(values));
}

bool GraphRun::run(const CudnnObject& operation)
{
    switch (operation.kind) {
    case CudnnKind::OperationPointwise:
        return pointwise(operation);
    case CudnnKind::OperationMatmul:
        return matmul(operation);
    case CudnnKind::OperationReduction:
        return reduce(operation);
    default:
        return reshape(operation);
    }
}

} // namespace

int run_graph(const CudnnObject& graph, const CudnnBindings& bindings, float error)
{
    GraphRun run(bindings, error);
    for (const CudnnPointer& operation : graph.objects.at(A::GraphOperations)) {
        if (!run.run(*operation)) {
            return kCudnnExecutionFailed;
        }
    }
    return 0;
}

std::map<std::int64_t, CudnnPointer> named_tensors(const CudnnObject& graph)
{
    std::map<std::int64_t, CudnnPointer> named;
    const auto add = [&](const CudnnPointer& object) {
        if (object != nullptr && object->kind == CudnnKind::Tensor) {
            const CudnnTensor tensor(*object);
            if (!tensor.is_virtual) {
                named[tensor.id] = object;
            }
            if (tensor.starts != nullptr) {
                named[CudnnTensor(*tensor.starts).id] = tensor.starts;
            }
        }
    };
    for (const CudnnPointer& operation : graph.objects.at(A::GraphOperations)) {
        for (const auto& [attribute, operands] : operation->objects) {
            std::for_each(operands.begin(), operands.end(), add);
        }
    }
    return named;
}

} // namespace emulator
