// What an adapter learned, matrix by matrix: the size and spectrum of its change s BA, and how
// alike the subspaces of two adapters are (Hu et al. 2021, section 7.2).
#pragma once

#include <vector>

#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"

namespace engine {

struct MatrixAnalysis
{
    std::int64_t layer = 0;
    Target target = Target::QProj;
    std::int64_t rank = 0;
    double delta_norm = 0.0;  // ||s BA||_F
    double weight_norm = 0.0; // ||W||_F
    double effective_rank =
        0.0; // exp of the entropy of the normalised singular values; 0 for BA = 0
    std::vector<double> singular_values; // of s BA, descending, `rank` of them
};

[[nodiscard]] std::vector<MatrixAnalysis>
analyze_adapter(Backend& backend, const BaseModel& model, const LoraAdapter& adapter);

// phi(i, j) = ||U1_i^T U2_j||_F^2 / min(i, j), where U holds the leading right singular vectors of
// s BA: 1 when one space of directions holds the other, 0 when they share none.
struct SubspaceSimilarity
{
    std::int64_t layer = 0;
    Target target = Target::QProj;
    std::int64_t rows = 0; // i = 1 .. rows, of the first adapter
    std::int64_t columns = 0;
    std::vector<double> phi; // [rows, columns]
};

// One entry per matrix that both adapt.
[[nodiscard]] std::vector<SubspaceSimilarity>
compare_adapters(Backend& backend, const LoraAdapter& first, const LoraAdapter& second);

} // namespace engine
