// One projection, or all of one input, as lora_linear.h and lora_group.h want them.
#include "engine/model/projection.h"

#include <array>

#include "engine/model/lora_group.h"

namespace engine {

namespace {

LoraLinearForwardArgs forward_args(const PassContext& pass,
                                   std::int64_t layer,
                                   const LayerActivations& kept,
                                   ConstTensorView x,
                                   const ProjectionOutput& output,
                                   ConstTensorView addend)
{
    const LoraLinear projection = pass.projection(layer, output.target);
    return {.projection = projection,
            .x = x,
            .y = output.y,
            .output = addend.defined() ? Output::Add : Output::Write,
            .addend = addend,
            .h = pass.h(kept, projection),
            .scratch = pass.lora_scratch()};
}

LoraLinearBackwardArgs backward_args(const PassContext& pass,
                                     std::int64_t layer,
                                     const LayerActivations& kept,
                                     ConstTensorView x,
                                     const ProjectionGradient& gradient,
                                     TensorView dx)
{
    const LoraLinear projection = pass.projection(layer, gradient.target);
    return {.projection = projection,
            .x = x,
            .h = pass.h(kept, projection),
            .dy = gradient.dy,
            .gradients = pass.gradients(layer, gradient.target),
            .dx = dx,
            .scratch = pass.lora_scratch()};
}

} // namespace

void projection_forward(const PassContext& pass,
                        std::int64_t layer,
                        const LayerActivations& kept,
                        ConstTensorView x,
                        const ProjectionOutput& projection,
                        ConstTensorView addend)
{
    const LoraLinearForwardArgs args = forward_args(pass, layer, kept, x, projection, addend);
    lora_group_forward(*pass.backend, std::span(&args, 1));
}

void projection_hidden(const PassContext& pass,
                       std::int64_t layer,
                       const LayerActivations& kept,
                       ConstTensorView x,
                       Target target)
{
    lora_group_hidden(*pass.backend, forward_args(pass, layer, kept, x, {target, {}}, {}));
}

void projections_forward(const PassContext& pass,
                         std::int64_t layer,
                         const LayerActivations& kept,
                         ConstTensorView x,
                         std::initializer_list<ProjectionOutput> projections)
{
    std::array<LoraLinearForwardArgs, kMostMembers> members;
    std::size_t count = 0;
    for (const ProjectionOutput& projection : projections) {
        members[count++] = forward_args(pass, layer, kept, x, projection, {});
    }
    lora_group_forward(*pass.backend, std::span(members.data(), count));
}

void projections_backward(const PassContext& pass,
                          std::int64_t layer,
                          const LayerActivations& kept,
                          ConstTensorView x,
                          std::initializer_list<ProjectionGradient> projections,
                          TensorView dx)
{
    std::array<LoraLinearBackwardArgs, kMostMembers> members;
    std::size_t count = 0;
    for (const ProjectionGradient& projection : projections) {
        members[count++] = backward_args(pass, layer, kept, x, projection, dx);
    }
    if (pass.pass->gradients != nullptr) {
        lora_group_backward(*pass.backend, std::span(members.data(), count));
        return;
    }
    // Gradients of whole weights, which a sink wants one after the other.
    for (std::size_t i = 0; i < count; ++i) {
        members[i].output = i == 0 ? Output::Write : Output::Add;
        lora_group_backward(*pass.backend, std::span(&members[i], 1));
        if (pass.pass->sink != nullptr && members[i].gradients.weight.defined()) {
            const Target target = (projections.begin() + i)->target;
            (*pass.pass->sink)(layer, target, members[i].gradients.weight);
        }
    }
}

} // namespace engine
