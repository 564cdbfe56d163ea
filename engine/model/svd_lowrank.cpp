// Randomised SVD (Halko, Martinsson, Tropp 2011, algorithm 5.1), step for step as
// torch.svd_lowrank.
#include <algorithm>
#include <cmath>

#include "engine/core/random.h"
#include "engine/model/lora_ga.h"
#include "engine/ops/linear_algebra.h"
#include "engine/ops/matmul.h"

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

// The q columns of a device matrix become orthonormal; the QR runs on the host.
void orthonormalize(Backend& backend, TensorView matrix, std::vector<float>& host)
{
    host.resize(static_cast<std::size_t>(matrix.numel()));
    backend.download(matrix, host.data());
    ops::orthonormalize_columns(host, matrix.size(0), matrix.size(1));
    backend.upload(host.data(), matrix);
}

// A basis of the space that M's leading singular vectors span: [rows, q].
Tensor approximate_basis(
    Backend& backend, const TallMatrix& m, std::int64_t q, int niter, std::uint64_t seed)
{
    Tensor small = backend.tensor(DType::F32, {m.columns(), q});
    Tensor basis = backend.tensor(DType::F32, {m.rows(), q});
    Random random(seed);
    std::vector<float> host(static_cast<std::size_t>(small.numel()));
    std::generate(host.begin(), host.end(), [&] { return static_cast<float>(random.normal()); });
    backend.upload(host.data(), small);
    m.multiply(small, basis);
    orthonormalize(backend, basis, host);
    for (int iteration = 0; iteration < niter; ++iteration) {
        m.multiply_transposed(basis, small);
        orthonormalize(backend, small, host);
        m.multiply(small, basis);
        orthonormalize(backend, basis, host);
    }
    return basis;
}

// The Gram matrix X^T X of a row-major [rows, q] matrix, in double.
std::vector<double> gram(std::span<const float> x, std::int64_t rows, std::int64_t q)
{
    const auto width = static_cast<std::size_t>(q);
    std::vector<double> product(width * width, 0.0);
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* values = x.data() + row * q;
        for (std::size_t i = 0; i < width; ++i) {
            const double value = static_cast<double>(values[i]);
            for (std::size_t j = i; j < width; ++j) {
                product[i * width + j] += value * static_cast<double>(values[j]);
            }
        }
    }
    for (std::size_t i = 0; i < width; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            product[i * width + j] = product[j * width + i];
        }
    }
    return product;
}

// A singular pair has one sign to choose: the largest entry of v is positive.
void fix_signs(LowRankSvd& svd, std::int64_t m, std::int64_t n)
{
    for (std::int64_t column = 0; column < svd.q; ++column) {
        const auto at = [&](std::vector<float>& matrix, std::int64_t row) -> float& {
            return matrix[static_cast<std::size_t>(row * svd.q + column)];
        };
        float largest = 0.0F;
        for (std::int64_t row = 0; row < n; ++row) {
            if (std::abs(at(svd.v, row)) > std::abs(largest)) {
                largest = at(svd.v, row);
            }
        }
        if (largest >= 0.0F) {
            continue;
        }
        for (std::int64_t row = 0; row < n; ++row) {
            at(svd.v, row) = -at(svd.v, row);
        }
        for (std::int64_t row = 0; row < m; ++row) {
            at(svd.u, row) = -at(svd.u, row);
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
    std::vector<float> host(static_cast<std::size_t>(c.numel()));
    backend.download(c, host.data());
    std::vector<double> squares = gram(host, m.columns(), q);
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
    orthonormalize(backend, right, host);
    svd.u.resize(static_cast<std::size_t>(left.numel()));
    svd.v = host;
    backend.download(left, svd.u.data());
    if (m.transposed()) {
        std::swap(svd.u, svd.v);
    }
    fix_signs(svd, matrix.size(0), matrix.size(1));
    return svd;
}

} // namespace engine
