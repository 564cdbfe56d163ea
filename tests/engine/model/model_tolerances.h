// Every tolerance of the model tests, with what it stands for.
#pragma once

namespace tests {

// Float32 logits against PyTorch or a double-precision reference: largest absolute difference.
inline constexpr double kLogits = 1e-4;
// A gradient tensor against PyTorch: ||difference|| / ||reference||.
inline constexpr double kGradient = 1e-4;
// A loss against the reference, relative.
inline constexpr double kLoss = 1e-5;
// Each of 50 steps of a loss curve, relative.
inline constexpr double kCurve = 1e-3;
// Negative log-likelihoods of stories260K against its double-precision reference, absolute.
inline constexpr double kNll = 1e-5;
// The same sums in another order: packed against separate, a piece against the whole.
inline constexpr double kReordered = 1e-5;
// bfloat16 against float32: eight bits of significand through a few layers.
inline constexpr double kBf16Loss = 2e-2;
inline constexpr double kBf16GradientCosine = 0.99;
// Identities of LoRA-GA in float32, relative to the largest number involved.
inline constexpr double kLoraGa = 1e-5;

} // namespace tests
