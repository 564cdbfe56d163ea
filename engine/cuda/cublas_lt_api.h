// The part of NVIDIA's cuBLASLt that the engine calls: functions, types and values as its reference
// gives them. No toolkit is needed to compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/shared_library.h"
#include "engine/cuda/driver_api.h"

namespace engine::cuda {

// The library's handles, which only it looks into.
using LtHandle = struct LtHandleTag*;
using LtDescription = struct LtDescriptionTag*;
using LtLayout = struct LtLayoutTag*;
using LtPreference = struct LtPreferenceTag*;

// cublasComputeType_t, cudaDataType, cublasStatus_t, and the attributes of cublasLt.h.
inline constexpr int kLtCompute32F = 68;
inline constexpr int kLtCompute32FFastTf32 = 77;
inline constexpr int kLtReal32F = 0;
inline constexpr int kLtReal16BF = 14;
inline constexpr int kLtTransposeA = 3;
inline constexpr int kLtTransposeB = 4;
inline constexpr int kLtMaxWorkspaceBytes = 1;
inline constexpr int kLtReductionSchemes = 3;
inline constexpr int kLtMinAlignmentA = 5; // B, C and D follow
inline constexpr std::uint32_t kLtReduceNowhere = 0;
inline constexpr std::uint32_t kLtReduceInComputeType = 2;
inline constexpr int kLtAllocFailed = 3;
inline constexpr int kLtInvalidValue = 7;
inline constexpr int kLtArchitectureMismatch = 8;
inline constexpr int kLtExecutionFailed = 13;
inline constexpr int kLtNotSupported = 15;

// cublasLtMatmulAlgo_t.
struct LtAlgorithm
{
    std::array<std::uint64_t, 8> data = {};

    friend bool operator==(const LtAlgorithm&, const LtAlgorithm&) = default;
};

// cublasLtMatmulHeuristicResult_t.
struct LtHeuristicResult
{
    LtAlgorithm algorithm;
    std::size_t workspace_bytes = 0;
    int state = 0;
    float waves = 0.0F;
    std::array<int, 4> reserved = {};
};

// Entry points, spelled as the library exports them.
struct LtFunctions
{
    int (*cublasLtCreate)(LtHandle* handle) = nullptr;
    int (*cublasLtDestroy)(LtHandle handle) = nullptr;
    int (*cublasLtMatmulDescCreate)(LtDescription* description,
                                    int compute_type,
                                    int scale_type) = nullptr;
    int (*cublasLtMatmulDescDestroy)(LtDescription description) = nullptr;
    int (*cublasLtMatmulDescSetAttribute)(LtDescription description,
                                          int attribute,
                                          const void* value,
                                          std::size_t bytes) = nullptr;
    int (*cublasLtMatrixLayoutCreate)(LtLayout* layout,
                                      int type,
                                      std::uint64_t rows,
                                      std::uint64_t columns,
                                      std::int64_t ld) = nullptr;
    int (*cublasLtMatrixLayoutDestroy)(LtLayout layout) = nullptr;
    int (*cublasLtMatmulPreferenceCreate)(LtPreference* preference) = nullptr;
    int (*cublasLtMatmulPreferenceDestroy)(LtPreference preference) = nullptr;
    int (*cublasLtMatmulPreferenceSetAttribute)(LtPreference preference,
                                                int attribute,
                                                const void* value,
                                                std::size_t bytes) = nullptr;
    int (*cublasLtMatmulAlgoGetHeuristic)(LtHandle handle,
                                          LtDescription description,
                                          LtLayout a,
                                          LtLayout b,
                                          LtLayout c,
                                          LtLayout d,
                                          LtPreference preference,
                                          int wanted,
                                          LtHeuristicResult* results,
                                          int* found) = nullptr;
    int (*cublasLtMatmulAlgoCheck)(LtHandle handle,
                                   LtDescription description,
                                   LtLayout a,
                                   LtLayout b,
                                   LtLayout c,
                                   LtLayout d,
                                   const LtAlgorithm* algorithm,
                                   LtHeuristicResult* result) = nullptr;
    int (*cublasLtMatmul)(LtHandle handle,
                          LtDescription description,
                          const void* alpha,
                          const void* a,
                          LtLayout layout_a,
                          const void* b,
                          LtLayout layout_b,
                          const void* beta,
                          const void* c,
                          LtLayout layout_c,
                          void* d,
                          LtLayout layout_d,
                          const LtAlgorithm* algorithm,
                          void* workspace,
                          std::size_t workspace_bytes,
                          StreamHandle stream) = nullptr;

    // Finds them all; the first that the library does not have, null when it has all.
    [[nodiscard]] const char* find(const SharedLibrary& library);
};

} // namespace engine::cuda
