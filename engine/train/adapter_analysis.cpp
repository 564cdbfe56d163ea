// Spectra of BA from r x r matrices: BA = Q_B (R_B R_A^T) Q_A^T, so m x n is never formed.
#include "engine/train/adapter_analysis.h"

#include <algorithm>
#include <cmath>

#include "engine/core/dtype.h"
#include "engine/ops/linear_algebra.h"

namespace engine {

namespace {

using Matrix = std::vector<double>; // row-major

std::vector<float> download(Backend& backend, const Tensor& tensor)
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    backend.download(tensor.view(), values.data());
    return values;
}

// X^T Y of two [rows, r] matrices, in double.
Matrix inner_products(const std::vector<float>& x, const std::vector<float>& y, std::int64_t r)
{
    const auto size = static_cast<std::size_t>(r);
    Matrix product(size * size, 0.0);
    for (std::size_t row = 0; row < x.size() / size; ++row) {
        for (std::size_t i = 0; i < size; ++i) {
            const double value = static_cast<double>(x[row * size + i]);
            for (std::size_t j = 0; j < size; ++j) {
                product[i * size + j] += value * static_cast<double>(y[row * size + j]);
            }
        }
    }
    return product;
}

std::vector<float> transposed(const std::vector<float>& values, std::int64_t rows)
{
    const auto height = static_cast<std::size_t>(rows);
    const std::size_t width = values.size() / height;
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < height; ++i) {
        for (std::size_t j = 0; j < width; ++j) {
            result[j * height + i] = values[i * width + j];
        }
    }
    return result;
}

Matrix multiply(const Matrix& a, const Matrix& b, std::size_t n)
{
    Matrix c(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < n; ++k) {
            for (std::size_t j = 0; j < n; ++j) {
                c[i * n + j] += a[i * n + k] * b[k * n + j];
            }
        }
    }
    return c;
}

struct Spectrum
{
    std::int64_t rank = 0;
    std::vector<double> values; // singular values of s BA
    std::vector<float> basis;   // Q_A [in, r], orthonormal columns
    Matrix directions;          // [r, r]: right singular vectors of s BA are Q_A directions
};

// With A^T = Q_A R_A: (BA)^T BA = Q_A (R_A B^T B R_A^T) Q_A^T, an r x r eigenproblem.
Spectrum spectrum_of(Backend& backend, const LoraMatrix& matrix)
{
    const auto n = static_cast<std::size_t>(matrix.rank);
    Spectrum spectrum;
    spectrum.rank = matrix.rank;
    const std::vector<float> a_transposed =
        transposed(download(backend, matrix.lora_a), matrix.rank); // [in, r]
    const std::vector<float> b = download(backend, matrix.lora_b); // [out, r]
    spectrum.basis = a_transposed;
    ops::orthonormalize_columns(
        spectrum.basis, static_cast<std::int64_t>(a_transposed.size() / n), matrix.rank);
    const Matrix r_a = inner_products(spectrum.basis, a_transposed, matrix.rank); // Q_A^T A^T
    const Matrix gram = inner_products(b, b, matrix.rank);                        // B^T B
    Matrix r_a_transposed(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            r_a_transposed[j * n + i] = r_a[i * n + j];
        }
    }
    Matrix product = multiply(multiply(r_a, gram, n), r_a_transposed, n);
    std::vector<double> eigenvalues(n);
    spectrum.directions.resize(n * n);
    ops::symmetric_eigen(product, matrix.rank, eigenvalues, spectrum.directions);
    for (const double value : eigenvalues) {
        spectrum.values.push_back(static_cast<double>(matrix.scaling)
                                  * std::sqrt(std::max(0.0, value)));
    }
    return spectrum;
}

double frobenius(Backend& backend, ConstTensorView weight)
{
    const auto count = static_cast<std::size_t>(weight.numel());
    double sum = 0.0;
    if (weight.dtype() == DType::BF16) {
        std::vector<bfloat16_t> values(count);
        backend.download(weight, values.data());
        for (const bfloat16_t value : values) {
            sum += static_cast<double>(to_float(value)) * static_cast<double>(to_float(value));
        }
    } else {
        std::vector<float> values(count);
        backend.download(weight, values.data());
        for (const float value : values) {
            sum += static_cast<double>(value) * static_cast<double>(value);
        }
    }
    return std::sqrt(sum);
}

double effective_rank(const std::vector<double>& values)
{
    double total = 0.0;
    for (const double value : values) {
        total += value;
    }
    if (total <= 0.0) {
        return 0.0;
    }
    double entropy = 0.0;
    for (const double value : values) {
        const double share = value / total;
        entropy -= share > 0.0 ? share * std::log(share) : 0.0;
    }
    return std::exp(entropy);
}

// Inner products of the right singular vectors of two matrices: D1^T (Q1^T Q2) D2, [r1, r2].
Matrix overlaps(const Spectrum& first, const Spectrum& second)
{
    const auto r1 = static_cast<std::size_t>(first.rank);
    const auto r2 = static_cast<std::size_t>(second.rank);
    const std::size_t rows = first.basis.size() / r1;
    Matrix cross(r1 * r2, 0.0);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < r1; ++i) {
            for (std::size_t j = 0; j < r2; ++j) {
                cross[i * r2 + j] += static_cast<double>(first.basis[row * r1 + i])
                                     * static_cast<double>(second.basis[row * r2 + j]);
            }
        }
    }
    Matrix half(r1 * r2, 0.0);
    for (std::size_t i = 0; i < r1; ++i) {
        for (std::size_t k = 0; k < r1; ++k) {
            for (std::size_t j = 0; j < r2; ++j) {
                half[i * r2 + j] += first.directions[k * r1 + i] * cross[k * r2 + j];
            }
        }
    }
    Matrix result(r1 * r2, 0.0);
    for (std::size_t i = 0; i < r1; ++i) {
        for (std::size_t k = 0; k < r2; ++k) {
            for (std::size_t j = 0; j < r2; ++j) {
                result[i * r2 + j] += half[i * r2 + k] * second.directions[k * r2 + j];
            }
        }
    }
    return result;
}

} // namespace

std::vector<MatrixAnalysis>
analyze_adapter(Backend& backend, const BaseModel& model, const LoraAdapter& adapter)
{
    std::vector<MatrixAnalysis> all;
    for (const LoraMatrix& matrix : adapter.matrices()) {
        const Spectrum spectrum = spectrum_of(backend, matrix);
        MatrixAnalysis analysis;
        analysis.layer = matrix.layer;
        analysis.target = matrix.target;
        analysis.rank = matrix.rank;
        analysis.singular_values = spectrum.values;
        double squares = 0.0;
        for (const double value : spectrum.values) {
            squares += value * value;
        }
        analysis.delta_norm = std::sqrt(squares);
        const LayerWeights& layer = model.layers()[static_cast<std::size_t>(matrix.layer)];
        Tensor room;
        analysis.weight_norm =
            frobenius(backend, whole_weight(backend, layer[matrix.target], model.dtype(), room));
        analysis.effective_rank = effective_rank(spectrum.values);
        all.push_back(std::move(analysis));
    }
    return all;
}

std::vector<SubspaceSimilarity>
compare_adapters(Backend& backend, const LoraAdapter& first, const LoraAdapter& second)
{
    std::vector<SubspaceSimilarity> all;
    for (const LoraMatrix& matrix : first.matrices()) {
        const LoraMatrix* other = second.find(matrix.layer, matrix.target);
        if (other == nullptr) {
            continue;
        }
        const Matrix inner = overlaps(spectrum_of(backend, matrix), spectrum_of(backend, *other));
        SubspaceSimilarity similarity;
        similarity.layer = matrix.layer;
        similarity.target = matrix.target;
        similarity.rows = matrix.rank;
        similarity.columns = other->rank;
        for (std::int64_t i = 1; i <= similarity.rows; ++i) {
            for (std::int64_t j = 1; j <= similarity.columns; ++j) {
                double sum = 0.0;
                for (std::int64_t k = 0; k < i; ++k) {
                    for (std::int64_t l = 0; l < j; ++l) {
                        const double value =
                            inner[static_cast<std::size_t>(k * similarity.columns + l)];
                        sum += value * value;
                    }
                }
                similarity.phi.push_back(sum / static_cast<double>(std::min(i, j)));
            }
        }
        all.push_back(std::move(similarity));
    }
    return all;
}

} // namespace engine
