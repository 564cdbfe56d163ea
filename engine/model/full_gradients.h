// Where the gradient of each weight stands in FullGradients, which follows BaseModel::tensors().
#pragma once

#include <vector>

#include "engine/model/block.h"

namespace engine {

struct FullGradientIndex
{
    int embed_tokens = -1;
    int norm = -1;
    int lm_head = -1; // embed_tokens' when tied
    std::vector<LayerGradientIndex> layers;

    explicit FullGradientIndex(const BaseModel& model);
};

} // namespace engine
