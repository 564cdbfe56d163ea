// One product described to cuBLASLt, and the algorithms that the library offers for it.
#pragma once

#include <vector>

#include "engine/cuda/cublas_lt_api.h"
#include "engine/cuda/cublas_lt_product.h"

namespace engine::cuda {

// Bytes of device memory that an algorithm may work in.
inline constexpr std::size_t kLtWorkspaceBytes = std::size_t{32} << 20U;

// The operands of one call.
struct LtOperands
{
    float alpha = 1.0F;
    const void* a = nullptr;
    const void* b = nullptr;
    const void* c = nullptr; // read where the product accumulates
    void* d = nullptr;

    friend bool operator==(const LtOperands&, const LtOperands&) = default;
};

// Where a call works.
struct LtPlace
{
    void* workspace = nullptr; // kLtWorkspaceBytes of device memory
    StreamHandle stream = nullptr;
};

class LtPlan
{
public:
    // Throws EngineError. Both must outlive the plan.
    LtPlan(const LtFunctions& functions, LtHandle handle, const LtProduct& product);
    LtPlan(const LtPlan&) = delete;
    LtPlan& operator=(const LtPlan&) = delete;
    ~LtPlan();

    // At most `count` algorithms, the one first that the library thinks the fastest. Sums are kept
    // in float32 throughout. Throws EngineError: Unsupported when there is none.
    [[nodiscard]] std::vector<LtAlgorithm> candidates(int count) const;

    // Whether the library can compute this product so, within the workspace.
    [[nodiscard]] bool accepts(const LtAlgorithm& algorithm) const;

    // Queues the product; cublasStatus_t.
    [[nodiscard]] int
    multiply(const LtAlgorithm& algorithm, const LtOperands& operands, const LtPlace& place) const;

    [[nodiscard]] const LtProduct& product() const { return m_product; }

private:
    void describe();
    void set_transpose(int attribute, bool transpose) const;
    [[nodiscard]] LtLayout stored(bool transposed,
                                  std::int64_t rows,
                                  std::int64_t columns,
                                  std::int64_t ld,
                                  DType dtype) const;
    void release() noexcept;

    const LtFunctions& m_functions;
    LtHandle m_handle;
    LtProduct m_product;
    LtDescription m_description = nullptr;
    LtLayout m_a = nullptr;
    LtLayout m_b = nullptr;
    LtLayout m_d = nullptr; // c's too
};

} // namespace engine::cuda
