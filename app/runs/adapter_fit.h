// Whether an adapter's file is whole, and whether its matrices fit a base model.
#pragma once

#include <utility>

#include "app/catalog/records.h"
#include "app/error_text.h"

namespace app {

// Inputs and outputs of one of the base's projections: "q_proj", "gate_proj", ...
[[nodiscard]] std::pair<qint64, qint64> sidesOf(const ModelShape& shape, const QString& target);

// Reads the header of the folder's adapter_model.safetensors. Errors: the engine's, for a file that
// is missing, cut off or no safetensors file; a file without LoRA matrices.
[[nodiscard]] Outcome<Done> checkAdapterFile(const QString& folder);

// The same, and: errors for a matrix of a layer or a size that the base does not have.
[[nodiscard]] Outcome<Done> checkAdapterFits(const QString& folder, const ModelRecord& base);

} // namespace app
