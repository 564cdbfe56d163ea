// Room for an adapter's gradients.
#include "engine/model/stacked_tensors.h"
#include "engine/model/transformer.h"

namespace engine {

LoraGradients::LoraGradients(Backend& backend, const LoraAdapter& adapter)
{
    std::vector<Tensor> a = stacked_like_a(backend, DType::F32, adapter.matrices(), stacks);
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Shape& b = adapter.matrices()[i].lora_b.shape();
        pairs.push_back({.lora_a = std::move(a[i]), .lora_b = backend.tensor(DType::F32, b)});
    }
}

} // namespace engine
