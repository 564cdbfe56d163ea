// cuBLASLt's products in plain loops, with double sums.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "engine/core/dtype.h"
#include "tests/support/gpu_emulator/memory.h"
#include "tests/support/gpu_emulator/stream.h"

namespace {

constexpr int kInvalidValue = 7;
constexpr int kExecutionFailed = 13;
constexpr int kReal32F = 0;
constexpr int kReal16BF = 14;
constexpr int kCompute32F = 68;
constexpr int kCompute32FFastTf32 = 77;
constexpr int kNotSupported = 15;
constexpr int kTransposeA = 3;
constexpr int kTransposeB = 4;
constexpr int kReductionSchemes = 3;
constexpr std::uint32_t kRoundingSchemes = 1 | 4;
constexpr int kMinAlignmentA = 5;

struct Description
{
    bool transpose_a = false;
    bool transpose_b = false;
    bool tf32 = false;
};

// What the algorithms take for a product, milliseconds; the second one is offered and then fails.
constexpr float kTimes[] = {1.0F, 0.0F, 0.5F, 0.75F};
constexpr std::uint64_t kFailing = 1;

struct Layout
{
    int type;
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t ld;

    [[nodiscard]] std::size_t element_bytes() const { return type == kReal32F ? 4 : 2; }

    [[nodiscard]] std::size_t bytes() const
    {
        return static_cast<std::size_t>((columns - 1) * ld + rows) * element_bytes();
    }
};

// The alignment that was promised; an algorithm keeps it to see that it was no lie.
struct Preference
{
    std::uint32_t alignment[4] = {256, 256, 256, 256}; // A, B, C, D
    // Ways to add the parts of a sum; 1 and 4 round them to the output's type.
    std::uint32_t reduction_schemes = 7;
};

struct Algorithm
{
    std::uint64_t data[8];
};

constexpr int kNumber = 4; // where an algorithm has its own; the alignments stand before it
// Whether it may cut a sum. Then it sees no more than whole steps of it, the worst that is said of
// the real library.
constexpr int kCuts = 5;
constexpr std::int64_t kDepthStep = 128;

struct HeuristicResult
{
    Algorithm algorithm;
    std::size_t workspace_bytes;
    int state;
    float waves;
    int reserved[4];
};

// The value cut to the ten bits of a TF32 mantissa.
float tf32_of(float value)
{
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & 0xFFFFE000U);
}

// A column-major matrix, transposed or not.
struct Matrix
{
    const void* data;
    Layout layout;
    bool transposed;
    bool tf32 = false;

    [[nodiscard]] float at(std::int64_t i, std::int64_t j) const
    {
        const std::int64_t place = transposed ? i * layout.ld + j : j * layout.ld + i;
        if (layout.type == kReal32F) {
            const float value = static_cast<const float*>(data)[place];
            return tf32 ? tf32_of(value) : value;
        }
        return engine::to_float(static_cast<const engine::bfloat16_t*>(data)[place]);
    }
};

struct Scalars
{
    float alpha;
    float beta;
};

// d lies as c does.
void multiply(const Matrix& a,
              const Matrix& b,
              const Matrix& c,
              const Scalars& scalars,
              std::int64_t depth,
              void* d)
{
    const Layout& layout = c.layout;
    for (std::int64_t j = 0; j < layout.columns; ++j) {
        for (std::int64_t i = 0; i < layout.rows; ++i) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < depth; ++k) {
                sum += static_cast<double>(a.at(i, k)) * static_cast<double>(b.at(k, j));
            }
            sum *= static_cast<double>(scalars.alpha);
            if (scalars.beta != 0.0F) {
                sum += static_cast<double>(scalars.beta * c.at(i, j));
            }
            const auto value = static_cast<float>(sum);
            if (layout.type == kReal32F) {
                static_cast<float*>(d)[j * layout.ld + i] = value;
            } else {
                static_cast<engine::bfloat16_t*>(d)[j * layout.ld + i] = engine::to_bfloat16(value);
            }
        }
    }
}

bool is_aligned(const void* pointer, std::uint64_t alignment)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

bool is_inside(const void* pointer, const Layout& layout)
{
    return emulator::is_allocated(reinterpret_cast<std::uintptr_t>(pointer), layout.bytes());
}

// LOWRANK_EMULATED_CUBLAS=wrong: a library that computes something else.
bool is_told_to_err()
{
    const char* word = std::getenv("LOWRANK_EMULATED_CUBLAS"); // NOLINT(concurrency-mt-unsafe)
    return word != nullptr && std::string_view(word) == "wrong";
}

} // namespace

extern "C" {

std::size_t cublasLtGetVersion()
{
    return 130100;
}

int cublasLtCreate(void** handle)
{
    static int one = 0;
    *handle = &one;
    return 0;
}

int cublasLtDestroy(void* /*handle*/)
{
    return 0;
}

int cublasLtMatmulDescCreate(Description** description, int compute_type, int scale_type)
{
    *description = new Description;
    (*description)->tf32 = compute_type == kCompute32FFastTf32;
    const bool known = compute_type == kCompute32F || (*description)->tf32;
    return known && scale_type == kReal32F ? 0 : kInvalidValue;
}

int cublasLtMatmulDescDestroy(Description* description)
{
    delete description;
    return 0;
}

int cublasLtMatmulDescSetAttribute(Description* description,
                                   int attribute,
                                   const void* value,
                                   std::size_t bytes)
{
    if (bytes != sizeof(int) || (attribute != kTransposeA && attribute != kTransposeB)) {
        return kInvalidValue;
    }
    const bool transpose = *static_cast<const int*>(value) == 1;
    (attribute == kTransposeA ? description->transpose_a : description->transpose_b) = transpose;
    return 0;
}

int cublasLtMatrixLayoutCreate(
    Layout** layout, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t ld)
{
    *layout =
        new Layout{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), ld};
    const bool known = type == kReal32F || type == kReal16BF;
    return known && rows > 0 && columns > 0 && ld >= (*layout)->rows ? 0 : kInvalidValue;
}

int cublasLtMatrixLayoutDestroy(Layout* layout)
{
    delete layout;
    return 0;
}

int cublasLtMatmulPreferenceCreate(Preference** preference)
{
    *preference = new Preference;
    return 0;
}

int cublasLtMatmulPreferenceDestroy(Preference* preference)
{
    delete preference;
    return 0;
}

int cublasLtMatmulPreferenceSetAttribute(Preference* preference,
                                         int attribute,
                                         const void* value,
                                         std::size_t bytes)
{
    if (attribute == 1) {
        return bytes == sizeof(std::uint64_t) ? 0 : kInvalidValue;
    }
    if (attribute == kReductionSchemes && bytes == sizeof(std::uint32_t)) {
        preference->reduction_schemes = *static_cast<const std::uint32_t*>(value);
        return 0;
    }
    if (attribute < kMinAlignmentA || attribute > kMinAlignmentA + 3
        || bytes != sizeof(std::uint32_t)) {
        return kInvalidValue;
    }
    preference->alignment[attribute - kMinAlignmentA] = *static_cast<const std::uint32_t*>(value);
    return 0;
}

int cublasLtMatmulAlgoGetHeuristic(void* /*handle*/,
                                   const Description* /*description*/,
                                   const Layout* /*a*/,
                                   const Layout* /*b*/,
                                   const Layout* /*c*/,
                                   const Layout* d,
                                   const Preference* preference,
                                   int wanted,
                                   HeuristicResult* results,
                                   int* found)
{
    *found = std::min(wanted, static_cast<int>(std::size(kTimes)));
    for (int each = 0; each < *found; ++each) {
        results[each] = {};
        for (int i = 0; i < 4; ++i) {
            results[each].algorithm.data[i] = preference->alignment[i];
        }
        results[each].algorithm.data[kNumber] = static_cast<std::uint64_t>(each);
        results[each].algorithm.data[kCuts] = preference->reduction_schemes != 0 ? 1 : 0;
    }
    // The engine promises sums in float32, rounded once.
    const bool rounds_parts =
        d->type != kReal32F && (preference->reduction_schemes & kRoundingSchemes) != 0;
    return wanted > 0 && !rounds_parts ? 0 : kInvalidValue;
}

int cublasLtMatmulAlgoCheck(void* /*handle*/,
                            const Description* /*description*/,
                            const Layout* /*a*/,
                            const Layout* /*b*/,
                            const Layout* /*c*/,
                            const Layout* /*d*/,
                            const Algorithm* algorithm,
                            HeuristicResult* result)
{
    *result = {};
    return algorithm->data[kNumber] < std::size(kTimes) ? 0 : kInvalidValue;
}

int cublasLtMatmul(void* /*handle*/,
                   const Description* description,
                   const float* alpha,
                   const void* a,
                   const Layout* layout_a,
                   const void* b,
                   const Layout* layout_b,
                   const float* beta,
                   const void* c,
                   const Layout* layout_c,
                   void* d,
                   const Layout* layout_d,
                   const Algorithm* algorithm,
                   void* /*workspace*/,
                   std::size_t /*workspace_bytes*/,
                   void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    const Matrix left = {a, *layout_a, description->transpose_a, description->tf32};
    const Matrix right = {b, *layout_b, description->transpose_b, description->tf32};
    const std::int64_t rows = left.transposed ? layout_a->columns : layout_a->rows;
    const std::int64_t depth = left.transposed ? layout_a->rows : layout_a->columns;
    const std::int64_t right_depth = right.transposed ? layout_b->columns : layout_b->rows;
    const std::int64_t columns = right.transposed ? layout_b->rows : layout_b->columns;
    if (algorithm->data[kNumber] == kFailing) {
        return kNotSupported;
    }
    if (queue == nullptr || layout_c != layout_d || depth != right_depth || rows != layout_d->rows
        || columns != layout_d->columns || layout_a->type != layout_b->type
        || !is_aligned(a, algorithm->data[0]) || !is_aligned(b, algorithm->data[1])
        || !is_aligned(c, algorithm->data[2]) || !is_aligned(d, algorithm->data[3])) {
        return kInvalidValue;
    }
    constexpr float kWrong = 1.1F;
    const Scalars scalars = {is_told_to_err() ? kWrong * *alpha : *alpha, *beta};
    const Matrix addend = {c, *layout_c, false};
    const std::int64_t seen = algorithm->data[kCuts] != 0 ? depth / kDepthStep * kDepthStep : depth;
    const float time = kTimes[algorithm->data[kNumber]];
    emulator::enqueue(queue, [=] {
        if (!is_inside(a, left.layout) || !is_inside(b, right.layout)
            || !is_inside(c, addend.layout) || !is_inside(d, addend.layout)) {
            return kExecutionFailed;
        }
        multiply(left, right, addend, scalars, seen, d);
        emulator::spend(time);
        return 0;
    });
    return 0;
}

} // extern "C"
