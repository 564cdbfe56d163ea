// Thin QR and small symmetric eigenvectors in double on the host. orthonormalize.h has the device's
// QR.
#pragma once

#include <cstdint>
#include <span>

namespace engine::ops {

// Orthonormalises the q columns of a row-major [rows, q] matrix in place (Householder QR; signs
// such that R's diagonal is not negative). Columns that are linearly dependent become some
// orthonormal completion.
void orthonormalize_columns(std::span<float> matrix, std::int64_t rows, std::int64_t q);

// Eigen-decomposition of a symmetric row-major [n, n] matrix (cyclic Jacobi): values descending,
// vectors' columns in `vectors` [n, n]. `matrix` is destroyed.
void symmetric_eigen(std::span<double> matrix,
                     std::int64_t n,
                     std::span<double> values,
                     std::span<double> vectors);

} // namespace engine::ops
