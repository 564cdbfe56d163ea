// The same small problem on a device and on the CPU.
#include "engine/model/device_check.h"

#include <cmath>
#include <vector>

#include "engine/core/parallel_for.h"
#include "engine/core/random.h"
#include "engine/model/transformer.h"
#include "engine/tensor/cpu_backend.h"

namespace engine {

namespace {

constexpr std::int32_t kCheckVocabulary = 320;
constexpr std::int32_t kFirstLength = 40; // of two sequences
constexpr std::int32_t kCheckLength = 63; // of both
constexpr std::uint64_t kCheckSeed = 5;

// Root of the mean square of the difference, in parts of the values'. A GPU may sum in another
// order, and round float32 to TF32 where that was chosen; both sides round to bf16 in many places.
constexpr double kMostInF32 = 0.01;
constexpr double kMostInBf16 = 0.1;

ModelConfig check_model()
{
    return value_or_throw(ModelConfig::from_json({{"model_type", "llama"},
                                                  {"architectures", {"LlamaForCausalLM"}},
                                                  {"hidden_size", 64},
                                                  {"intermediate_size", 96},
                                                  {"num_hidden_layers", 2},
                                                  {"num_attention_heads", 4},
                                                  {"num_key_value_heads", 2},
                                                  {"vocab_size", kCheckVocabulary},
                                                  {"max_position_embeddings", 64},
                                                  {"rms_norm_eps", 1e-5},
                                                  {"rope_theta", 10000.0},
                                                  {"hidden_act", "silu"},
                                                  {"tie_word_embeddings", false},
                                                  {"torch_dtype", "float32"}}));
}

MicroBatch check_batch()
{
    MicroBatch batch;
    batch.offsets = {0, kFirstLength, kCheckLength};
    Random random(kCheckSeed);
    const auto token = [&] {
        return static_cast<std::int32_t>(random.uniform() * kCheckVocabulary);
    };
    for (std::int32_t i = 0; i < kCheckLength; ++i) {
        batch.tokens.push_back(token());
        batch.labels.push_back(token());
        batch.weights.push_back(1.0F / kCheckLength);
        batch.positions.push_back(i < kFirstLength ? i : i - kFirstLength);
    }
    return batch;
}

void fill(Backend& backend, TensorView tensor, std::uint64_t stream)
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    Random random(kCheckSeed, stream);
    for (float& value : values) {
        value = 0.1F * static_cast<float>(random.normal());
    }
    backend.upload(values.data(), tensor);
}

struct CheckNumbers
{
    std::vector<float> logits; // and the loss
    std::vector<float> gradients;
};

CheckNumbers compute(Backend& backend, DType dtype)
{
    const BaseModel model = BaseModel::random(backend, check_model(), kCheckSeed, dtype);
    const LoraConfig config = {.rank = 8, .alpha = 16.0};
    LoraAdapter adapter(backend, model.config(), config, dtype);
    std::uint64_t stream = 1;
    for (LoraMatrix& matrix : adapter.matrices()) {
        fill(backend, matrix.lora_a, stream++);
        fill(backend, matrix.lora_b, stream++);
    }
    adapter.refresh_copies();
    LoraGradients gradients(backend, adapter);
    Transformer transformer(
        backend, model, {.max_tokens = kCheckLength, .max_sequence_length = kFirstLength}, &config);
    const MicroBatch batch = check_batch();
    CheckNumbers numbers;
    const double loss = transformer.run(batch, {.adapter = &adapter, .gradients = &gradients});
    for (const LoraGradients::Pair& pair : gradients.pairs) {
        for (const Tensor* tensor : {&pair.lora_a, &pair.lora_b}) {
            const std::size_t before = numbers.gradients.size();
            numbers.gradients.resize(before + static_cast<std::size_t>(tensor->numel()));
            backend.download(*tensor, &numbers.gradients[before]);
        }
    }
    const std::vector<std::int32_t> positions = {0, kFirstLength - 1, kCheckLength - 1};
    numbers.logits.resize(positions.size() * kCheckVocabulary);
    transformer.logits(batch, &adapter, positions, numbers.logits);
    numbers.logits.push_back(static_cast<float>(loss));
    return numbers;
}

double difference(const std::vector<float>& found, const std::vector<float>& wanted)
{
    double squares = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto value = static_cast<double>(wanted[i]);
        squares += std::pow(static_cast<double>(found[i]) - value, 2);
        size += value * value;
    }
    return std::sqrt(squares / size);
}

} // namespace

std::optional<std::string> difference_from_cpu(Backend& device)
{
    CpuBackend cpu(num_threads());
    for (const DType dtype : {DType::F32, DType::BF16}) {
        const CheckNumbers found = compute(device, dtype);
        const CheckNumbers wanted = compute(cpu, dtype);
        const double most = dtype == DType::F32 ? kMostInF32 : kMostInBf16;
        for (const auto& [what, numbers] : {std::pair("logits", &CheckNumbers::logits),
                                            std::pair("gradients", &CheckNumbers::gradients)}) {
            const double apart = difference(found.*numbers, wanted.*numbers);
            if (!(apart <= most)) { // nor not a number
                return concat(what,
                              " in ",
                              to_string(dtype),
                              " differ from the CPU's by ",
                              apart,
                              " of their size, at most ",
                              most,
                              " is rounding");
            }
        }
    }
    return std::nullopt;
}

} // namespace engine
