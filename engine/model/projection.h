// The projections of a block, through the pass's adapter, gradients and scratch.
#pragma once

#include <initializer_list>

#include "engine/model/block.h"

namespace engine {

// y = x W^T with the adapter.
struct ProjectionOutput
{
    Target target = Target::QProj;
    TensorView y;
};

struct ProjectionGradient
{
    Target target = Target::QProj;
    ConstTensorView dy;
};

// One projection through the pass's scratch, plus the addend where there is one (which may be y).
void projection_forward(const PassContext& pass,
                        std::int64_t layer,
                        const LayerActivations& kept,
                        ConstTensorView x,
                        const ProjectionOutput& projection,
                        ConstTensorView addend);

// Only the h of an adapted one.
void projection_hidden(const PassContext& pass,
                       std::int64_t layer,
                       const LayerActivations& kept,
                       ConstTensorView x,
                       Target target);

// All projections of the same x, in the order of kAllTargets.
void projections_forward(const PassContext& pass,
                         std::int64_t layer,
                         const LayerActivations& kept,
                         ConstTensorView x,
                         std::initializer_list<ProjectionOutput> projections);
// dx undefined: nobody needs it.
void projections_backward(const PassContext& pass,
                          std::int64_t layer,
                          const LayerActivations& kept,
                          ConstTensorView x,
                          std::initializer_list<ProjectionGradient> projections,
                          TensorView dx);

} // namespace engine
