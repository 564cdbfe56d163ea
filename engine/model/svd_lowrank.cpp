// Randomised SVD (Halko, Martinsson, Tropp 2011, algorithm 5.1), step for step as
// torch.svd_lowrank.
#include <algorithm>
#include <cmath>

#include "engine/core/parallel_for.h"
#include "engine/core/random.h"
#include "engine/model/lora_ga.h"
#include "engine/ops/linear_algebra.h"
#include "engine/ops/matmul.h"
#include "engine/ops/orthonormalize.h"

namespace engine {

namespace {

using ops::Transpose;

// The matrix as a tall one: itself, or its transpose when it is wide.
class TallMatrix
{
public:
    TallMatrix(Backend& backend, ConstTensorView matrix)
        : m_backend(backend)
        , m_matrix(matrix)
        , m_transposed(matrix.size(0) < matrix.size(1))
    {}

    [[nodiscard]] std::int64_t rows() const { return m_matrix.size(m_transposed ? 1 : 0); }

    [[nodiscard]] std::int64_t columns() const { return m_matrix.size(m_transposed ? 0 : 1); }

    [[nodiscard]] bool transposed() const { return m_transposed; }

    // M x: [rows, q] from [columns, q].
    void multiply(ConstTensorView x, TensorView y) const { product(x, y, m_transposed); }

    // M^T x: [columns, q] from [rows, q].
    void multiply_transposed(ConstTensorView x, TensorView y) const
    {
        product(x, y, !m_transposed);
    }

private:
    void product(ConstTensorView x, TensorView y, bool transpose) const
    {
        ops::matmul(m_backend,
                    {.a = m_matrix,
                     .transpose_a = transpose ? Transpose::Yes : Transpose::No,
                     .b = x,
                     .c = y});
    }

    Backend& m_backend;
    ConstTensorView m_matrix;
    bool m_transposed;
};

// Standard normal numbers, each by its place alone, drawn by all threads.
std::vector<float> normal_numbers(std::int64_t count, std::uint64_t seed)
{
    constexpr std::int64_t kGrain = 4096;
    std::vector<float> numbers(static_cast<std::size_t>(count));
    parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        Random random(seed);
        random.set_position(static_cast<std::uint64_t>(begin) * Random::kWordsOfNormal);
        std::generate(numbers.begin() + begin, numbers.begin() + end, [&] {
            return static_cast<float>(random.normal());
        });
    });
    return numbers;
}

// A basis of the space that M's leading singular vectors span: [rows, q].
Tensor approximate_basis(
    Backend& backend, const TallMatrix& m, std::int64_t q, int niter, std::uint64_t seed)
{
    Tensor small = backend.tensor(DType::F32, {m.columns(), q});
    Tensor basis = backend.tensor(DType::F32, {m.rows(), q});
    backend.upload(normal_numbers(small.numel(), seed).data(), small);
    m.multiply(small, basis);
    ops::orthonormalize(backend, basis);
    for (int iteration = 0; iteration < niter; ++iteration) {
        m.multiply_transposed(basis, small);
        ops::orthonormalize(backend, small);
        m.multiply(small, basis);
        ops::orthonormalize(backend, basis);
    }
    return basis;
}

// A singular pair has one sign to choose: the largest entry of v is positive.
void fix_signs(LowRankSvd& svd)
{
    const auto width = static_cast<std::size_t>(svd.q);
    std::vector<float> largest(width, 0.0F);
    for (std::size_t row = 0; row < svd.v.size(); row += width) {
        for (std::size_t k = 0; k < width; ++k) {
            if (std::abs(svd.v[row + k]) > std::abs(largest[k])) {
                largest[k] = svd.v[row + k];
            }
        }
    }
    for (std::vector<float>* vectors : {&svd.u, &svd.v}) {
        for (std::size_t row = 0; row < vectors->size(); row += width) {
            for (std::size_t k = 0; k < width; ++k) {
                (*vectors)[row + k] *= largest[k] < 0.0F ? -1.0F : 1.0F;
            }
        }
    }
}

} // namespace

LowRankSvd
svd_lowrank(Backend& backend, ConstTensorView matrix, std::int64_t q, int niter, std::uint64_t seed)
{
    const TallMatrix m(backend, matrix);
    ENGINE_CHECK(matrix.dtype() == DType::F32 && q > 0 && q <= m.columns(),
                 "svd_lowrank: ",
                 q,
                 " columns of a ",
                 matrix.dtype(),
                 " matrix ",
                 matrix.shape());
    const Tensor basis = approximate_basis(backend, m, q, niter, seed);
    // With Q the basis and C = M^T Q: Q^T M = C^T = U~ S V^T, so C^T C = U~ S^2 U~^T and
    // C U~ = V S. The eigenvectors of the small C^T C in double give U~; a QR of C U~ gives V, also
    // where a singular value is zero.
    Tensor c = backend.tensor(DType::F32, {m.columns(), q});
    m.multiply_transposed(basis, c);
    const auto width = static_cast<std::size_t>(q);
    std::vector<double> squares(width * width);
    ops::gram(backend, c, squares);
    std::vector<double> values(width);
    std::vector<double> vectors(width * width);
    ops::symmetric_eigen(squares, q, values, vectors);

    LowRankSvd svd;
    svd.q = q;
    svd.s.resize(width);
    std::transform(values.begin(), values.end(), svd.s.begin(), [](double value) {
        return static_cast<float>(std::sqrt(std::max(value, 0.0)));
    });
    const std::vector<float> rotation(vectors.begin(), vectors.end());
    Tensor small_u = backend.tensor(DType::F32, {q, q});
    backend.upload(rotation.data(), small_u);

    Tensor left = backend.tensor(DType::F32, {m.rows(), q});
    ops::matmul(backend, {.a = basis, .b = small_u, .c = left});
    Tensor right = backend.tensor(DType::F32, {m.columns(), q});
    ops::matmul(backend, {.a = c, .b = small_u, .c = right});
    ops::orthonormalize(backend, right);
    svd.u.resize(static_cast<std::size_t>(left.numel()));
    svd.v.resize(static_cast<std::size_t>(right.numel()));
    backend.download(left, svd.u.data());
    backend.download(right, svd.v.data());
    if (m.transposed()) {
        std::swap(svd.u, svd.v);
    }
    fix_signs(svd);
    return svd;
}

} // namespace engine
