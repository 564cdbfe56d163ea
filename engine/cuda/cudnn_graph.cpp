// Making cuDNN's objects.
#include "engine/cuda/cudnn_graph.h"

namespace engine::cuda {

namespace {

constexpr std::int64_t kTensorAlignment = 16; // bytes; what the engine's attention asks of pointers

} // namespace

CudnnDescriptor::CudnnDescriptor(const CudnnLibrary& library, CudnnKind kind)
    : m_library(&library)
{
    library.check(library.functions().cudnnBackendCreateDescriptor(kind, &m_object),
                  "cudnnBackendCreateDescriptor");
}

CudnnDescriptor::~CudnnDescriptor()
{
    if (m_object != nullptr) {
        m_library->functions().cudnnBackendDestroyDescriptor(m_object);
    }
}

void CudnnDescriptor::set(CudnnAttribute attribute,
                          CudnnType type,
                          const void* values,
                          std::size_t count)
{
    m_library->check(m_library->functions().cudnnBackendSetAttribute(
                         m_object, attribute, type, static_cast<std::int64_t>(count), values),
                     "cudnnBackendSetAttribute");
}

void CudnnDescriptor::set(CudnnAttribute attribute, std::int64_t value)
{
    set(attribute, CudnnType::Int64, &value);
}

void CudnnDescriptor::set(CudnnAttribute attribute, std::span<const std::int64_t> values)
{
    set(attribute, CudnnType::Int64, values.data(), values.size());
}

void CudnnDescriptor::set(CudnnAttribute attribute, bool value)
{
    set(attribute, CudnnType::Boolean, &value);
}

void CudnnDescriptor::set(CudnnAttribute attribute, CudnnData value)
{
    set(attribute, CudnnType::DataType, &value);
}

void CudnnDescriptor::set(CudnnAttribute attribute, const CudnnDescriptor& value)
{
    set(attribute, CudnnType::Object, &value.m_object);
}

void CudnnDescriptor::finalize()
{
    m_library->check(m_library->functions().cudnnBackendFinalize(m_object), "cudnnBackendFinalize");
}

std::int64_t CudnnDescriptor::number(CudnnAttribute attribute) const
{
    std::int64_t count = 0;
    std::int64_t value = 0;
    m_library->check(m_library->functions().cudnnBackendGetAttribute(
                         m_object, attribute, CudnnType::Int64, 1, &count, &value),
                     "cudnnBackendGetAttribute");
    return value;
}

CudnnDescriptor& CudnnGraph::add(CudnnKind kind)
{
    return m_descriptors.emplace_back(m_library, kind);
}

CudnnGraph::Tensor
CudnnGraph::tensor(const CudnnLayout& layout, CudnnData type, const TensorOptions& options)
{
    CudnnDescriptor& made = add(CudnnKind::Tensor);
    made.set(CudnnAttribute::TensorDataType, type);
    made.set(CudnnAttribute::TensorDimensions, layout.sizes);
    made.set(CudnnAttribute::TensorStrides, layout.strides);
    made.set(CudnnAttribute::TensorId, options.id);
    made.set(CudnnAttribute::TensorAlignment, kTensorAlignment);
    made.set(CudnnAttribute::TensorIsVirtual, options.is_virtual);
    made.set(CudnnAttribute::TensorIsByValue, options.is_by_value);
    if (options.starts != nullptr) {
        made.set(CudnnAttribute::TensorRaggedOffset, *options.starts);
    }
    made.finalize();
    return &made;
}

CudnnGraph::Tensor
CudnnGraph::memory(std::int64_t id, const CudnnLayout& layout, CudnnData type, Tensor starts)
{
    return tensor(layout, type, {.id = id, .starts = starts});
}

CudnnGraph::Tensor CudnnGraph::scalar(std::int64_t id, CudnnData type)
{
    return tensor({}, type, {.id = id, .is_by_value = true});
}

CudnnGraph::Tensor CudnnGraph::inner(const CudnnLayout& layout, CudnnData type, Tensor starts)
{
    return tensor(layout, type, {.id = m_next_id++, .is_virtual = true, .starts = starts});
}

void CudnnGraph::add_operation(CudnnDescriptor& operation,
                               std::initializer_list<std::pair<CudnnAttribute, Tensor>> operands)
{
    for (const auto& [attribute, operand] : operands) {
        if (operand != nullptr) {
            operation.set(attribute, *operand);
        }
    }
    operation.finalize();
    m_operations.push_back(operation.object());
}

void CudnnGraph::matmul(Tensor a, Tensor b, Tensor c, const Limits& limits, Padding padding)
{
    CudnnDescriptor& product = add(CudnnKind::Matmul);
    product.set(CudnnAttribute::MatmulPrecision, CudnnData::F32);
    if (padding == Padding::Zero) {
        constexpr double kZero = 0.0;
        product.set(CudnnAttribute::MatmulPaddingValue, CudnnType::Double, &kZero);
    }
    product.finalize();
    add_operation(add(CudnnKind::OperationMatmul),
                  {{CudnnAttribute::OperationMatmul, &product},
                   {CudnnAttribute::OperationMatmulA, a},
                   {CudnnAttribute::OperationMatmulB, b},
                   {CudnnAttribute::OperationMatmulC, c},
                   {CudnnAttribute::OperationMatmulM, limits.m},
                   {CudnnAttribute::OperationMatmulN, limits.n},
                   {CudnnAttribute::OperationMatmulK, limits.k}});
}

void CudnnGraph::pointwise(CudnnPointwise mode, Tensor x, Tensor y, const Operands& operands)
{
    CudnnDescriptor& function = add(CudnnKind::Pointwise);
    function.set(CudnnAttribute::PointwiseMode, CudnnType::PointwiseMode, &mode);
    function.set(CudnnAttribute::PointwisePrecision, operands.precision);
    if (operands.axis >= 0) {
        function.set(CudnnAttribute::PointwiseAxis, operands.axis);
    }
    function.finalize();
    add_operation(add(CudnnKind::OperationPointwise),
                  {{CudnnAttribute::OperationPointwise, &function},
                   {CudnnAttribute::OperationPointwiseX, x},
                   {CudnnAttribute::OperationPointwiseB, operands.b},
                   {CudnnAttribute::OperationPointwiseT, operands.select},
                   {CudnnAttribute::OperationPointwiseY, y}});
}

void CudnnGraph::reduce(CudnnReduction reduction, Tensor x, Tensor y)
{
    CudnnDescriptor& function = add(CudnnKind::Reduction);
    function.set(CudnnAttribute::ReductionOperator, CudnnType::ReductionOperator, &reduction);
    function.set(CudnnAttribute::ReductionPrecision, CudnnData::F32);
    function.finalize();
    add_operation(add(CudnnKind::OperationReduction),
                  {{CudnnAttribute::OperationReduction, &function},
                   {CudnnAttribute::OperationReductionX, x},
                   {CudnnAttribute::OperationReductionY, y}});
}

void CudnnGraph::reshape(Tensor x, Tensor y)
{
    add_operation(add(CudnnKind::OperationReshape),
                  {{CudnnAttribute::OperationReshapeX, x}, {CudnnAttribute::OperationReshapeY, y}});
}

} // namespace engine::cuda
