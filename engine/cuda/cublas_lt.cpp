// Opening cuBLASLt, and one plan and one algorithm for every product.
#include "engine/cuda/cublas_lt.h"

#include "engine/core/log.h"
#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

constexpr int kCandidates = 8;
constexpr std::size_t kMostProducts = 4096; // each number of tokens has some dozens
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

Result<std::size_t> version_of(const SharedLibrary& library, const std::string& name)
{
    const auto version = reinterpret_cast<std::size_t (*)()>(library.symbol("cublasLtGetVersion"));
    if (version == nullptr) {
        return Error{
            ErrorCode::Unsupported, name + ": has no function cublasLtGetVersion", kInstall};
    }
    return version();
}

} // namespace

CublasLt::CublasLt(const Driver& driver, AlgorithmStore store, const LtFunctions& functions)
    : m_driver(driver)
    , m_store(std::move(store))
    , m_functions(functions)
{}

CublasLt::~CublasLt()
{
    m_products.clear();
    if (m_handle != nullptr) {
        m_functions.cublasLtDestroy(m_handle);
    }
}

Result<std::unique_ptr<CublasLt>> CublasLt::open(const Driver& driver,
                                                 const std::string& device,
                                                 const std::string& library,
                                                 const LtChoice& choice)
{
    const Result<SharedLibrary> opened = open_library(library);
    if (!opened) {
        return opened.error();
    }
    const Result<std::size_t> version = version_of(*opened, library);
    if (!version) {
        return version.error();
    }
    LtFunctions functions;
    if (const char* missing = functions.find(*opened)) {
        return Error{
            ErrorCode::Unsupported, concat(library, ": has no function ", missing), kInstall};
    }
    AlgorithmStore store(choice.file, concat(device, ", cuBLASLt ", *version));
    std::unique_ptr<CublasLt> lt(new CublasLt(driver, std::move(store), functions));
    lt->m_least_operations = choice.least_operations;
    if (const int status = functions.cublasLtCreate(&lt->m_handle); status != kSuccess) {
        lt->m_handle = nullptr;
        return Error{ErrorCode::Unsupported, concat(library, ": does not start, status ", status)};
    }
    return lt;
}

LtAlgorithm CublasLt::choose(const LtPlan& plan, const LtOperands& operands, const LtPlace& place)
{
    const LtProduct& product = plan.product();
    if (!m_store.keeps() || product.operations() < m_least_operations) {
        return plan.candidates(1).front();
    }
    const std::string size_class = product.size_class();
    std::optional<LtAlgorithm> chosen = m_store.find(size_class);
    if (!chosen) {
        if (!std::exchange(m_trial_told, true)) {
            log(LogLevel::Info,
                concat("GPU: trying algorithms for matrix products, so the first steps are slower; "
                       "kept in ",
                       m_store.file().string(),
                       " for later runs"));
        }
        const std::vector<LtAlgorithm> candidates = plan.candidates(kCandidates);
        chosen = fastest_algorithm(m_driver, plan, candidates, operands, place);
        if (!chosen) {
            return candidates.front();
        }
        const Result<LtAlgorithm> kept = m_store.keep(size_class, *chosen);
        if (!kept) {
            log(LogLevel::Warning,
                concat(kept.error().message,
                       "; cuBLAS' own choice of algorithms is used, which may be slower; let this "
                       "user write to ",
                       m_store.file().parent_path().string(),
                       ", or on Linux name another folder in XDG_CACHE_HOME"));
            m_store = AlgorithmStore({}, {});
            return candidates.front();
        }
        chosen = *kept;
    }
    return plan.accepts(*chosen) ? *chosen : plan.candidates(1).front();
}

CublasLt::Planned&
CublasLt::planned(const LtProduct& product, const LtOperands& operands, const LtPlace& place)
{
    const auto found = m_products.find(product);
    if (found != m_products.end()) {
        return found->second;
    }
    if (m_products.size() >= kMostProducts) {
        m_products.clear(); // work that is queued needs none of it
    }
    Planned made = {.plan = std::make_unique<LtPlan>(m_functions, m_handle, product),
                    .algorithm = {}};
    made.algorithm = choose(*made.plan, operands, place);
    return m_products.emplace(product, std::move(made)).first->second;
}

void CublasLt::prepare(const LtProduct& product, LtOperands operands, const LtPlace& place)
{
    if (operands.c == operands.d) {
        operands.c = nullptr;
    }
    operands.d = nullptr;
    (void)planned(product, operands, place);
}

void CublasLt::multiply(const LtProduct& product, const LtOperands& operands, const LtPlace& place)
{
    Planned& known = planned(product, operands, place);
    int status = known.plan->multiply(known.algorithm, operands, place);
    if (status == kLtInvalidValue || status == kLtNotSupported) {
        // What was good for a product of nearly this size.
        known.algorithm = known.plan->candidates(1).front();
        status = known.plan->multiply(known.algorithm, operands, place);
    }
    check_cublas(status, "cublasLtMatmul");
}

Result<std::size_t> cublas_lt_version(const std::string& library)
{
    const Result<SharedLibrary> opened = open_library(library);
    if (!opened) {
        return opened.error();
    }
    return version_of(*opened, library);
}

} // namespace engine::cuda
