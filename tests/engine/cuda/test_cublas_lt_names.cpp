// The engine's declarations of cuBLASLt against NVIDIA's own header; compiled where it is
// installed.
#include <cublasLt.h>

#include "engine/cuda/cublas_lt_api.h"
#include "tests/engine/cuda/nvidia_names.h"

namespace engine::cuda {

template <>
inline constexpr bool kSameThing<LtHandleTag, cublasLtContext> = true;
template <>
inline constexpr bool kSameThing<LtDescriptionTag, std::remove_pointer_t<cublasLtMatmulDesc_t>> =
    true;
template <>
inline constexpr bool kSameThing<LtLayoutTag, std::remove_pointer_t<cublasLtMatrixLayout_t>> = true;
template <>
inline constexpr bool
    kSameThing<LtPreferenceTag, std::remove_pointer_t<cublasLtMatmulPreference_t>> = true;
template <>
inline constexpr bool kSameThing<LtAlgorithm, cublasLtMatmulAlgo_t> = true;
template <>
inline constexpr bool kSameThing<LtHeuristicResult, cublasLtMatmulHeuristicResult_t> = true;
template <>
inline constexpr bool kSameThing<StreamTag, CUstream_st> = true;

namespace {

constexpr std::array kLtFunctions = {
    same_function(&LtFunctions::cublasLtCreate, ::cublasLtCreate),
    same_function(&LtFunctions::cublasLtDestroy, ::cublasLtDestroy),
    same_function(&LtFunctions::cublasLtMatmulDescCreate, ::cublasLtMatmulDescCreate),
    same_function(&LtFunctions::cublasLtMatmulDescDestroy, ::cublasLtMatmulDescDestroy),
    same_function(&LtFunctions::cublasLtMatmulDescSetAttribute, ::cublasLtMatmulDescSetAttribute),
    same_function(&LtFunctions::cublasLtMatrixLayoutCreate, ::cublasLtMatrixLayoutCreate),
    same_function(&LtFunctions::cublasLtMatrixLayoutDestroy, ::cublasLtMatrixLayoutDestroy),
    same_function(&LtFunctions::cublasLtMatmulPreferenceCreate, ::cublasLtMatmulPreferenceCreate),
    same_function(&LtFunctions::cublasLtMatmulPreferenceDestroy, ::cublasLtMatmulPreferenceDestroy),
    same_function(&LtFunctions::cublasLtMatmulPreferenceSetAttribute,
                  ::cublasLtMatmulPreferenceSetAttribute),
    same_function(&LtFunctions::cublasLtMatmulAlgoGetHeuristic, ::cublasLtMatmulAlgoGetHeuristic),
    same_function(&LtFunctions::cublasLtMatmulAlgoCheck, ::cublasLtMatmulAlgoCheck),
    same_function(&LtFunctions::cublasLtMatmul, ::cublasLtMatmul)};
static_assert(first_other(kLtFunctions) == kLtFunctions.size());
static_assert(sizeof(LtFunctions) == kLtFunctions.size() * sizeof(void*));

// Structures that both sides write.
using TheirResult = cublasLtMatmulHeuristicResult_t;
static_assert(sizeof(LtAlgorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(alignof(LtAlgorithm) == alignof(cublasLtMatmulAlgo_t));
static_assert(sizeof(LtHeuristicResult) == sizeof(TheirResult));
static_assert(alignof(LtHeuristicResult) == alignof(TheirResult));
static_assert(offsetof(LtHeuristicResult, algorithm) == offsetof(TheirResult, algo));
static_assert(offsetof(LtHeuristicResult, workspace_bytes) == offsetof(TheirResult, workspaceSize));
static_assert(offsetof(LtHeuristicResult, state) == offsetof(TheirResult, state));
static_assert(offsetof(LtHeuristicResult, waves) == offsetof(TheirResult, wavesCount));

static_assert(same_number(kSuccess, CUBLAS_STATUS_SUCCESS));
static_assert(same_number(kLtAllocFailed, CUBLAS_STATUS_ALLOC_FAILED));
static_assert(same_number(kLtInvalidValue, CUBLAS_STATUS_INVALID_VALUE));
static_assert(same_number(kLtArchitectureMismatch, CUBLAS_STATUS_ARCH_MISMATCH));
static_assert(same_number(kLtExecutionFailed, CUBLAS_STATUS_EXECUTION_FAILED));
static_assert(same_number(kLtNotSupported, CUBLAS_STATUS_NOT_SUPPORTED));
static_assert(same_number(kLtCompute32F, CUBLAS_COMPUTE_32F));
static_assert(same_number(kLtCompute32FFastTf32, CUBLAS_COMPUTE_32F_FAST_TF32));
static_assert(same_number(kLtReal32F, CUDA_R_32F));
static_assert(same_number(kLtReal16BF, CUDA_R_16BF));
static_assert(same_number(kLtTransposeA, CUBLASLT_MATMUL_DESC_TRANSA));
static_assert(same_number(kLtTransposeB, CUBLASLT_MATMUL_DESC_TRANSB));
static_assert(same_number(kLtMaxWorkspaceBytes, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES));
static_assert(same_number(kLtReductionSchemes, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK));
static_assert(same_number(kLtReduceNowhere, CUBLASLT_REDUCTION_SCHEME_NONE));
static_assert(same_number(kLtReduceInComputeType, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
static_assert(same_number(kLtMinAlignmentA, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES));
static_assert(same_number(kLtMinAlignmentA + 1, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES));
static_assert(same_number(kLtMinAlignmentA + 2, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES));
static_assert(same_number(kLtMinAlignmentA + 3, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES));

} // namespace
} // namespace engine::cuda
