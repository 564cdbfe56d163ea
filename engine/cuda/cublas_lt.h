// NVIDIA's cuBLASLt, opened at run time: matrix products by the algorithm that was the fastest when
// it was first tried on this computer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/core/error.h"
#include "engine/cuda/algorithm_store.h"
#include "engine/cuda/algorithm_trial.h"
#include "engine/cuda/cublas_lt_plan.h"

namespace engine::cuda {

// How algorithms are chosen. Large products are timed once for each size class and the choice is
// kept in the file; without a file, or where it cannot be written, the library's own first choice
// is taken, so that the same run always computes the same bits.
struct LtChoice
{
    std::filesystem::path file = AlgorithmStore::default_file();
    // Smaller products take as long as their launch.
    double least_operations = 1e8;
};

// An open library with its handle and the algorithm chosen for every product seen. Used by one
// thread at a time.
class CublasLt
{
public:
    // Call with the device's context current; `device` is the GPU's name. The driver must outlive
    // it. Errors: NotFound (no library), Unsupported (a function is missing or the library does not
    // start).
    [[nodiscard]] static Result<std::unique_ptr<CublasLt>> open(const Driver& driver,
                                                                const std::string& device,
                                                                const std::string& library,
                                                                const LtChoice& choice);

    CublasLt(const CublasLt&) = delete;
    CublasLt& operator=(const CublasLt&) = delete;
    ~CublasLt();

    // What the product's first multiply() would wait for: its algorithm is chosen. The operands are
    // only read: a trial writes to memory of its own. Throws EngineError.
    void prepare(const LtProduct& product, LtOperands operands, const LtPlace& place);

    // Queues the product on the stream: accumulation in float32. Waits for the stream where
    // algorithms are timed. Throws EngineError.
    void multiply(const LtProduct& product, const LtOperands& operands, const LtPlace& place);

private:
    struct Planned
    {
        std::unique_ptr<LtPlan> plan;
        LtAlgorithm algorithm;
    };

    CublasLt(const Driver& driver, AlgorithmStore store, const LtFunctions& functions);
    [[nodiscard]] Planned&
    planned(const LtProduct& product, const LtOperands& operands, const LtPlace& place);
    [[nodiscard]] LtAlgorithm
    choose(const LtPlan& plan, const LtOperands& operands, const LtPlace& place);

    const Driver& m_driver;
    AlgorithmStore m_store;
    double m_least_operations = 0.0;
    bool m_trial_told = false;
    LtFunctions m_functions;
    LtHandle m_handle = nullptr;
    std::unordered_map<LtProduct, Planned, LtProductHash> m_products;
};

// Whether the library is there and answers: 10000 * major + 100 * minor + patch. Errors: those of
// CublasLt::open.
[[nodiscard]] Result<std::size_t>
cublas_lt_version(const std::string& library = cublas_lt_library());

} // namespace engine::cuda
