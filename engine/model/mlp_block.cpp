// x + down_proj(silu(gate) * up) with gate, up = projections of norm(x).
#include "engine/model/block.h"
#include "engine/model/projection.h"
#include "engine/ops/swiglu.h"

namespace engine {

void mlp_block_forward(const PassContext& pass,
                       std::int64_t layer,
                       const LayerActivations& kept,
                       ConstTensorView x_mid,
                       TensorView x_out)
{
    const TensorView rstd = pass.keep ? pass.rows(kept.mid_rstd) : TensorView();
    const ConstTensorView norm =
        block_norm(pass, x_mid, pass.weights(layer).post_attention_layernorm, rstd);
    const TensorView gate = pass.rows(kept.gate);
    const TensorView up = pass.rows(kept.up);
    projections_forward(pass, layer, kept, norm, {{Target::GateProj, gate}, {Target::UpProj, up}});
    const LoraLinear down = pass.projection(layer, Target::DownProj);
    if (!x_out.defined() && down.lora == nullptr) {
        return;
    }
    const TensorView hidden = pass.rows(pass.scratch.mlp_hidden);
    ops::swiglu_forward(*pass.backend, gate, up, hidden);
    if (!x_out.defined()) {
        projection_hidden(pass, layer, kept, hidden, Target::DownProj);
        return;
    }
    projection_forward(pass, layer, kept, hidden, {Target::DownProj, x_out}, x_mid);
}

void mlp_block_backward(const PassContext& pass,
                        std::int64_t layer,
                        const LayerActivations& kept,
                        TensorView dx,
                        bool needs_dx)
{
    const bool gate_up = needs_dx || pass.trains_any(layer, {Target::GateProj, Target::UpProj});
    const TensorView gate = pass.rows(kept.gate);
    const TensorView up = pass.rows(kept.up);
    const TensorView hidden = pass.rows(pass.scratch.mlp_hidden);
    if (pass.trains(layer, Target::DownProj)) {
        ops::swiglu_forward(*pass.backend, gate, up, hidden);
    }
    // The hidden activations' memory becomes their gradient's.
    projections_backward(
        pass, layer, kept, hidden, {{Target::DownProj, dx}}, gate_up ? hidden : TensorView());
    if (!gate_up) {
        return;
    }
    ops::swiglu_backward(*pass.backend, hidden, gate, up, gate, up);
    const ConstTensorView x_mid = pass.rows(kept.x_mid);
    ConstTensorView norm = pass.rows(pass.scratch.norm);
    if (pass.trains_any(layer, {Target::GateProj, Target::UpProj})) {
        norm = block_norm(
            pass, x_mid, pass.weights(layer).post_attention_layernorm, pass.rows(kept.mid_rstd));
    }
    const TensorView dnorm = needs_dx ? pass.rows(pass.scratch.dnorm) : TensorView();
    projections_backward(
        pass, layer, kept, norm, {{Target::GateProj, gate}, {Target::UpProj, up}}, dnorm);
    if (!needs_dx) {
        return;
    }
    block_norm_backward(
        pass,
        {.dnorm = dnorm,
         .x = x_mid,
         .weight = pass.weights(layer).post_attention_layernorm,
         .rstd = pass.rows(kept.mid_rstd),
         .dx = dx,
         .dweight = pass.norm_gradient(&LayerGradientIndex::post_attention_layernorm, layer)});
}

} // namespace engine
