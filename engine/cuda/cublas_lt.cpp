// Matrix products by cuBLASLt: descriptions of a product are made once and kept.
#include "engine/cuda/cublas_lt.h"

#include <array>
#include <bit>
#include <functional>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

using Handle = struct LtHandleTag*;
using Description = struct LtDescriptionTag*;
using Layout = struct LtLayoutTag*;
using Preference = struct LtPreferenceTag*;

// cublasComputeType_t, cudaDataType, and the attributes of cublasLt.h.
constexpr int kCompute32F = 68;
constexpr int kReal32F = 0;
constexpr int kReal16BF = 14;
constexpr int kTransposeA = 3;
constexpr int kTransposeB = 4;
constexpr int kMaxWorkspaceBytes = 1;
constexpr int kReductionSchemes = 3;
constexpr std::uint32_t kReduceInComputeType = 2; // else parts of a sum may be rounded to bf16
constexpr int kMinAlignmentA = 5;                 // B, C and D follow
constexpr int kArchitectureMismatch = 8;          // cublasStatus_t
constexpr int kNotSupported = 15;
constexpr unsigned kMaxAlignment = 256;

// cublasLtMatmulAlgo_t and cublasLtMatmulHeuristicResult_t.
struct Algorithm
{
    std::array<std::uint64_t, 8> data = {};
};

struct HeuristicResult
{
    Algorithm algorithm;
    std::size_t workspace_bytes = 0;
    int state = 0;
    float waves = 0.0F;
    std::array<int, 4> reserved = {};
};

constexpr const char* kInstall = "install cuBLAS 13 (part of the CUDA 13 runtime libraries)";

Result<SharedLibrary> open_library(const std::string& name)
{
    Result<SharedLibrary> opened = SharedLibrary::open(name);
    if (!opened) {
        return Error{ErrorCode::NotFound,
                     concat("NVIDIA's cuBLAS is not installed (", opened.error().message, ")"),
                     kInstall};
    }
    return opened;
}

int data_type(DType dtype)
{
    return dtype == DType::F32 ? kReal32F : kReal16BF;
}

} // namespace

struct CublasLt::Functions
{
    int (*cublasLtCreate)(Handle* handle) = nullptr;
    int (*cublasLtDestroy)(Handle handle) = nullptr;
    int (*cublasLtMatmulDescCreate)(Description* description,
                                    int compute_type,
                                    int scale_type) = nullptr;
    int (*cublasLtMatmulDescDestroy)(Description description) = nullptr;
    int (*cublasLtMatmulDescSetAttribute)(Description description,
                                          int attribute,
                                          const void* value,
                                          std::size_t bytes) = nullptr;
    int (*cublasLtMatrixLayoutCreate)(Layout* layout,
                                      int type,
                                      std::uint64_t rows,
                                      std::uint64_t columns,
                                      std::int64_t ld) = nullptr;
    int (*cublasLtMatrixLayoutDestroy)(Layout layout) = nullptr;
    int (*cublasLtMatmulPreferenceCreate)(Preference* preference) = nullptr;
    int (*cublasLtMatmulPreferenceDestroy)(Preference preference) = nullptr;
    int (*cublasLtMatmulPreferenceSetAttribute)(Preference preference,
                                                int attribute,
                                                const void* value,
                                                std::size_t bytes) = nullptr;
    int (*cublasLtMatmulAlgoGetHeuristic)(Handle handle,
                                          Description description,
                                          Layout a,
                                          Layout b,
                                          Layout c,
                                          Layout d,
                                          Preference preference,
                                          int wanted,
                                          HeuristicResult* results,
                                          int* found) = nullptr;
    int (*cublasLtMatmul)(Handle handle,
                          Description description,
                          const void* alpha,
                          const void* a,
                          Layout layout_a,
                          const void* b,
                          Layout layout_b,
                          const void* beta,
                          const void* c,
                          Layout layout_c,
                          void* d,
                          Layout layout_d,
                          const Algorithm* algorithm,
                          void* workspace,
                          std::size_t workspace_bytes,
                          StreamHandle stream) = nullptr;

    // The first function that the library does not have; null when it has all.
    const char* find(const SharedLibrary& library)
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
        need("cublasLtMatmul", cublasLtMatmul);
        return missing;
    }
};

// What the library wants to know of a product, and the algorithm it chose.
struct CublasLt::Plan
{
    const Functions& f;
    Description description = nullptr;
    Layout a = nullptr;
    Layout b = nullptr;
    Layout d = nullptr;
    Algorithm algorithm;

    Plan(const Functions& functions, Handle handle, const LtProduct& product)
        : f(functions)
    {
        try {
            describe(product);
            choose(handle, product);
        } catch (...) {
            release();
            throw;
        }
    }

    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;

    ~Plan() { release(); }

private:
    void release() noexcept
    {
        for (const Layout layout : {a, b, d}) {
            if (layout != nullptr) {
                f.cublasLtMatrixLayoutDestroy(layout);
            }
        }
        if (description != nullptr) {
            f.cublasLtMatmulDescDestroy(description);
        }
    }

    void describe(const LtProduct& product)
    {
        check_cublas(f.cublasLtMatmulDescCreate(&description, kCompute32F, kReal32F),
                     "cublasLtMatmulDescCreate");
        set_transpose(kTransposeA, product.transpose_a);
        set_transpose(kTransposeB, product.transpose_b);
        a = stored(product.transpose_a, product.m, product.k, product.lda, product.input);
        b = stored(product.transpose_b, product.k, product.n, product.ldb, product.input);
        d = stored(false, product.m, product.n, product.ldd, product.output);
    }

    void set_transpose(int attribute, bool transpose) const
    {
        const int operation = transpose ? 1 : 0; // CUBLAS_OP_T, CUBLAS_OP_N
        check_cublas(
            f.cublasLtMatmulDescSetAttribute(description, attribute, &operation, sizeof operation),
            "cublasLtMatmulDescSetAttribute");
    }

    [[nodiscard]] Layout stored(bool transposed,
                                std::int64_t rows,
                                std::int64_t columns,
                                std::int64_t ld,
                                DType dtype) const
    {
        Layout layout = nullptr;
        check_cublas(
            f.cublasLtMatrixLayoutCreate(&layout,
                                         data_type(dtype),
                                         static_cast<std::uint64_t>(transposed ? columns : rows),
                                         static_cast<std::uint64_t>(transposed ? rows : columns),
                                         ld),
            "cublasLtMatrixLayoutCreate");
        return layout;
    }

    void choose(Handle handle, const LtProduct& product)
    {
        Preference made = nullptr;
        check_cublas(f.cublasLtMatmulPreferenceCreate(&made), "cublasLtMatmulPreferenceCreate");
        const std::unique_ptr<std::remove_pointer_t<Preference>, int (*)(Preference)> preference(
            made, f.cublasLtMatmulPreferenceDestroy);
        const auto set = [&](int attribute, const auto& value) {
            check_cublas(
                f.cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof value),
                "cublasLtMatmulPreferenceSetAttribute");
        };
        set(kMaxWorkspaceBytes, std::uint64_t{kWorkspaceBytes});
        set(kReductionSchemes, kReduceInComputeType);
        set(kMinAlignmentA, std::uint32_t{product.align_a});
        set(kMinAlignmentA + 1, std::uint32_t{product.align_b});
        set(kMinAlignmentA + 2, std::uint32_t{product.align_d});
        set(kMinAlignmentA + 3, std::uint32_t{product.align_d});
        HeuristicResult result;
        int found = 0;
        const int status = f.cublasLtMatmulAlgoGetHeuristic(
            handle, description, a, b, d, d, made, 1, &result, &found);
        const bool unknown = status == kNotSupported || status == kArchitectureMismatch;
        if (!unknown) {
            check_cublas(status, "cublasLtMatmulAlgoGetHeuristic");
        }
        if (unknown || found < 1 || result.state != kSuccess) {
            throw EngineError({ErrorCode::Unsupported,
                               concat("GPU: cuBLAS knows no algorithm for m ",
                                      product.m,
                                      ", n ",
                                      product.n,
                                      ", k ",
                                      product.k,
                                      ", ",
                                      product.input,
                                      " to ",
                                      product.output),
                               "try dtype f32, or compute on the CPU"});
        }
        algorithm = result.algorithm;
    }
};

std::size_t CublasLt::ProductHash::operator()(const LtProduct& product) const
{
    std::size_t hash = 0;
    const auto mix = [&hash](auto value) {
        hash ^= std::hash<std::int64_t>{}(static_cast<std::int64_t>(value)) + 0x9E3779B97F4A7C15U
                + (hash << 6U) + (hash >> 2U);
    };
    mix(product.m);
    mix(product.n);
    mix(product.k);
    mix(product.lda);
    mix(product.ldb);
    mix(product.ldd);
    mix((product.transpose_a ? 4 : 0) + (product.transpose_b ? 2 : 0)
        + (product.accumulate ? 1 : 0));
    mix(static_cast<int>(product.input) * 4 + static_cast<int>(product.output));
    mix(product.align_a | (product.align_b << 10U) | (product.align_d << 20U));
    return hash;
}

CublasLt::CublasLt(std::unique_ptr<Functions> functions)
    : m_functions(std::move(functions))
{}

CublasLt::~CublasLt()
{
    m_plans.clear();
    if (m_handle != nullptr) {
        m_functions->cublasLtDestroy(m_handle);
    }
}

Result<std::unique_ptr<CublasLt>> CublasLt::open(const std::string& library)
{
    Result<SharedLibrary> opened = open_library(library);
    if (!opened) {
        return opened.error();
    }
    auto functions = std::make_unique<Functions>();
    if (const char* missing = functions->find(*opened)) {
        return Error{
            ErrorCode::Unsupported, concat(library, ": has no function ", missing), kInstall};
    }
    std::unique_ptr<CublasLt> lt(new CublasLt(std::move(functions)));
    if (const int status = lt->m_functions->cublasLtCreate(&lt->m_handle); status != kSuccess) {
        lt->m_handle = nullptr;
        return Error{ErrorCode::Unsupported, concat(library, ": does not start, status ", status)};
    }
    return lt;
}

CublasLt::Plan& CublasLt::plan(const LtProduct& product)
{
    std::unique_ptr<Plan>& plan = m_plans[product];
    if (plan == nullptr) {
        plan = std::make_unique<Plan>(*m_functions, m_handle, product);
    }
    return *plan;
}

void CublasLt::multiply(const LtProduct& product,
                        float alpha,
                        const void* a,
                        const void* b,
                        void* d,
                        void* workspace,
                        StreamHandle stream)
{
    const Plan& found = plan(product);
    const float beta = product.accumulate ? 1.0F : 0.0F;
    check_cublas(m_functions->cublasLtMatmul(m_handle,
                                             found.description,
                                             &alpha,
                                             a,
                                             found.a,
                                             b,
                                             found.b,
                                             &beta,
                                             d,
                                             found.d,
                                             d,
                                             found.d,
                                             &found.algorithm,
                                             workspace,
                                             kWorkspaceBytes,
                                             stream),
                 "cublasLtMatmul");
}

unsigned CublasLt::alignment_of(const void* pointer)
{
    const auto address = reinterpret_cast<std::uintptr_t>(pointer) | kMaxAlignment;
    return 1U << static_cast<unsigned>(std::countr_zero(address));
}

Result<std::size_t> cublas_lt_version(const std::string& library)
{
    const Result<SharedLibrary> opened = open_library(library);
    if (!opened) {
        return opened.error();
    }
    const auto version = reinterpret_cast<std::size_t (*)()>(opened->symbol("cublasLtGetVersion"));
    if (version == nullptr) {
        return Error{
            ErrorCode::Unsupported, library + ": has no function cublasLtGetVersion", kInstall};
    }
    return version();
}

} // namespace engine::cuda
