// The part of NVIDIA's cuBLASLt that the engine calls, opened at run time, and matrix products
// through it. Names and values are those of the cuBLAS reference; no toolkit is needed to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/core/dtype.h"
#include "engine/core/error.h"
#include "engine/core/shared_library.h"
#include "engine/cuda/driver_api.h"

namespace engine::cuda {

// One product in the library's column-major words: d[m, n] = alpha op(a) op(b) + beta d, where
// column j of a stored matrix starts at j * ld.
struct LtProduct
{
    std::int64_t m = 0, n = 0, k = 0;
    bool transpose_a = false, transpose_b = false;
    std::int64_t lda = 0, ldb = 0, ldd = 0;
    DType input = DType::F32, output = DType::F32;
    bool accumulate = false; // beta is 1
    // Bytes that the pointers are multiples of, a power of two up to kMaxAlignment.
    unsigned align_a = 1, align_b = 1, align_d = 1;

    friend bool operator==(const LtProduct&, const LtProduct&) = default;
};

// An open library with its handle and the algorithm it chose for every product seen. Used by one
// thread at a time.
class CublasLt
{
public:
    // Call with the device's context current. Errors: NotFound (no library), Unsupported (a
    // function is missing or the library does not start).
    [[nodiscard]] static Result<std::unique_ptr<CublasLt>>
    open(const std::string& library = cublas_lt_library());

    CublasLt(const CublasLt&) = delete;
    CublasLt& operator=(const CublasLt&) = delete;
    ~CublasLt();

    // Bytes of device memory that `workspace` of multiply() must have.
    static constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20U;

    // Queues the product on the stream: accumulation in float32, without TF32. Throws EngineError.
    void multiply(const LtProduct& product,
                  float alpha,
                  const void* a,
                  const void* b,
                  void* d,
                  void* workspace,
                  StreamHandle stream);

    // The alignment of a pointer as LtProduct wants it.
    [[nodiscard]] static unsigned alignment_of(const void* pointer);

private:
    struct Functions;
    struct Plan;

    struct ProductHash
    {
        std::size_t operator()(const LtProduct& product) const;
    };

    explicit CublasLt(std::unique_ptr<Functions> functions);
    [[nodiscard]] Plan& plan(const LtProduct& product);

    std::unique_ptr<Functions> m_functions;
    struct LtHandleTag* m_handle = nullptr;
    std::unordered_map<LtProduct, std::unique_ptr<Plan>, ProductHash> m_plans;
};

// Whether the library is there and answers: 10000 * major + 100 * minor + patch. Errors: those of
// CublasLt::open.
[[nodiscard]] Result<std::size_t>
cublas_lt_version(const std::string& library = cublas_lt_library());

} // namespace engine::cuda
