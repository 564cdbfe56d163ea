// The products of a group: as wide as all its ranks where x is an operand.
#include "engine/model/lora_group.h"

#include <array>

#include "engine/model/stacked_tensors.h"
#include "engine/ops/matmul.h"

namespace engine {

namespace {

using ops::Transpose;

constexpr std::size_t kMostMembers = 3;

// The adapted members, where they can share products.
struct Group
{
    ConstTensorView a;     // [rank, in_features], of all of them
    std::int64_t rank = 0; // the sum; 0: they cannot
};

template <typename Args>
Group group_of(std::span<const Args> members)
{
    std::array<ConstTensorView, kMostMembers> parts;
    std::size_t count = 0;
    for (const Args& member : members) {
        const LoraMatrix* lora = member.projection.lora;
        if (lora == nullptr) {
            continue;
        }
        if (lora->has_init_pair() || member.projection.dropout.probability > 0.0F) {
            return {};
        }
        parts[count++] = lora->a();
    }
    const ConstTensorView a = as_one_matrix(std::span(parts.data(), count));
    return {.a = a, .rank = a.defined() ? a.size(0) : 0};
}

// The memory of all members' h as [n, rank]: it begins where the first one's does.
template <typename Args>
auto hidden_of(std::span<const Args> members, std::int64_t rank)
{
    for (const Args& member : members) {
        if (member.projection.lora != nullptr) {
            const auto h = member.h;
            return decltype(h)(h.raw(), h.dtype(), {member.x.size(0), rank}, h.device());
        }
    }
    return decltype(members.front().h)();
}

// Columns [begin, begin + count) of a matrix; their rows lie the matrix's width apart.
template <typename Void>
BasicTensorView<Void>
columns(const BasicTensorView<Void>& matrix, std::int64_t begin, std::int64_t count)
{
    using Byte = std::conditional_t<std::is_const_v<Void>, const std::byte, std::byte>;
    Byte* first = static_cast<Byte*>(matrix.raw())
                  + static_cast<std::size_t>(begin) * size_of(matrix.dtype());
    return {first, matrix.dtype(), {matrix.size(0), count}, matrix.device()};
}

// U_i and dB_i of each member.
void member_gradients(Backend& backend,
                      std::span<const LoraLinearBackwardArgs> members,
                      ConstTensorView hidden,
                      TensorView u)
{
    std::int64_t column = 0;
    for (const LoraLinearBackwardArgs& member : members) {
        const LoraMatrix* lora = member.projection.lora;
        if (lora == nullptr) {
            continue;
        }
        const std::int64_t width = u.size(1);
        ops::matmul(backend,
                    {.a = member.dy,
                     .b = lora->b(),
                     .c = columns(u, column, lora->rank),
                     .alpha = lora->scaling,
                     .c_stride = width});
        if (member.gradients.lora_b.defined()) {
            ops::matmul(backend,
                        {.a = member.dy,
                         .transpose_a = Transpose::Yes,
                         .b = columns(hidden, column, lora->rank),
                         .c = member.gradients.lora_b,
                         .alpha = lora->scaling,
                         .beta = member.gradients.accumulate ? 1.0F : 0.0F,
                         .b_stride = width});
        }
        column += lora->rank;
    }
}

// d[A], as one matrix where the gradients are neighbours.
void a_gradients(Backend& backend,
                 std::span<const LoraLinearBackwardArgs> members,
                 ConstTensorView u)
{
    std::array<TensorView, kMostMembers> parts;
    std::size_t count = 0;
    float beta = 0.0F; // the adapted ones'; nobody tells another member
    for (const LoraLinearBackwardArgs& member : members) {
        if (member.projection.lora != nullptr) {
            parts[count++] = member.gradients.lora_a;
            beta = member.gradients.accumulate ? 1.0F : 0.0F;
        }
    }
    const ConstTensorView x = members.front().x;
    const TensorView all = as_one_matrix(std::span<const TensorView>(parts.data(), count));
    if (all.defined()) {
        ops::matmul(backend,
                    {.a = u, .transpose_a = Transpose::Yes, .b = x, .c = all, .beta = beta});
        return;
    }
    std::int64_t column = 0;
    for (const LoraLinearBackwardArgs& member : members) {
        if (member.projection.lora == nullptr) {
            continue;
        }
        if (member.gradients.lora_a.defined()) {
            ops::matmul(backend,
                        {.a = columns(u, column, member.projection.lora->rank),
                         .transpose_a = Transpose::Yes,
                         .b = x,
                         .c = member.gradients.lora_a,
                         .beta = beta,
                         .a_stride = u.size(1)});
        }
        column += member.projection.lora->rank;
    }
}

} // namespace

void lora_group_forward(Backend& backend, std::span<const LoraLinearForwardArgs> members)
{
    const Group group = group_of(members);
    for (LoraLinearForwardArgs member : members) {
        if (group.rank > 0) {
            member.projection.lora = nullptr; // the base alone
        }
        lora_linear_forward(backend, member);
    }
    if (group.rank == 0) {
        return;
    }
    const TensorView hidden = hidden_of(members, group.rank);
    ops::linear(backend, members.front().x, group.a, hidden);
    std::int64_t column = 0;
    for (const LoraLinearForwardArgs& member : members) {
        const LoraMatrix* lora = member.projection.lora;
        if (lora == nullptr) {
            continue;
        }
        ops::matmul(backend,
                    {.a = columns(hidden, column, lora->rank),
                     .b = lora->b(),
                     .transpose_b = Transpose::Yes,
                     .c = member.y,
                     .alpha = lora->scaling,
                     .beta = 1.0F,
                     .a_stride = group.rank});
        column += lora->rank;
    }
}

void lora_group_backward(Backend& backend, std::span<const LoraLinearBackwardArgs> members)
{
    const Group group = group_of(members);
    const LoraLinearBackwardArgs& first = members.front();
    TensorView u;
    if (group.rank > 0) {
        const std::int64_t rows = first.x.size(0);
        u = first.scratch.u.rows(0, rows * group.rank).reshaped({rows, group.rank});
        member_gradients(backend, members, hidden_of(members, group.rank), u);
        a_gradients(backend, members, u);
    }
    Output output = first.output;
    for (LoraLinearBackwardArgs member : members) {
        if (group.rank > 0) {
            member.projection.lora = nullptr; // the base alone
            member.gradients = {};
        }
        member.output = output;
        lora_linear_backward(backend, member);
        output = Output::Add;
    }
    if (group.rank > 0 && first.dx.defined()) {
        ops::matmul(backend, {.a = u, .b = group.a, .c = first.dx, .beta = 1.0F});
    }
}

} // namespace engine
