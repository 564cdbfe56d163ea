// Finding cuBLASLt's functions in the opened library.
#include "engine/cuda/cublas_lt_api.h"

#include <type_traits>

namespace engine::cuda {

const char* LtFunctions::find(const SharedLibrary& library)
{
    const char* missing = nullptr;
    const auto need = [&](const char* name, auto*& function) {
        function =
            reinterpret_cast<std::remove_reference_t<decltype(function)>>(library.symbol(name));
        if (function == nullptr && missing == nullptr) {
            missing = name;
        }
    };
    need("cublasLtCreate", cublasLtCreate);
    need("cublasLtDestroy", cublasLtDestroy);
    need("cublasLtMatmulDescCreate", cublasLtMatmulDescCreate);
    need("cublasLtMatmulDescDestroy", cublasLtMatmulDescDestroy);
    need("cublasLtMatmulDescSetAttribute", cublasLtMatmulDescSetAttribute);
    need("cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate);
    need("cublasLtMatrixLayoutDestroy", cublasLtMatrixLayoutDestroy);
    need("cublasLtMatmulPreferenceCreate", cublasLtMatmulPreferenceCreate);
    need("cublasLtMatmulPreferenceDestroy", cublasLtMatmulPreferenceDestroy);
    need("cublasLtMatmulPreferenceSetAttribute", cublasLtMatmulPreferenceSetAttribute);
    need("cublasLtMatmulAlgoGetHeuristic", cublasLtMatmulAlgoGetHeuristic);
    need("cublasLtMatmulAlgoCheck", cublasLtMatmulAlgoCheck);
    need("cublasLtMatmul", cublasLtMatmul);
    return missing;
}

} // namespace engine::cuda
