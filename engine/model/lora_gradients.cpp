// Room for an adapter's gradients.
#include "engine/model/transformer.h"

namespace engine {

LoraGradients::LoraGradients(Backend& backend, const LoraAdapter& adapter)
{
    for (const LoraMatrix& matrix : adapter.matrices()) {
        pairs.push_back({.lora_a = backend.tensor(DType::F32, matrix.lora_a.shape()),
                         .lora_b = backend.tensor(DType::F32, matrix.lora_b.shape())});
    }
}

} // namespace engine
