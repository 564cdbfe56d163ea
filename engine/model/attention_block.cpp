// x + o_proj(attention(rope(q), rope(k), v)) with q, k, v = projections of norm(x).
#include "engine/model/block.h"
#include "engine/model/projection.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"

namespace engine {

namespace {

// [n, heads * head_dim] as [n * heads, head_dim]: the rows that q_norm and k_norm see.
template <typename View>
View per_head(const PassContext& pass, View x)
{
    const std::int64_t head_dim = pass.config().head_dim;
    return x.reshaped({x.numel() / head_dim, head_dim});
}

struct Rotated
{
    TensorView q;
    TensorView k;
};

// q and k as the attention reads them. Without q/k norm they are rotated where they are. With it
// the raw ones are kept for the norm's backward, and these are made again when needed.
Rotated
normalize_and_rotate(const PassContext& pass, std::int64_t layer, const LayerActivations& kept)
{
    Rotated rotated = {pass.rows(kept.q), pass.rows(kept.k)};
    if (pass.config().qk_norm) {
        const LayerWeights& weights = pass.weights(layer);
        const ConstTensorView q = rotated.q;
        const ConstTensorView k = rotated.k;
        TensorView q_rstd;
        TensorView k_rstd;
        if (pass.keep) {
            rotated = {pass.rows(pass.scratch.q_rotated), pass.rows(pass.scratch.k_rotated)};
            q_rstd = kept.q_rstd.rows(0, pass.n * pass.config().num_heads);
            k_rstd = kept.k_rstd.rows(0, pass.n * pass.config().num_kv_heads);
        }
        ops::rms_norm_forward(*pass.backend,
                              per_head(pass, q),
                              weights.q_norm,
                              pass.eps(),
                              per_head(pass, rotated.q),
                              q_rstd);
        ops::rms_norm_forward(*pass.backend,
                              per_head(pass, k),
                              weights.k_norm,
                              pass.eps(),
                              per_head(pass, rotated.k),
                              k_rstd);
    }
    const std::int64_t head_dim = pass.config().head_dim;
    ops::rope_forward(
        *pass.backend, rotated.q, head_dim, pass.positions, pass.cos_table, pass.sin_table);
    ops::rope_forward(
        *pass.backend, rotated.k, head_dim, pass.positions, pass.cos_table, pass.sin_table);
    return rotated;
}

void attend(const PassContext& pass,
            std::int64_t layer,
            const LayerActivations& kept,
            const Rotated& rotated,
            const KvCacheLayer* cache,
            std::int64_t cache_length)
{
    const ops::AttentionShape shape = attention_shape(pass.config(), layer);
    if (cache != nullptr) {
        const std::int64_t end = cache_length + pass.n;
        ops::copy(*pass.backend, rotated.k, cache->k.rows(cache_length, end));
        ops::copy(*pass.backend, pass.rows(kept.v), cache->v.rows(cache_length, end));
        ops::attention_cached(
            *pass.backend, shape, rotated.q, cache->k, cache->v, end, pass.rows(kept.attention));
        return;
    }
    TensorView lse;
    if (pass.keep) {
        lse = kept.lse.rows(0, pass.n * shape.num_heads).reshaped({shape.num_heads, pass.n});
    }
    ops::attention_forward(*pass.backend,
                           {.shape = shape,
                            .q = rotated.q,
                            .k = rotated.k,
                            .v = pass.rows(kept.v),
                            .offsets = pass.offsets,
                            .max_seq_len = pass.max_sequence_length,
                            .out = pass.rows(kept.attention),
                            .lse = lse,
                            .scratch = pass.scratch.attention_workspace});
}

// dq, dk, dv with respect to the projections' outputs.
void attend_backward(const PassContext& pass, std::int64_t layer, const LayerActivations& kept)
{
    const ModelConfig& config = pass.config();
    const ops::AttentionShape shape = attention_shape(config, layer);
    Rotated rotated = {pass.rows(kept.q), pass.rows(kept.k)};
    if (config.qk_norm) {
        rotated = normalize_and_rotate(pass, layer, kept);
    }
    const TensorView dq = pass.rows(pass.scratch.dq);
    const TensorView dk = pass.rows(pass.scratch.dk);
    ops::attention_backward(
        *pass.backend,
        {.shape = shape,
         .q = rotated.q,
         .k = rotated.k,
         .v = pass.rows(kept.v),
         .out = pass.rows(kept.attention),
         .lse = kept.lse.rows(0, pass.n * shape.num_heads).reshaped({shape.num_heads, pass.n}),
         .offsets = pass.offsets,
         .max_seq_len = pass.max_sequence_length,
         .dout = pass.rows(pass.scratch.dattention),
         .dq = dq,
         .dk = dk,
         .dv = pass.rows(pass.scratch.dv),
         .scratch = pass.scratch.attention_workspace});
    ops::rope_backward(
        *pass.backend, dq, config.head_dim, pass.positions, pass.cos_table, pass.sin_table);
    ops::rope_backward(
        *pass.backend, dk, config.head_dim, pass.positions, pass.cos_table, pass.sin_table);
}

struct HeadNorm
{
    ConstTensorView weight;
    ConstTensorView x;
    ConstTensorView rstd;
    TensorView dy; // becomes dx
    TensorView dweight;
};

void head_norm_backward(const PassContext& pass, const HeadNorm& norm)
{
    ops::GradientMode mode = ops::GradientMode::Skip;
    if (norm.dweight.defined()) {
        mode = pass.accumulate() ? ops::GradientMode::Accumulate : ops::GradientMode::Overwrite;
    }
    ops::rms_norm_backward(*pass.backend,
                           {.dy = per_head(pass, norm.dy),
                            .x = per_head(pass, norm.x),
                            .weight = norm.weight,
                            .rstd = norm.rstd,
                            .dx = per_head(pass, norm.dy),
                            .dweight = norm.dweight,
                            .dweight_mode = mode});
}

void qk_norm_backward(const PassContext& pass, std::int64_t layer, const LayerActivations& kept)
{
    const LayerWeights& weights = pass.weights(layer);
    const ModelConfig& config = pass.config();
    head_norm_backward(pass,
                       {.weight = weights.q_norm,
                        .x = pass.rows(kept.q),
                        .rstd = kept.q_rstd.rows(0, pass.n * config.num_heads),
                        .dy = pass.rows(pass.scratch.dq),
                        .dweight = pass.norm_gradient(&LayerGradientIndex::q_norm, layer)});
    head_norm_backward(pass,
                       {.weight = weights.k_norm,
                        .x = pass.rows(kept.k),
                        .rstd = kept.k_rstd.rows(0, pass.n * config.num_kv_heads),
                        .dy = pass.rows(pass.scratch.dk),
                        .dweight = pass.norm_gradient(&LayerGradientIndex::k_norm, layer)});
}

} // namespace

void attention_block_forward(const PassContext& pass,
                             std::int64_t layer,
                             const LayerActivations& kept,
                             ConstTensorView x,
                             TensorView x_mid,
                             const KvCacheLayer* cache,
                             std::int64_t cache_length)
{
    const TensorView rstd = pass.keep ? pass.rows(kept.rstd) : TensorView();
    const ConstTensorView norm = block_norm(pass, x, pass.weights(layer).input_layernorm, rstd);
    projections_forward(pass,
                        layer,
                        kept,
                        norm,
                        {{Target::QProj, pass.rows(kept.q)},
                         {Target::KProj, pass.rows(kept.k)},
                         {Target::VProj, pass.rows(kept.v)}});
    const Rotated rotated = normalize_and_rotate(pass, layer, kept);
    attend(pass, layer, kept, rotated, cache, cache_length);
    projection_forward(pass, layer, kept, pass.rows(kept.attention), {Target::OProj, x_mid}, x);
}

void attention_block_backward(const PassContext& pass,
                              std::int64_t layer,
                              const LayerActivations& kept,
                              TensorView dx,
                              bool needs_dx)
{
    const bool qkv =
        needs_dx || pass.trains_any(layer, {Target::QProj, Target::KProj, Target::VProj});
    const TensorView dattention = pass.rows(pass.scratch.dattention);
    projections_backward(pass,
                         layer,
                         kept,
                         pass.rows(kept.attention),
                         {{Target::OProj, dx}},
                         qkv ? dattention : TensorView());
    if (!qkv) {
        return;
    }
    attend_backward(pass, layer, kept);
    if (pass.config().qk_norm) {
        qk_norm_backward(pass, layer, kept);
    }
    const ConstTensorView x = pass.rows(kept.x);
    const ConstTensorView norm =
        block_norm(pass, x, pass.weights(layer).input_layernorm, pass.rows(kept.rstd));
    const TensorView dnorm = needs_dx ? pass.rows(pass.scratch.dnorm) : TensorView();
    projections_backward(pass,
                         layer,
                         kept,
                         norm,
                         {{Target::QProj, pass.rows(pass.scratch.dq)},
                          {Target::KProj, pass.rows(pass.scratch.dk)},
                          {Target::VProj, pass.rows(pass.scratch.dv)}},
                         dnorm);
    if (!needs_dx) {
        return;
    }
    block_norm_backward(
        pass,
        {.dnorm = dnorm,
         .x = x,
         .weight = pass.weights(layer).input_layernorm,
         .rstd = pass.rows(kept.rstd),
         .dx = dx,
         .dweight = pass.norm_gradient(&LayerGradientIndex::input_layernorm, layer)});
}

} // namespace engine
