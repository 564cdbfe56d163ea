// The oracle of attention: the full score matrix in double, forward and analytic backward.
#pragma once

#include "engine/ops/attention.h"
#include "tests/support/reference.h"

namespace lowrank_test::reference {

// Inputs of packed attention, all in double.
struct AttentionProblem
{
    engine::ops::AttentionShape shape;
    std::vector<std::int32_t> offsets;
    Values q, k, v;

    [[nodiscard]] std::int64_t tokens() const { return offsets.back(); }

    [[nodiscard]] std::int64_t kv_head(std::int64_t head) const
    {
        return head / (shape.num_heads / shape.num_kv_heads);
    }

    // Index of element c of `head` of token i in q, and of `kv` in k and v.
    [[nodiscard]] std::int64_t q_at(std::int64_t i, std::int64_t head, std::int64_t c) const
    {
        return (i * shape.num_heads + head) * shape.head_dim + c;
    }

    [[nodiscard]] std::int64_t kv_at(std::int64_t j, std::int64_t kv, std::int64_t c) const
    {
        return (j * shape.num_kv_heads + kv) * shape.head_dim + c;
    }

    [[nodiscard]] bool visible(std::int64_t i, std::int64_t j) const
    {
        std::int64_t start = 0;
        for (const std::int32_t offset : offsets) {
            start = offset <= i ? offset : start;
        }
        const bool in_window = shape.sliding_window == 0 || i - shape.sliding_window < j;
        return start <= j && j <= i && in_window;
    }
};

// Probabilities of token i's query over all tokens; `lse` receives the log of the sum.
[[nodiscard]] inline Values
attention_row(const AttentionProblem& p, std::int64_t i, std::int64_t head, double& lse)
{
    Values row = zeros(p.tokens());
    double sum = 0.0;
    for (std::int64_t j = 0; j < p.tokens(); ++j) {
        if (!p.visible(i, j)) {
            continue;
        }
        double score = 0.0;
        for (std::int64_t c = 0; c < p.shape.head_dim; ++c) {
            score += at(p.q, p.q_at(i, head, c)) * at(p.k, p.kv_at(j, p.kv_head(head), c));
        }
        at(row, j) = std::exp(score * static_cast<double>(p.shape.scale));
        sum += at(row, j);
    }
    for (double& value : row) {
        value /= sum;
    }
    lse = std::log(sum);
    return row;
}

[[nodiscard]] inline Values attention(const AttentionProblem& p, Values* lse = nullptr)
{
    Values out = zeros(p.tokens() * p.shape.num_heads * p.shape.head_dim);
    if (lse != nullptr) {
        *lse = zeros(p.tokens() * p.shape.num_heads);
    }
    for (std::int64_t head = 0; head < p.shape.num_heads; ++head) {
        for (std::int64_t i = 0; i < p.tokens(); ++i) {
            double log_sum = 0.0;
            const Values row = attention_row(p, i, head, log_sum);
            if (lse != nullptr) {
                at(*lse, head * p.tokens() + i) = log_sum;
            }
            for (std::int64_t j = 0; j < p.tokens(); ++j) {
                for (std::int64_t c = 0; c < p.shape.head_dim; ++c) {
                    at(out, p.q_at(i, head, c)) +=
                        at(row, j) * at(p.v, p.kv_at(j, p.kv_head(head), c));
                }
            }
        }
    }
    return out;
}

struct AttentionGradients
{
    Values dq, dk, dv;
};

[[nodiscard]] inline AttentionGradients attention_backward(const AttentionProblem& p,
                                                           const Values& dout)
{
    AttentionGradients g = {zeros(static_cast<std::int64_t>(p.q.size())),
                            zeros(static_cast<std::int64_t>(p.k.size())),
                            zeros(static_cast<std::int64_t>(p.v.size()))};
    const std::int64_t d = p.shape.head_dim;
    for (std::int64_t head = 0; head < p.shape.num_heads; ++head) {
        const std::int64_t kv = p.kv_head(head);
        for (std::int64_t i = 0; i < p.tokens(); ++i) {
            double unused = 0.0;
            const Values row = attention_row(p, i, head, unused);
            Values drow = zeros(p.tokens());
            double mean = 0.0;
            for (std::int64_t j = 0; j < p.tokens(); ++j) {
                for (std::int64_t c = 0; c < d; ++c) {
                    at(drow, j) += at(dout, p.q_at(i, head, c)) * at(p.v, p.kv_at(j, kv, c));
                }
                mean += at(row, j) * at(drow, j);
            }
            for (std::int64_t j = 0; j < p.tokens(); ++j) {
                const double probability = at(row, j);
                const double dscore =
                    probability * (at(drow, j) - mean) * static_cast<double>(p.shape.scale);
                for (std::int64_t c = 0; c < d; ++c) {
                    at(g.dq, p.q_at(i, head, c)) += dscore * at(p.k, p.kv_at(j, kv, c));
                    at(g.dk, p.kv_at(j, kv, c)) += dscore * at(p.q, p.q_at(i, head, c));
                    at(g.dv, p.kv_at(j, kv, c)) += probability * at(dout, p.q_at(i, head, c));
                }
            }
        }
    }
    return g;
}

} // namespace lowrank_test::reference
