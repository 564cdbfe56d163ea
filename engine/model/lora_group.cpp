// The products of a group: as wide as all its ranks where x is an operand.
#include "engine/model/lora_group.h"

#include <array>

#include "engine/model/stacked_tensors.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"

namespace engine {

namespace {

using ops::Transpose;

struct Adapted
{
    std::size_t member = 0;
    const LoraMatrix* lora = nullptr;
    std::int64_t column = 0; // of its h among all
};

// The adapted members, where they can share products.
struct Group
{
    std::array<Adapted, kMostMembers> places;
    std::size_t count = 0; // 0: nobody is adapted, or they cannot
    std::int64_t rank = 0; // the sum
    bool pair = false;     // each has a frozen pair
    ConstTensorView a;     // [rank, in_features], of all of them; undefined with a pair

    [[nodiscard]] std::span<const Adapted> adapted() const { return {places.data(), count}; }

    [[nodiscard]] std::int64_t in_features() const { return places.front().lora->a().size(1); }

    [[nodiscard]] std::int64_t width() const { return pair ? 2 * rank : rank; }
};

template <typename Args>
Group group_of(std::span<const Args> members)
{
    Group group;
    std::array<ConstTensorView, kMostMembers> parts;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const LoraMatrix* lora = members[i].projection.lora;
        if (lora == nullptr) {
            continue;
        }
        if (members[i].projection.dropout.probability > 0.0F
            || (group.count > 0 && lora->has_init_pair() != group.pair)) {
            return {};
        }
        group.pair = lora->has_init_pair();
        parts[group.count] = lora->a();
        group.places[group.count++] = {.member = i, .lora = lora, .column = group.rank};
        group.rank += lora->rank;
    }
    if (!group.pair) {
        group.a = as_one_matrix(std::span<const ConstTensorView>(parts.data(), group.count));
        if (!group.a.defined()) {
            return {};
        }
    }
    return group;
}

// The memory of all members' h as [n, rank]: it begins where the first one's does.
template <typename Args>
auto hidden_of(const Group& group, std::span<const Args> members)
{
    const Args& first = members[group.places.front().member];
    return decltype(first.h)(
        first.h.raw(), first.h.dtype(), {first.x.size(0), group.rank}, first.h.device());
}

// The part of scratch.pair behind the rows that are as wide as x.
TensorView behind_rows(const LoraScratch& scratch, const Group& group, const Shape& shape)
{
    const std::int64_t begin = group.width() * group.in_features();
    return scratch.pair.rows(begin, begin + shape.numel()).reshaped(shape);
}

TensorView wide_rows(const LoraScratch& scratch, const Group& group)
{
    return matrix_of(scratch.pair, group.width(), group.in_features());
}

// [A_1; A_1 - A0_1; A_2; ...]
ConstTensorView pair_rows(Backend& backend, const Group& group, const LoraScratch& scratch)
{
    const TensorView rows = wide_rows(scratch, group);
    for (const auto& [member, lora, column] : group.adapted()) {
        const std::int64_t begin = 2 * column;
        const std::int64_t middle = begin + lora->rank;
        ops::copy(backend, lora->a(), rows.rows(begin, middle));
        ops::subtract(
            backend,
            {.a = lora->lora_a, .b = lora->init_a, .y = rows.rows(middle, middle + lora->rank)});
    }
    return rows;
}

// [A_1 - A0_1; A_2 - A0_2; ...; A0_1; A0_2; ...]
ConstTensorView pair_gradient_rows(Backend& backend, const Group& group, const LoraScratch& scratch)
{
    const TensorView rows = wide_rows(scratch, group);
    for (const auto& [member, lora, column] : group.adapted()) {
        const std::int64_t end = column + lora->rank;
        ops::subtract(backend, {.a = lora->lora_a, .b = lora->init_a, .y = rows.rows(column, end)});
        ops::copy(backend, lora->a0(), rows.rows(group.rank + column, group.rank + end));
    }
    return rows;
}

// [B - B0, B0]
ConstTensorView pair_columns(Backend& backend,
                             const Group& group,
                             const LoraMatrix& lora,
                             const LoraScratch& scratch)
{
    const std::int64_t width = 2 * lora.rank;
    const TensorView both = behind_rows(scratch, group, {lora.lora_b.shape()[0], width});
    ops::subtract(backend,
                  {.a = lora.lora_b,
                   .b = lora.init_b,
                   .y = ops::some_columns(both, 0, lora.rank),
                   .y_stride = width});
    ops::subtract(
        backend,
        {.a = lora.b0(), .y = ops::some_columns(both, lora.rank, lora.rank), .y_stride = width});
    return both;
}

// What the outputs are made of, [n, width]: [H], or with a frozen pair [H_1, H0_1, H_2, ...].
ConstTensorView
hidden_forward(Backend& backend, const Group& group, std::span<const LoraLinearForwardArgs> members)
{
    const LoraLinearForwardArgs& first = members.front();
    const TensorView kept = hidden_of(group, members);
    if (!group.pair) {
        ops::linear(backend, first.x, group.a, kept);
        return kept;
    }
    const TensorView both = matrix_of(first.scratch.u, first.x.size(0), group.width());
    ops::linear(backend, first.x, pair_rows(backend, group, first.scratch), both);
    for (const auto& [member, lora, column] : group.adapted()) {
        ops::subtract(backend,
                      {.a = ops::some_columns(both, 2 * column, lora->rank),
                       .a_stride = group.width(),
                       .y = ops::some_columns(kept, column, lora->rank),
                       .y_stride = group.rank});
    }
    return both;
}

// U_i, V_i where there is a frozen pair, and dB_i of each member.
void member_gradients(Backend& backend,
                      const Group& group,
                      std::span<const LoraLinearBackwardArgs> members,
                      TensorView u)
{
    const ConstTensorView hidden = hidden_of(group, members);
    for (const auto& [index, lora, column] : group.adapted()) {
        const LoraLinearBackwardArgs& member = members[index];
        ops::MatmulArgs product = {.a = member.dy,
                                   .b = lora->b(),
                                   .c = ops::some_columns(u, column, lora->rank),
                                   .alpha = lora->scaling,
                                   .c_stride = group.width()};
        ops::matmul(backend, product);
        if (group.pair && member.dx.defined()) {
            const TensorView difference = behind_rows(member.scratch, group, lora->lora_b.shape());
            ops::subtract(backend, {.a = lora->lora_b, .b = lora->init_b, .y = difference});
            product.b = difference;
            product.c = ops::some_columns(u, group.rank + column, lora->rank);
            ops::matmul(backend, product);
        }
        if (member.gradients.lora_b.defined()) {
            ops::matmul(backend,
                        {.a = member.dy,
                         .transpose_a = Transpose::Yes,
                         .b = ops::some_columns(hidden, column, lora->rank),
                         .c = member.gradients.lora_b,
                         .alpha = lora->scaling,
                         .beta = member.gradients.accumulate ? 1.0F : 0.0F,
                         .b_stride = group.rank});
        }
    }
}

// d[A], as one matrix where the gradients are neighbours.
void a_gradients(Backend& backend,
                 const Group& group,
                 std::span<const LoraLinearBackwardArgs> members,
                 ConstTensorView u)
{
    std::array<TensorView, kMostMembers> parts;
    std::size_t count = 0;
    for (const Adapted& each : group.adapted()) {
        parts[count++] = members[each.member].gradients.lora_a;
    }
    // Not the first member's: it need not be adapted, and then nobody told it.
    const bool accumulate = members[group.places.front().member].gradients.accumulate;
    const auto product = [&](std::int64_t column, TensorView gradient) {
        if (gradient.defined()) {
            ops::matmul(backend,
                        {.a = ops::some_columns(u, column, gradient.size(0)),
                         .transpose_a = Transpose::Yes,
                         .b = members.front().x,
                         .c = gradient,
                         .beta = accumulate ? 1.0F : 0.0F,
                         .a_stride = group.width()});
        }
    };
    const TensorView all = as_one_matrix(std::span<const TensorView>(parts.data(), count));
    if (all.defined()) {
        product(0, all);
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        product(group.places[i].column, parts[i]);
    }
}

} // namespace

void lora_group_hidden(Backend& backend, const LoraLinearForwardArgs& alone)
{
    const std::span members(&alone, 1);
    if (const Group group = group_of(members); group.count > 0) {
        hidden_forward(backend, group, members);
    } else {
        lora_linear_hidden(backend, alone);
    }
}

void lora_group_forward(Backend& backend, std::span<const LoraLinearForwardArgs> members)
{
    const Group group = group_of(members);
    if (group.count == 0 && members.size() > 1) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            lora_group_forward(backend, members.subspan(i, 1));
        }
        return;
    }
    for (LoraLinearForwardArgs member : members) {
        if (group.count > 0) {
            member.projection.lora = nullptr; // the base alone
        }
        lora_linear_forward(backend, member);
    }
    if (group.count == 0) {
        return;
    }
    const ConstTensorView hidden = hidden_forward(backend, group, members);
    const std::int64_t times = group.pair ? 2 : 1;
    for (const auto& [index, lora, column] : group.adapted()) {
        const LoraLinearForwardArgs& member = members[index];
        ops::matmul(
            backend,
            {.a = ops::some_columns(hidden, times * column, times * lora->rank),
             .b = group.pair ? pair_columns(backend, group, *lora, member.scratch) : lora->b(),
             .transpose_b = Transpose::Yes,
             .c = member.y,
             .alpha = lora->scaling,
             .beta = 1.0F,
             .a_stride = group.width()});
    }
}

void lora_group_backward(Backend& backend, std::span<const LoraLinearBackwardArgs> members)
{
    const Group group = group_of(members);
    const LoraLinearBackwardArgs& first = members.front();
    TensorView u;
    if (group.count > 0) {
        // Everything that reads x comes before dx is written: one member's may share memory.
        u = matrix_of(first.scratch.u, first.x.size(0), group.width());
        member_gradients(backend, group, members, u);
        a_gradients(backend, group, members, u);
    }
    Output output = first.output;
    for (LoraLinearBackwardArgs member : members) {
        member.output = output;
        output = Output::Add;
        if (group.count == 0 && members.size() > 1) {
            lora_group_backward(backend, std::span(&member, 1));
            continue;
        }
        if (group.count > 0) {
            member.projection.lora = nullptr; // the base alone
        }
        lora_linear_backward(backend, member);
    }
    if (group.count > 0 && first.dx.defined()) {
        const ConstTensorView rows =
            group.pair ? pair_gradient_rows(backend, group, first.scratch) : group.a;
        ops::matmul(backend, {.a = u, .b = rows, .c = first.dx, .beta = 1.0F});
    }
}

} // namespace engine
