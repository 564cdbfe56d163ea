// Orthonormal columns and Gram matrices of tall thin matrices on the device: what a randomised SVD
// of an m x n gradient needs beside matrix products. All sums are in double.
#pragma once

#include <span>

#include "engine/tensor/backend.h"

namespace engine::ops {

// A column that is no further than this share of its length from the span of those before it is
// taken for a dependent one: float32 cannot hold the difference.
inline constexpr double kDependentColumn = 0x1p-24;

// Q of the thin QR of a f32 [rows, q] matrix with rows >= q, in place; R's diagonal is positive. By
// CholeskyQR (Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015): R from the Gram matrix, then Y R^-1,
// twice, which is orthonormal to float32's rounding up to a condition of 1e7 however the columns
// are scaled. A dependent column is replaced by random numbers after the first time and
// orthonormalised with the others, so that there is always an orthonormal completion; then there is
// a third time. A column that is not finite becomes NaN, others may too. Does not wait for the
// device.
void orthonormalize(Backend& backend, TensorView matrix);

// X^T X of a f32 [rows, q] matrix as a full row-major [q, q] on the host. Waits for the device.
void gram(Backend& backend, ConstTensorView matrix, std::span<double> product);

} // namespace engine::ops
