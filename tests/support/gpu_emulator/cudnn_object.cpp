// What may be set on which object, and what must be before it is finalized.
#include "tests/support/gpu_emulator/cudnn_object.h"

#include <algorithm>
#include <set>

namespace emulator {

namespace {

using A = CudnnAttribute;
using T = CudnnType;

// An attribute of a kind: its type, the least and the most elements; optional ones may be left out.
struct Rule
{
    A attribute;
    T type;
    std::int64_t least = 1;
    std::int64_t most = 1;
    bool optional = false;
};

constexpr bool kOptional = true;
constexpr std::int64_t kMany = 128;

const std::map<CudnnKind, std::vector<Rule>>& rules()
{
    static const std::map<CudnnKind, std::vector<Rule>> table = {
        {CudnnKind::Tensor,
         {{A::TensorDataType, T::DataType},
          {A::TensorDimensions, T::Int64, 4, 4},
          {A::TensorStrides, T::Int64, 4, 4},
          {A::TensorId, T::Int64},
          {A::TensorAlignment, T::Int64},
          {A::TensorIsVirtual, T::Boolean, 1, 1, kOptional},
          {A::TensorIsByValue, T::Boolean, 1, 1, kOptional},
          {A::TensorRaggedOffset, T::Object, 1, 1, kOptional}}},
        {CudnnKind::Pointwise,
         {{A::PointwiseMode, T::PointwiseMode},
          {A::PointwisePrecision, T::DataType},
          {A::PointwiseAxis, T::Int64, 1, 1, kOptional}}},
        {CudnnKind::OperationPointwise,
         {{A::OperationPointwise, T::Object},
          {A::OperationPointwiseX, T::Object},
          {A::OperationPointwiseB, T::Object, 1, 1, kOptional},
          {A::OperationPointwiseT, T::Object, 1, 1, kOptional},
          {A::OperationPointwiseY, T::Object}}},
        {CudnnKind::Matmul,
         {{A::MatmulPrecision, T::DataType}, {A::MatmulPaddingValue, T::Double, 1, 1, kOptional}}},
        {CudnnKind::OperationMatmul,
         {{A::OperationMatmul, T::Object},
          {A::OperationMatmulA, T::Object},
          {A::OperationMatmulB, T::Object},
          {A::OperationMatmulC, T::Object},
          {A::OperationMatmulM, T::Object, 1, 1, kOptional},
          {A::OperationMatmulN, T::Object, 1, 1, kOptional},
          {A::OperationMatmulK, T::Object, 1, 1, kOptional}}},
        {CudnnKind::Reduction,
         {{A::ReductionOperator, T::ReductionOperator}, {A::ReductionPrecision, T::DataType}}},
        {CudnnKind::OperationReduction,
         {{A::OperationReduction, T::Object},
          {A::OperationReductionX, T::Object},
          {A::OperationReductionY, T::Object}}},
        {CudnnKind::OperationReshape,
         {{A::OperationReshapeX, T::Object}, {A::OperationReshapeY, T::Object}}},
        {CudnnKind::OperationGraph,
         {{A::GraphOperations, T::Object, 1, kMany}, {A::GraphHandle, T::Handle}}},
        {CudnnKind::EngineHeuristic,
         {{A::HeuristicMode, T::HeuristicMode}, {A::HeuristicGraph, T::Object}}},
        {CudnnKind::Engine, {{A::EngineGraph, T::Object}, {A::EngineNumber, T::Int64}}},
        {CudnnKind::KnobChoice, {{A::KnobType, T::KnobType}, {A::KnobValue, T::Int64}}},
        {CudnnKind::EngineConfig,
         {{A::ConfigEngine, T::Object}, {A::ConfigKnobs, T::Object, 1, kMany, kOptional}}},
        {CudnnKind::ExecutionPlan, {{A::PlanConfig, T::Object}, {A::PlanHandle, T::Handle}}},
        {CudnnKind::VariantPack,
         {{A::PackIds, T::Int64, 1, kMany},
          {A::PackPointers, T::VoidPointer, 1, kMany},
          {A::PackWorkspace, T::VoidPointer}}},
    };
    return table;
}

std::string g_error;

template <typename Value>
std::int64_t value_at(const void* values, std::int64_t i)
{
    return static_cast<std::int64_t>(static_cast<const Value*>(values)[i]);
}

std::int64_t number_at(CudnnType type, const void* values, std::int64_t i)
{
    switch (type) {
    case T::Boolean:
        return value_at<bool>(values, i);
    case T::Int64:
        return value_at<std::int64_t>(values, i);
    case T::Double: // only padding with zero is known
        return value_at<double>(values, i);
    case T::VoidPointer:
    case T::Handle:
        return reinterpret_cast<std::int64_t>(static_cast<void* const*>(values)[i]);
    default:
        return value_at<int>(values, i);
    }
}

std::string place(const CudnnObject& object)
{
    return "object of kind " + std::to_string(static_cast<int>(object.kind)) + ": ";
}

int bad(const CudnnObject& object, const std::string& reason)
{
    return set_cudnn_error(kCudnnBadParameter, place(object) + reason);
}

bool broadcasts(const CudnnTensor& small, const CudnnTensor& large)
{
    for (std::size_t i = 0; i < 4; ++i) {
        if (small.sizes[i] != large.sizes[i] && small.sizes[i] != 1) {
            return false;
        }
    }
    return true;
}

int check_tensor(const CudnnObject& object)
{
    const CudnnTensor tensor(object);
    const bool known = tensor.type == CudnnData::F32 || tensor.type == CudnnData::BF16
                       || tensor.type == CudnnData::I32 || tensor.type == CudnnData::Boolean;
    if (!known || *std::min_element(tensor.sizes.begin(), tensor.sizes.end()) < 1
        || *std::min_element(tensor.strides.begin(), tensor.strides.end()) < 1) {
        return bad(object, "a tensor's type, sizes or strides");
    }
    if (tensor.is_by_value && (tensor.is_virtual || tensor.count() != 1)) {
        return bad(object, "a tensor by value is one number and not virtual");
    }
    if (tensor.starts != nullptr) {
        const CudnnTensor starts(*tensor.starts);
        if (starts.type != CudnnData::I32 || starts.sizes[0] != tensor.sizes[0] + 1
            || starts.count() != starts.sizes[0]) {
            return bad(object, "ragged offsets are [batches + 1, 1, 1, 1] whole numbers");
        }
    }
    return 0;
}

bool is_comparison(CudnnPointwise mode)
{
    return mode == CudnnPointwise::Greater || mode == CudnnPointwise::GreaterOrEqual
           || mode == CudnnPointwise::Less || mode == CudnnPointwise::And;
}

int check_pointwise(const CudnnObject& object)
{
    const CudnnObject& function = *object.object(A::OperationPointwise);
    const auto mode = static_cast<CudnnPointwise>(function.number(A::PointwiseMode));
    const CudnnTensor x(*object.object(A::OperationPointwiseX));
    const CudnnTensor y(*object.object(A::OperationPointwiseY));
    const CudnnPointer b = object.object(A::OperationPointwiseB);
    const CudnnPointer select = object.object(A::OperationPointwiseT);
    const bool one_operand =
        mode == CudnnPointwise::Exp || mode == CudnnPointwise::Log || mode == CudnnPointwise::Index;
    if ((b == nullptr) != one_operand || (select != nullptr) != (mode == CudnnPointwise::Select)) {
        return bad(object, "a pointwise operation has operands too many or too few");
    }
    if (x.sizes != y.sizes || (b != nullptr && !broadcasts(CudnnTensor(*b), x))) {
        return bad(object, "sizes of a pointwise operation");
    }
    if (mode == CudnnPointwise::Index && function.number(A::PointwiseAxis) < 0) {
        return bad(object, "an index needs its axis");
    }
    if (is_comparison(mode) != (y.type == CudnnData::Boolean)
        || (select != nullptr && CudnnTensor(*select).type != CudnnData::Boolean)) {
        return bad(object, "what is compared gives, and what selects is, a boolean");
    }
    return 0;
}

int check_matmul(const CudnnObject& object)
{
    const CudnnTensor a(*object.object(A::OperationMatmulA));
    const CudnnTensor b(*object.object(A::OperationMatmulB));
    const CudnnTensor c(*object.object(A::OperationMatmulC));
    if (a.sizes[2] != c.sizes[2] || a.sizes[3] != b.sizes[2] || b.sizes[3] != c.sizes[3]
        || a.sizes[0] != c.sizes[0] || b.sizes[0] != c.sizes[0] || a.sizes[1] != c.sizes[1]
        || c.sizes[1] % b.sizes[1] != 0) {
        return bad(object, "sizes of a product");
    }
    for (const A limit : {A::OperationMatmulM, A::OperationMatmulN, A::OperationMatmulK}) {
        if (const CudnnPointer list = object.object(limit)) {
            const CudnnTensor lengths(*list);
            if (lengths.type != CudnnData::I32 || lengths.sizes[0] != c.sizes[0]
                || lengths.count() != c.sizes[0]) {
                return bad(object, "a product's limits are one whole number a batch");
            }
        }
    }
    return 0;
}

int check_graph(const CudnnObject& object)
{
    std::map<std::int64_t, const CudnnObject*> by_id;
    std::set<const CudnnObject*> made;
    for (const CudnnPointer& operation : object.objects.at(A::GraphOperations)) {
        for (const auto& [attribute, operands] : operation->objects) {
            const CudnnObject* operand = operands.front().get();
            if (operand->kind != CudnnKind::Tensor) {
                continue;
            }
            const CudnnTensor tensor(*operand);
            const auto [known, is_new] = by_id.emplace(tensor.id, operand);
            if (!is_new && known->second != operand) {
                return bad(object, "two tensors have id " + std::to_string(tensor.id));
            }
            const bool result =
                attribute == A::OperationPointwiseY || attribute == A::OperationMatmulC
                || attribute == A::OperationReductionY || attribute == A::OperationReshapeY;
            if (result && !made.insert(operand).second) {
                return bad(object, "two operations write id " + std::to_string(tensor.id));
            }
            if (!result && tensor.is_virtual && !made.contains(operand)) {
                return bad(object, "nothing makes id " + std::to_string(tensor.id));
            }
        }
    }
    return 0;
}

int check_whole(const CudnnObject& object)
{
    switch (object.kind) {
    case CudnnKind::Tensor:
        return check_tensor(object);
    case CudnnKind::OperationPointwise:
        return check_pointwise(object);
    case CudnnKind::OperationMatmul:
        return check_matmul(object);
    case CudnnKind::OperationGraph:
        return check_graph(object);
    case CudnnKind::OperationReduction: {
        const CudnnTensor x(*object.object(A::OperationReductionX));
        const CudnnTensor y(*object.object(A::OperationReductionY));
        for (std::size_t i = 0; i < 4; ++i) {
            if (x.sizes[i] % y.sizes[i] != 0) {
                return bad(object, "sizes of a reduction");
            }
        }
        return 0;
    }
    case CudnnKind::OperationReshape:
        return CudnnTensor(*object.object(A::OperationReshapeX)).count()
                       == CudnnTensor(*object.object(A::OperationReshapeY)).count()
                   ? 0
                   : bad(object, "sizes of a reshape");
    case CudnnKind::VariantPack: {
        const auto& ids = object.numbers.at(A::PackIds);
        return ids.size() == object.numbers.at(A::PackPointers).size()
                       && std::set(ids.begin(), ids.end()).size() == ids.size()
                   ? 0
                   : bad(object, "one pointer for every id, and each id once");
    }
    default:
        return 0;
    }
}

} // namespace

std::int64_t CudnnObject::number(CudnnAttribute attribute, std::int64_t otherwise) const
{
    const auto found = numbers.find(attribute);
    return found == numbers.end() ? otherwise : found->second.front();
}

CudnnPointer CudnnObject::object(CudnnAttribute attribute) const
{
    const auto found = objects.find(attribute);
    return found == objects.end() ? nullptr : found->second.front();
}

CudnnTensor::CudnnTensor(const CudnnObject& object)
    : type(static_cast<CudnnData>(object.number(A::TensorDataType)))
    , id(object.number(A::TensorId))
    , is_virtual(object.number(A::TensorIsVirtual, 0) != 0)
    , is_by_value(object.number(A::TensorIsByValue, 0) != 0)
    , starts(object.object(A::TensorRaggedOffset))
{
    std::copy_n(object.numbers.at(A::TensorDimensions).begin(), 4, sizes.begin());
    std::copy_n(object.numbers.at(A::TensorStrides).begin(), 4, strides.begin());
}

std::int64_t CudnnTensor::count() const
{
    return sizes[0] * sizes[1] * sizes[2] * sizes[3];
}

std::int64_t CudnnTensor::bytes_of_element() const
{
    return type == CudnnData::BF16 ? 2 : type == CudnnData::Boolean ? 1 : 4;
}

int set_attribute(CudnnObject& object,
                  CudnnAttribute attribute,
                  CudnnType type,
                  std::int64_t count,
                  const void* values)
{
    const std::string name = "attribute " + std::to_string(static_cast<int>(attribute));
    if (object.finalized) {
        return bad(object, name + " after it was finalized");
    }
    const std::vector<Rule>& known = rules().at(object.kind);
    const auto rule = std::find_if(
        known.begin(), known.end(), [&](const Rule& each) { return each.attribute == attribute; });
    if (rule == known.end() || rule->type != type || count < rule->least || count > rule->most) {
        return bad(object, name + " does not exist, or not of this type and count");
    }
    object.numbers.erase(attribute);
    object.objects.erase(attribute);
    for (std::int64_t i = 0; i < count; ++i) {
        if (type != T::Object) {
            object.numbers[attribute].push_back(number_at(type, values, i));
            continue;
        }
        const CudnnOwner* operand = static_cast<CudnnOwner* const*>(values)[i];
        if (operand == nullptr || !(*operand)->finalized) {
            return set_cudnn_error(kCudnnNotFinalized, place(object) + name + " is not finalized");
        }
        object.objects[attribute].push_back(*operand);
    }
    return 0;
}

int finalize(CudnnObject& object)
{
    if (object.finalized) {
        return bad(object, "it was finalized before");
    }
    for (const Rule& rule : rules().at(object.kind)) {
        const bool found =
            object.numbers.contains(rule.attribute) || object.objects.contains(rule.attribute);
        if (!found && !rule.optional) {
            return bad(object,
                       "attribute " + std::to_string(static_cast<int>(rule.attribute)) + " lacks");
        }
    }
    const int status = check_whole(object);
    object.finalized = status == 0;
    return status;
}

int set_cudnn_error(int status, const std::string& reason)
{
    g_error = reason;
    return status;
}

const std::string& cudnn_error()
{
    return g_error;
}

} // namespace emulator
