// Finding cuBLASLt's functions in the opened library.
#include "engine/cuda/cublas_lt_api.h"

namespace engine::cuda {

const char* LtFunctions::find(const SharedLibrary& library)
{
    FunctionSearch search(library);
    search.need("cublasLtCreate", cublasLtCreate);
    search.need("cublasLtDestroy", cublasLtDestroy);
    search.need("cublasLtMatmulDescCreate", cublasLtMatmulDescCreate);
    search.need("cublasLtMatmulDescDestroy", cublasLtMatmulDescDestroy);
    search.need("cublasLtMatmulDescSetAttribute", cublasLtMatmulDescSetAttribute);
    search.need("cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate);
    search.need("cublasLtMatrixLayoutDestroy", cublasLtMatrixLayoutDestroy);
    search.need("cublasLtMatmulPreferenceCreate", cublasLtMatmulPreferenceCreate);
    search.need("cublasLtMatmulPreferenceDestroy", cublasLtMatmulPreferenceDestroy);
    search.need("cublasLtMatmulPreferenceSetAttribute", cublasLtMatmulPreferenceSetAttribute);
    search.need("cublasLtMatmulAlgoGetHeuristic", cublasLtMatmulAlgoGetHeuristic);
    search.need("cublasLtMatmulAlgoCheck", cublasLtMatmulAlgoCheck);
    search.need("cublasLtMatmul", cublasLtMatmul);
    return search.missing();
}

} // namespace engine::cuda
