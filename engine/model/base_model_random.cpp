// A base model of random weights: for training one from nothing, and for tests.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/core/parallel_for.h"
#include "engine/core/random.h"
#include "engine/model/base_model.h"
#include "engine/model/convert.h"
#include "engine/tensor/cpu_backend.h"

namespace engine {

namespace {

constexpr double kInitializerRange = 0.02;

void fill_normal(Tensor& tensor, std::uint64_t seed, std::uint64_t stream)
{
    // One normal takes four 32-bit draws, so element i starts at position 4 i whatever the split.
    parallel_for(tensor.numel(), 4096, [&](std::int64_t begin, std::int64_t end) {
        Random random(seed, stream);
        random.set_position(static_cast<std::uint64_t>(begin) * 4);
        for (std::int64_t i = begin; i < end; ++i) {
            tensor.data<float>()[i] = static_cast<float>(kInitializerRange * random.normal());
        }
    });
}

} // namespace

BaseModel
BaseModel::random(Backend& backend, const ModelConfig& config, std::uint64_t seed, DType dtype)
{
    BaseModel model;
    model.m_config = config;
    model.m_dtype = dtype;
    model.m_trainable = dtype == DType::F32;
    std::unordered_map<std::string, ConstTensorView> views;
    std::uint64_t stream = 0;
    for (const ExpectedTensor& expected : expected_tensors(config)) {
        HostAllocator host;
        Tensor values(host, DType::F32, expected.shape);
        if (expected.shape.rank() == 2) {
            fill_normal(values, seed, stream);
        } else {
            const float value = expected.name.ends_with(".bias") ? 0.0F : 1.0F;
            std::fill_n(values.data<float>(), values.numel(), value);
        }
        ++stream;
        Tensor rounded(host, dtype, expected.shape);
        convert_elements(
            values.view().raw(), DType::F32, rounded.view().raw(), dtype, values.numel());
        model.m_owned.push_back(backend.tensor(dtype, expected.shape));
        backend.upload(rounded.view().raw(), model.m_owned.back());
        const ConstTensorView view = std::as_const(model.m_owned.back()).view();
        model.m_tensors.push_back({expected.name, view});
        views[expected.name] = view;
    }
    model.bind([&](const std::string& name) {
        const auto found = views.find(name);
        return found == views.end() ? ConstTensorView() : found->second;
    });
    return model;
}

} // namespace engine
