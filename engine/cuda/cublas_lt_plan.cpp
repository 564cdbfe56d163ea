// Describing a product to cuBLASLt and asking for its algorithms.
#include "engine/cuda/cublas_lt_plan.h"

#include <memory>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

int data_type(DType dtype)
{
    return dtype == DType::F32 ? kLtReal32F : kLtReal16BF;
}

} // namespace

LtPlan::LtPlan(const LtFunctions& functions, LtHandle handle, const LtProduct& product)
    : m_functions(functions)
    , m_handle(handle)
    , m_product(product)
{
    try {
        describe();
    } catch (...) {
        release();
        throw;
    }
}

LtPlan::~LtPlan()
{
    release();
}

void LtPlan::release() noexcept
{
    for (const LtLayout layout : {m_a, m_b, m_d}) {
        if (layout != nullptr) {
            m_functions.cublasLtMatrixLayoutDestroy(layout);
        }
    }
    if (m_description != nullptr) {
        m_functions.cublasLtMatmulDescDestroy(m_description);
    }
}

void LtPlan::describe()
{
    const LtProduct& p = m_product;
    const int compute = p.tf32 ? kLtCompute32FFastTf32 : kLtCompute32F;
    check_cublas(m_functions.cublasLtMatmulDescCreate(&m_description, compute, kLtReal32F),
                 "cublasLtMatmulDescCreate");
    set_transpose(kLtTransposeA, p.transpose_a);
    set_transpose(kLtTransposeB, p.transpose_b);
    m_a = stored(p.transpose_a, p.m, p.k, p.lda, p.input);
    m_b = stored(p.transpose_b, p.k, p.n, p.ldb, p.input);
    m_d = stored(false, p.m, p.n, p.ldd, p.output);
}

void LtPlan::set_transpose(int attribute, bool transpose) const
{
    const int operation = transpose ? 1 : 0; // CUBLAS_OP_T, CUBLAS_OP_N
    check_cublas(m_functions.cublasLtMatmulDescSetAttribute(
                     m_description, attribute, &operation, sizeof operation),
                 "cublasLtMatmulDescSetAttribute");
}

LtLayout LtPlan::stored(
    bool transposed, std::int64_t rows, std::int64_t columns, std::int64_t ld, DType dtype) const
{
    LtLayout layout = nullptr;
    check_cublas(m_functions.cublasLtMatrixLayoutCreate(
                     &layout,
                     data_type(dtype),
                     static_cast<std::uint64_t>(transposed ? columns : rows),
                     static_cast<std::uint64_t>(transposed ? rows : columns),
                     ld),
                 "cublasLtMatrixLayoutCreate");
    return layout;
}

std::vector<LtAlgorithm> LtPlan::candidates(int count) const
{
    LtPreference made = nullptr;
    check_cublas(m_functions.cublasLtMatmulPreferenceCreate(&made),
                 "cublasLtMatmulPreferenceCreate");
    const std::unique_ptr<std::remove_pointer_t<LtPreference>, int (*)(LtPreference)> preference(
        made, m_functions.cublasLtMatmulPreferenceDestroy);
    const auto set = [&](int attribute, const auto& value) {
        check_cublas(
            m_functions.cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof value),
            "cublasLtMatmulPreferenceSetAttribute");
    };
    set(kLtMaxWorkspaceBytes, std::uint64_t{kLtWorkspaceBytes});
    // A sum may be cut into parts that are added in float32 (else they may be rounded to bf16), but
    // not where its length is no multiple of every algorithm's step: some versions of the library
    // are said to leave out the rest of such a sum when they cut it.
    set(kLtReductionSchemes,
        m_product.k % kDepthStep == 0 ? kLtReduceInComputeType : kLtReduceNowhere);
    set(kLtMinAlignmentA, std::uint32_t{m_product.align_a});
    set(kLtMinAlignmentA + 1, std::uint32_t{m_product.align_b});
    set(kLtMinAlignmentA + 2, std::uint32_t{m_product.align_c});
    set(kLtMinAlignmentA + 3, std::uint32_t{m_product.align_d});
    std::vector<LtHeuristicResult> results(static_cast<std::size_t>(count));
    int found = 0;
    const int status = m_functions.cublasLtMatmulAlgoGetHeuristic(
        m_handle, m_description, m_a, m_b, m_d, m_d, made, count, results.data(), &found);
    const bool unknown = status == kLtNotSupported || status == kLtArchitectureMismatch;
    if (!unknown) {
        check_cublas(status, "cublasLtMatmulAlgoGetHeuristic");
    }
    std::vector<LtAlgorithm> algorithms;
    for (int i = 0; !unknown && i < found; ++i) {
        const LtHeuristicResult& result = results[static_cast<std::size_t>(i)];
        if (result.state == kSuccess) {
            algorithms.push_back(result.algorithm);
        }
    }
    if (algorithms.empty()) {
        throw EngineError({ErrorCode::Unsupported,
                           concat("GPU: cuBLAS knows no algorithm for m ",
                                  m_product.m,
                                  ", n ",
                                  m_product.n,
                                  ", k ",
                                  m_product.k,
                                  ", ",
                                  m_product.input,
                                  " to ",
                                  m_product.output),
                           "try dtype f32, or compute on the CPU"});
    }
    return algorithms;
}

bool LtPlan::accepts(const LtAlgorithm& wanted) const
{
    LtHeuristicResult result;
    const int status = m_functions.cublasLtMatmulAlgoCheck(
        m_handle, m_description, m_a, m_b, m_d, m_d, &wanted, &result);
    return status == kSuccess && result.state == kSuccess
           && result.workspace_bytes <= kLtWorkspaceBytes;
}

int LtPlan::multiply(const LtAlgorithm& chosen,
                     const LtOperands& operands,
                     const LtPlace& place) const
{
    const float beta = m_product.accumulate ? 1.0F : 0.0F;
    return m_functions.cublasLtMatmul(m_handle,
                                      m_description,
                                      &operands.alpha,
                                      operands.a,
                                      m_a,
                                      operands.b,
                                      m_b,
                                      &beta,
                                      operands.c,
                                      m_d,
                                      operands.d,
                                      m_d,
                                      &chosen,
                                      place.workspace,
                                      kLtWorkspaceBytes,
                                      place.stream);
}

} // namespace engine::cuda
