// One tensor for the matrices of a layer that read the same input, and its parts.
#include "engine/model/stacked_tensors.h"

namespace engine {

namespace {

bool read_the_same(const LoraMatrix& one, const LoraMatrix& other)
{
    return one.layer == other.layer
           && targets_beside(one.target).data() == targets_beside(other.target).data();
}

template <typename View>
View joined(std::span<const View> parts)
{
    if (parts.empty() || !parts.front().defined()) {
        return {};
    }
    const View& first = parts.front();
    std::int64_t rows = 0;
    std::size_t bytes = 0;
    for (const View& part : parts) {
        const auto* place = static_cast<const std::byte*>(first.raw()) + bytes;
        if (part.raw() != place || part.size(1) != first.size(1) || part.dtype() != first.dtype()) {
            return {};
        }
        rows += part.size(0);
        bytes += part.bytes();
    }
    return {first.raw(), first.dtype(), {rows, first.size(1)}, first.device()};
}

} // namespace

std::vector<Tensor> stacked_like_a(Backend& backend,
                                   DType dtype,
                                   std::span<const LoraMatrix> matrices,
                                   std::vector<Tensor>& owners)
{
    std::vector<Tensor> parts;
    for (std::size_t begin = 0; begin < matrices.size();) {
        std::size_t end = begin;
        std::int64_t rows = 0;
        for (; end < matrices.size() && read_the_same(matrices[begin], matrices[end]); ++end) {
            rows += matrices[end].rank;
        }
        owners.push_back(backend.tensor(dtype, {rows, matrices[begin].in_features}));
        std::int64_t row = 0;
        for (; begin < end; ++begin) {
            const std::int64_t next = row + matrices[begin].rank;
            parts.push_back(Tensor::part(owners.back().view().rows(row, next)));
            row = next;
        }
    }
    return parts;
}

TensorView as_one_matrix(std::span<const TensorView> parts)
{
    return joined(parts);
}

ConstTensorView as_one_matrix(std::span<const ConstTensorView> parts)
{
    return joined(parts);
}

} // namespace engine
