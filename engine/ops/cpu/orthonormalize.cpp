// CholeskyQR on the CPU: slices of the rows over the threads, the small factor on one.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/parallel_for.h"
#include "engine/core/random.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vector_kernels.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kChunkRows = 64; // rows in double at a time, in cache
static_assert(kChunkRows % simd::kDoubleRows == 0);

std::int64_t padded(std::int64_t q)
{
    return (q + simd::kDoubleColumns - 1) / simd::kDoubleColumns * simd::kDoubleColumns;
}

// A thread's rows in double, [kChunkRows, width], the columns from q on zero.
class RowChunk
{
public:
    RowChunk(std::int64_t q, std::int64_t width)
        : m_q(q)
        , m_width(width)
        , m_values(static_cast<std::size_t>(kChunkRows * width), 0.0)
    {}

    void read(const float* rows, std::int64_t count)
    {
        for (std::int64_t row = 0; row < count; ++row) {
            std::copy_n(rows + row * m_q, m_q, m_values.data() + row * m_width);
        }
    }

    [[nodiscard]] const double* values() const { return m_values.data(); }

private:
    std::int64_t m_q;
    std::int64_t m_width;
    std::vector<double> m_values;
};

// The upper triangle of the Gram matrix of some rows is added to [width, width] sums.
void add_gram(const float* rows, std::int64_t count, std::int64_t q, double* sums)
{
    const std::int64_t width = padded(q);
    const auto& kernels = simd::vector_kernels();
    RowChunk chunk(q, width);
    for (std::int64_t row = 0; row < count; row += kChunkRows) {
        const std::int64_t n = std::min(kChunkRows, count - row);
        chunk.read(rows + row * q, n);
        for (std::int64_t i = 0; i < width; i += simd::kDoubleColumns) {
            kernels.double_product({.m = simd::kDoubleColumns,
                                    .n = width - i,
                                    .k = n,
                                    .a = chunk.values() + i,
                                    .a_row = 1,
                                    .a_column = width,
                                    .b = chunk.values() + i,
                                    .ldb = width,
                                    .c = sums + i * width + i,
                                    .ldc = width});
        }
    }
}

// The Gram matrix [padded(q), padded(q)], its upper triangle, in parts of a number that the shape
// alone decides, so that there is one order of the sums.
std::vector<double> upper_gram(ConstTensorView matrix)
{
    constexpr std::int64_t kMostParts = 16;
    constexpr std::int64_t kPartRows = 256; // fewer are not worth a part
    constexpr std::int64_t kMostSums = 1 << 22;
    const std::int64_t rows = matrix.size(0);
    const std::int64_t q = matrix.size(1);
    const std::int64_t size = padded(q) * padded(q);
    const std::int64_t most = std::clamp<std::int64_t>(kMostSums / size, 1, kMostParts);
    const std::int64_t parts = std::clamp<std::int64_t>(rows / kPartRows, 1, most);
    const std::int64_t part_rows = (rows + parts - 1) / parts;
    std::vector<double> sums(static_cast<std::size_t>(parts * size), 0.0);
    parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t part = first; part < last; ++part) {
            const std::int64_t begin = std::min(part * part_rows, rows);
            const std::int64_t end = std::min(begin + part_rows, rows);
            add_gram(matrix.data<float>() + begin * q, end - begin, q, sums.data() + part * size);
        }
    });
    for (std::int64_t part = 1; part < parts; ++part) {
        for (std::int64_t i = 0; i < size; ++i) {
            sums[static_cast<std::size_t>(i)] += sums[static_cast<std::size_t>(part * size + i)];
        }
    }
    sums.resize(static_cast<std::size_t>(size));
    return sums;
}

// y += factor * x
void add_scaled(double factor, const double* x, double* y, std::int64_t n)
{
    for (std::int64_t i = 0; i < n; ++i) {
        y[i] += factor * x[i];
    }
}

// What is right of the diagonal becomes that of R, with R^T R the Gram matrix; roots[j] = 1 / r_jj,
// or 0 for a dependent column, whose row of R is zero. Returns whether there is one.
bool factorize(std::vector<double>& gram, std::int64_t q, std::vector<double>& roots)
{
    const std::int64_t width = padded(q);
    bool found = false;
    std::vector<double> lengths(static_cast<std::size_t>(q)); // squared
    for (std::int64_t j = 0; j < q; ++j) {
        lengths[static_cast<std::size_t>(j)] = gram[static_cast<std::size_t>(j * width + j)];
    }
    for (std::int64_t j = 0; j < q; ++j) {
        double* row = gram.data() + j * width;
        const double length = lengths[static_cast<std::size_t>(j)];
        const bool dependent =
            row[j] <= kDependentColumn * kDependentColumn * length && std::isfinite(length);
        const double root = dependent ? 0.0 : 1.0 / std::sqrt(row[j]);
        found = found || dependent;
        roots[static_cast<std::size_t>(j)] = root;
        for (std::int64_t k = j + 1; k < q; ++k) {
            row[k] *= root;
        }
        for (std::int64_t i = j + 1; i < q; ++i) {
            add_scaled(-row[i], row + i, gram.data() + i * width + i, q - i);
        }
    }
    return found;
}

// R^-1, upper, [width, width]: its row i is (e_i - sum over k > i of r_ik (row k)) / r_ii.
std::vector<double>
invert(const std::vector<double>& factor, std::int64_t q, const std::vector<double>& roots)
{
    const std::int64_t width = padded(q);
    std::vector<double> inverse(factor.size(), 0.0);
    for (std::int64_t i = q - 1; i >= 0; --i) {
        double* row = inverse.data() + i * width;
        for (std::int64_t k = i + 1; k < q; ++k) {
            add_scaled(-factor[static_cast<std::size_t>(i * width + k)],
                       inverse.data() + k * width + k,
                       row + k,
                       q - k);
        }
        const double root = roots[static_cast<std::size_t>(i)];
        row[i] = 1.0;
        for (std::int64_t k = i; k < q; ++k) {
            row[k] *= root;
        }
    }
    return inverse;
}

// Rounds one row, with random numbers in the dependent columns.
void write_row(const double* from,
               float* to,
               std::int64_t row,
               std::int64_t q,
               const std::vector<double>& roots)
{
    for (std::int64_t j = 0; j < q; ++j) {
        to[j] = static_cast<float>(from[j]);
        if (roots[static_cast<std::size_t>(j)] == 0.0) {
            const auto words =
                philox4x32(0, static_cast<std::uint64_t>(j), static_cast<std::uint64_t>(row));
            to[j] = static_cast<float>(words[0] >> 8U) * 0x1p-24F - 0.5F;
        }
    }
}

// matrix = matrix R^-1.
void multiply_inverse(TensorView matrix,
                      const std::vector<double>& inverse,
                      const std::vector<double>& roots)
{
    const std::int64_t rows = matrix.size(0);
    const std::int64_t q = matrix.size(1);
    const std::int64_t width = padded(q);
    const auto& kernels = simd::vector_kernels();
    parallel_for(
        (rows + kChunkRows - 1) / kChunkRows, 1, [&](std::int64_t first, std::int64_t last) {
            RowChunk chunk(q, width);
            std::vector<double> product(static_cast<std::size_t>(kChunkRows * width));
            for (std::int64_t row = first * kChunkRows; row < std::min(last * kChunkRows, rows);
                 row += kChunkRows) {
                const std::int64_t n = std::min(kChunkRows, rows - row);
                float* values = matrix.data<float>() + row * q;
                chunk.read(values, n);
                std::fill(product.begin(), product.end(), 0.0);
                for (std::int64_t j = 0; j < width; j += simd::kDoubleColumns) {
                    kernels.double_product({.m = kChunkRows,
                                            .n = simd::kDoubleColumns,
                                            .k = std::min(j + simd::kDoubleColumns, q),
                                            .a = chunk.values(),
                                            .a_row = width,
                                            .a_column = 1,
                                            .b = inverse.data() + j,
                                            .ldb = width,
                                            .c = product.data() + j,
                                            .ldc = width});
                }
                for (std::int64_t i = 0; i < n; ++i) {
                    write_row(product.data() + i * width, values + i * q, row + i, q, roots);
                }
            }
        });
}

} // namespace

void orthonormalize(CpuBackend& /*backend*/, TensorView matrix)
{
    const std::int64_t q = matrix.size(1);
    std::vector<double> roots(static_cast<std::size_t>(q));
    int passes = 2;
    for (int pass = 0; pass < passes; ++pass) {
        std::vector<double> factor = upper_gram(matrix);
        if (factorize(factor, q, roots)) {
            passes = 3;
        }
        multiply_inverse(matrix, invert(factor, q, roots), roots);
    }
}

void gram(CpuBackend& /*backend*/, ConstTensorView matrix, std::span<double> product)
{
    const std::int64_t q = matrix.size(1);
    const std::vector<double> sums = upper_gram(matrix);
    for (std::int64_t i = 0; i < q; ++i) {
        for (std::int64_t j = 0; j < q; ++j) {
            product[static_cast<std::size_t>(i * q + j)] =
                sums[static_cast<std::size_t>(std::min(i, j) * padded(q) + std::max(i, j))];
        }
    }
}

} // namespace engine::ops::kernels
