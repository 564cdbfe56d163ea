// The names and numbers of cuDNN's backend API, as its reference gives them.
#pragma once

namespace engine::cuda {

// cudnnBackendDescriptorType_t.
enum class CudnnKind : int {
    Pointwise = 0,
    Engine = 2,
    EngineConfig = 3,
    EngineHeuristic = 4,
    ExecutionPlan = 5,
    KnobChoice = 7,
    OperationPointwise = 13,
    OperationGraph = 15,
    VariantPack = 16,
    Tensor = 17,
    Matmul = 18,
    OperationMatmul = 19,
    Reduction = 21,
    OperationReduction = 22,
    OperationReshape = 31,
    DeviceProperties = 38,
};

// cudnnBackendAttributeName_t.
enum class CudnnAttribute : int {
    PointwiseMode = 0,
    PointwisePrecision = 1,
    PointwiseAxis = 9,
    HeuristicMode = 200,
    HeuristicGraph = 201,
    HeuristicResults = 202,
    HeuristicDevice = 204,
    ConfigEngine = 300,
    ConfigKnobs = 302,
    ConfigWorkspaceBytes = 303,
    PlanHandle = 400,
    PlanConfig = 401,
    PlanWorkspaceBytes = 402,
    KnobType = 600,
    KnobValue = 601,
    OperationPointwise = 750,
    OperationPointwiseX = 751,
    OperationPointwiseB = 752,
    OperationPointwiseY = 753,
    OperationPointwiseT = 758,
    GraphHandle = 800,
    GraphOperations = 801,
    TensorAlignment = 900,
    TensorDataType = 901,
    TensorDimensions = 902,
    TensorStrides = 903,
    TensorId = 906,
    TensorIsVirtual = 907,
    TensorIsByValue = 908,
    TensorRaggedOffset = 913,
    PackIds = 1000,
    PackPointers = 1001,
    PackWorkspace = 1003,
    EngineGraph = 1300,
    EngineNumber = 1301,
    EngineDevice = 1307,
    MatmulPrecision = 1500,
    MatmulPaddingValue = 1503,
    OperationMatmulA = 1520,
    OperationMatmulB = 1521,
    OperationMatmulC = 1522,
    OperationMatmul = 1523,
    OperationMatmulM = 1525,
    OperationMatmulN = 1526,
    OperationMatmulK = 1527,
    ReductionOperator = 1600,
    ReductionPrecision = 1601,
    OperationReductionX = 1610,
    OperationReductionY = 1611,
    OperationReduction = 1612,
    OperationReshapeX = 2200,
    OperationReshapeY = 2201,
    DeviceJson = 2702,
};

// cudnnBackendAttributeType_t.
enum class CudnnType : int {
    Handle = 0,
    DataType = 1,
    Boolean = 2,
    Int64 = 3,
    Double = 5,
    VoidPointer = 6,
    HeuristicMode = 8,
    KnobType = 9,
    PointwiseMode = 14,
    Object = 15,
    ReductionOperator = 18,
    Char = 24,
};

// cudnnDataType_t.
enum class CudnnData : int { F32 = 0, I32 = 4, BF16 = 9, Boolean = 11 };

// cudnnPointwiseMode_t. y = x MODE b; Select: y = t ? x : b; Index: the place along the axis.
enum class CudnnPointwise : int {
    Add = 0,
    Multiply = 1,
    Divide = 6,
    Subtract = 9,
    Exp = 13,
    Log = 15,
    Greater = 302,
    GreaterOrEqual = 303,
    Less = 304,
    And = 400,
    Index = 501,
    Select = 601,
};

// cudnnReduceTensorOp_t.
enum class CudnnReduction : int { Add = 0, Max = 3 };

// cudnnBackendHeurMode_t.
enum class CudnnHeuristic : int { A = 3 };

// cudnnBackendKnobType_t.
enum class CudnnKnob : int { Stages = 14, KernelConfig = 24 };

} // namespace engine::cuda
