// The engine's numbers of cuDNN's names against NVIDIA's own header; compiled where it is
// installed.
#include <cudnn.h>

#include "engine/cuda/cudnn.h"

namespace engine::cuda {
namespace {

template <typename Ours, typename Theirs>
constexpr bool same(Ours ours, Theirs theirs)
{
    return static_cast<int>(ours) == static_cast<int>(theirs);
}

static_assert(same(CudnnKind::Pointwise, CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
static_assert(same(CudnnKind::Engine, CUDNN_BACKEND_ENGINE_DESCRIPTOR));
static_assert(same(CudnnKind::EngineConfig, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
static_assert(same(CudnnKind::EngineHeuristic, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
static_assert(same(CudnnKind::ExecutionPlan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
static_assert(same(CudnnKind::KnobChoice, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
static_assert(same(CudnnKind::OperationPointwise, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR));
static_assert(same(CudnnKind::OperationGraph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
static_assert(same(CudnnKind::VariantPack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
static_assert(same(CudnnKind::Tensor, CUDNN_BACKEND_TENSOR_DESCRIPTOR));
static_assert(same(CudnnKind::Matmul, CUDNN_BACKEND_MATMUL_DESCRIPTOR));
static_assert(same(CudnnKind::OperationMatmul, CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR));
static_assert(same(CudnnKind::Reduction, CUDNN_BACKEND_REDUCTION_DESCRIPTOR));
static_assert(same(CudnnKind::OperationReduction, CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR));
static_assert(same(CudnnKind::OperationReshape, CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR));
static_assert(same(CudnnKind::DeviceProperties, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR));

static_assert(same(CudnnAttribute::PointwiseMode, CUDNN_ATTR_POINTWISE_MODE));
static_assert(same(CudnnAttribute::PointwisePrecision, CUDNN_ATTR_POINTWISE_MATH_PREC));
static_assert(same(CudnnAttribute::PointwiseAxis, CUDNN_ATTR_POINTWISE_AXIS));
static_assert(same(CudnnAttribute::HeuristicMode, CUDNN_ATTR_ENGINEHEUR_MODE));
static_assert(same(CudnnAttribute::HeuristicGraph, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
static_assert(same(CudnnAttribute::HeuristicResults, CUDNN_ATTR_ENGINEHEUR_RESULTS));
static_assert(same(CudnnAttribute::HeuristicDevice, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP));
static_assert(same(CudnnAttribute::ConfigEngine, CUDNN_ATTR_ENGINECFG_ENGINE));
static_assert(same(CudnnAttribute::ConfigKnobs, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES));
static_assert(same(CudnnAttribute::ConfigWorkspaceBytes, CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE));
static_assert(same(CudnnAttribute::PlanHandle, 400)); // the header calls it deprecated
static_assert(same(CudnnAttribute::PlanConfig, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG));
static_assert(same(CudnnAttribute::PlanWorkspaceBytes, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
static_assert(same(CudnnAttribute::KnobType, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE));
static_assert(same(CudnnAttribute::KnobValue, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
static_assert(same(CudnnAttribute::OperationPointwise,
                   CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR));
static_assert(same(CudnnAttribute::OperationPointwiseX, CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
static_assert(same(CudnnAttribute::OperationPointwiseB, CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
static_assert(same(CudnnAttribute::OperationPointwiseY, CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
static_assert(same(CudnnAttribute::OperationPointwiseT, CUDNN_ATTR_OPERATION_POINTWISE_TDESC));
static_assert(same(CudnnAttribute::GraphHandle, 800)); // likewise
static_assert(same(CudnnAttribute::GraphOperations, CUDNN_ATTR_OPERATIONGRAPH_OPS));
static_assert(same(CudnnAttribute::TensorAlignment, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT));
static_assert(same(CudnnAttribute::TensorDataType, CUDNN_ATTR_TENSOR_DATA_TYPE));
static_assert(same(CudnnAttribute::TensorDimensions, CUDNN_ATTR_TENSOR_DIMENSIONS));
static_assert(same(CudnnAttribute::TensorStrides, CUDNN_ATTR_TENSOR_STRIDES));
static_assert(same(CudnnAttribute::TensorId, CUDNN_ATTR_TENSOR_UNIQUE_ID));
static_assert(same(CudnnAttribute::TensorIsVirtual, CUDNN_ATTR_TENSOR_IS_VIRTUAL));
static_assert(same(CudnnAttribute::TensorIsByValue, CUDNN_ATTR_TENSOR_IS_BY_VALUE));
static_assert(same(CudnnAttribute::TensorRaggedOffset, CUDNN_ATTR_TENSOR_RAGGED_OFFSET_DESC));
static_assert(same(CudnnAttribute::PackIds, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS));
static_assert(same(CudnnAttribute::PackPointers, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS));
static_assert(same(CudnnAttribute::PackWorkspace, CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
static_assert(same(CudnnAttribute::EngineGraph, CUDNN_ATTR_ENGINE_OPERATION_GRAPH));
static_assert(same(CudnnAttribute::EngineNumber, CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
static_assert(same(CudnnAttribute::EngineDevice, CUDNN_ATTR_ENGINE_DEVICEPROP));
static_assert(same(CudnnAttribute::MatmulPrecision, CUDNN_ATTR_MATMUL_COMP_TYPE));
static_assert(same(CudnnAttribute::MatmulPaddingValue, CUDNN_ATTR_MATMUL_PADDING_VALUE));
static_assert(same(CudnnAttribute::OperationMatmulA, CUDNN_ATTR_OPERATION_MATMUL_ADESC));
static_assert(same(CudnnAttribute::OperationMatmulB, CUDNN_ATTR_OPERATION_MATMUL_BDESC));
static_assert(same(CudnnAttribute::OperationMatmulC, CUDNN_ATTR_OPERATION_MATMUL_CDESC));
static_assert(same(CudnnAttribute::OperationMatmul, CUDNN_ATTR_OPERATION_MATMUL_DESC));
static_assert(same(CudnnAttribute::OperationMatmulM,
                   CUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC));
static_assert(same(CudnnAttribute::OperationMatmulN,
                   CUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC));
static_assert(same(CudnnAttribute::OperationMatmulK,
                   CUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC));
static_assert(same(CudnnAttribute::ReductionOperator, CUDNN_ATTR_REDUCTION_OPERATOR));
static_assert(same(CudnnAttribute::ReductionPrecision, CUDNN_ATTR_REDUCTION_COMP_TYPE));
static_assert(same(CudnnAttribute::OperationReductionX, CUDNN_ATTR_OPERATION_REDUCTION_XDESC));
static_assert(same(CudnnAttribute::OperationReductionY, CUDNN_ATTR_OPERATION_REDUCTION_YDESC));
static_assert(same(CudnnAttribute::OperationReduction, CUDNN_ATTR_OPERATION_REDUCTION_DESC));
static_assert(same(CudnnAttribute::OperationReshapeX, CUDNN_ATTR_OPERATION_RESHAPE_XDESC));
static_assert(same(CudnnAttribute::OperationReshapeY, CUDNN_ATTR_OPERATION_RESHAPE_YDESC));
static_assert(same(CudnnAttribute::DeviceJson, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION));

static_assert(same(CudnnType::Handle, CUDNN_TYPE_HANDLE));
static_assert(same(CudnnType::DataType, CUDNN_TYPE_DATA_TYPE));
static_assert(same(CudnnType::Boolean, CUDNN_TYPE_BOOLEAN));
static_assert(same(CudnnType::Int64, CUDNN_TYPE_INT64));
static_assert(same(CudnnType::Double, CUDNN_TYPE_DOUBLE));
static_assert(same(CudnnType::VoidPointer, CUDNN_TYPE_VOID_PTR));
static_assert(same(CudnnType::HeuristicMode, CUDNN_TYPE_HEUR_MODE));
static_assert(same(CudnnType::KnobType, CUDNN_TYPE_KNOB_TYPE));
static_assert(same(CudnnType::PointwiseMode, CUDNN_TYPE_POINTWISE_MODE));
static_assert(same(CudnnType::Object, CUDNN_TYPE_BACKEND_DESCRIPTOR));
static_assert(same(CudnnType::ReductionOperator, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE));
static_assert(same(CudnnType::Char, CUDNN_TYPE_CHAR));

static_assert(same(CudnnData::F32, CUDNN_DATA_FLOAT));
static_assert(same(CudnnData::I32, CUDNN_DATA_INT32));
static_assert(same(CudnnData::BF16, CUDNN_DATA_BFLOAT16));
static_assert(same(CudnnData::Boolean, CUDNN_DATA_BOOLEAN));

static_assert(same(CudnnPointwise::Add, CUDNN_POINTWISE_ADD));
static_assert(same(CudnnPointwise::Multiply, CUDNN_POINTWISE_MUL));
static_assert(same(CudnnPointwise::Divide, CUDNN_POINTWISE_DIV));
static_assert(same(CudnnPointwise::Subtract, CUDNN_POINTWISE_SUB));
static_assert(same(CudnnPointwise::Exp, CUDNN_POINTWISE_EXP));
static_assert(same(CudnnPointwise::Log, CUDNN_POINTWISE_LOG));
static_assert(same(CudnnPointwise::Greater, CUDNN_POINTWISE_CMP_GT));
static_assert(same(CudnnPointwise::GreaterOrEqual, CUDNN_POINTWISE_CMP_GE));
static_assert(same(CudnnPointwise::Less, CUDNN_POINTWISE_CMP_LT));
static_assert(same(CudnnPointwise::And, CUDNN_POINTWISE_LOGICAL_AND));
static_assert(same(CudnnPointwise::Index, CUDNN_POINTWISE_GEN_INDEX));
static_assert(same(CudnnPointwise::Select, CUDNN_POINTWISE_BINARY_SELECT));
static_assert(same(CudnnReduction::Add, CUDNN_REDUCE_TENSOR_ADD));
static_assert(same(CudnnReduction::Max, CUDNN_REDUCE_TENSOR_MAX));
static_assert(same(CudnnHeuristic::A, CUDNN_HEUR_MODE_A));
static_assert(same(CudnnKnob::Stages, CUDNN_KNOB_TYPE_STAGES));
static_assert(same(CudnnKnob::KernelConfig, CUDNN_KNOB_TYPE_KERNEL_CFG));

} // namespace
} // namespace engine::cuda
