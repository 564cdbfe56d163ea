// Comparing an export with base + adapter: elements one by one, then logits end to end.
#include "engine/model/export_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/core/random.h"
#include "engine/model/transformer.h"

namespace engine {

namespace {

constexpr std::int64_t kSequences = 4;
constexpr std::int64_t kSequenceLength = 16;
constexpr std::int64_t kElementsPerTensor = 64;
constexpr std::uint64_t kSeed = 20240607;

MicroBatch check_batch(const ModelConfig& config)
{
    MicroBatch batch;
    Random random(kSeed);
    const std::int64_t length = std::min(kSequenceLength, config.max_position_embeddings);
    batch.offsets.push_back(0);
    for (std::int64_t sequence = 0; sequence < kSequences; ++sequence) {
        for (std::int64_t i = 0; i < length; ++i) {
            const std::uint64_t token = random.below(static_cast<std::uint64_t>(config.vocab_size));
            batch.tokens.push_back(static_cast<std::int32_t>(token));
            batch.positions.push_back(static_cast<std::int32_t>(i));
        }
        batch.offsets.push_back(static_cast<std::int32_t>(batch.tokens.size()));
    }
    batch.labels.assign(batch.tokens.size(), -1);
    batch.weights.assign(batch.tokens.size(), 0.0F);
    return batch;
}

double element(const SafetensorsEntry& entry, DType dtype, std::int64_t index)
{
    const std::byte* source = entry.bytes.data() + static_cast<std::size_t>(index) * size_of(dtype);
    const auto read = [&](auto value) {
        std::memcpy(&value, source, sizeof(value));
        return static_cast<double>(to_float(value));
    };
    switch (dtype) {
    case DType::BF16:
        return read(bfloat16_t{});
    case DType::F16:
        return read(float16_t{});
    default:
        return read(0.0F);
    }
}

// (B A)[row, column] and the sum of its terms' sizes, which bounds float32's rounding.
struct Product
{
    double value = 0.0;
    double size = 0.0;
};

Product product_at(const HostPair& pair, std::int64_t row, std::int64_t column)
{
    Product product;
    for (std::int64_t k = 0; k < pair.rank; ++k) {
        const double term =
            static_cast<double>(pair.b[static_cast<std::size_t>(row * pair.rank + k)])
            * pair.a[static_cast<std::size_t>(k * pair.in_features + column)];
        product.value += term;
        product.size += std::abs(term);
    }
    return product;
}

// Half a unit in the last place of a value of this dtype, and the least subnormal step.
double rounding_of(double value, DType dtype)
{
    switch (dtype) {
    case DType::BF16:
        return std::max(std::abs(value) * 0x1.0p-8, 0x1.0p-133);
    case DType::F16:
        return std::max(std::abs(value) * 0x1.0p-11, 0x1.0p-24);
    default:
        return std::abs(value) * 0x1.0p-23;
    }
}

} // namespace

CheckLogits check_logits(Backend& backend, const BaseModel& model, const LoraAdapter* adapter)
{
    const MicroBatch batch = check_batch(model.config());
    TransformerLimits limits;
    limits.max_tokens = batch.num_tokens();
    limits.max_sequence_length = batch.max_sequence_length();
    limits.backward = false;
    Transformer transformer(
        backend, model, limits, adapter == nullptr ? nullptr : &adapter->config());
    std::vector<std::int32_t> positions(batch.tokens.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
        positions[i] = static_cast<std::int32_t>(i);
    }
    CheckLogits logits;
    logits.positions = batch.num_tokens();
    logits.values.resize(positions.size() * static_cast<std::size_t>(model.config().vocab_size));
    transformer.logits(batch, adapter, positions, logits.values);
    return logits;
}

double logit_tolerance(DType dtype)
{
    switch (dtype) {
    case DType::BF16:
        return 0.125;
    case DType::F16:
        return 0.125 / 8;
    default:
        return 1e-4;
    }
}

ExportCheck compare_logits(const CheckLogits& base,
                           const CheckLogits& wanted,
                           const CheckLogits& found,
                           std::int64_t vocab_size,
                           DType dtype)
{
    ExportCheck check;
    check.positions = wanted.positions;
    bool finite = true;
    double squares = 0.0;
    double adapter_squares = 0.0;
    for (std::size_t i = 0; i < wanted.values.size(); ++i) {
        const double value = wanted.values[i];
        const double difference = std::abs(found.values[i] - value);
        finite = finite && std::isfinite(value) && std::isfinite(difference);
        check.max_abs_logit = std::max(check.max_abs_logit, std::abs(value));
        check.max_abs_difference = std::max(check.max_abs_difference, difference);
        check.difference_from_base =
            std::max(check.difference_from_base,
                     static_cast<double>(std::abs(found.values[i] - base.values[i])));
        const double change = base.values[i] - value;
        squares += difference * difference;
        adapter_squares += change * change;
    }
    const auto count = static_cast<double>(wanted.values.size());
    check.rms_difference = std::sqrt(squares / count);
    check.rms_adapter = std::sqrt(adapter_squares / count);
    std::int64_t same = 0;
    for (std::int64_t position = 0; position < wanted.positions; ++position) {
        const auto begin = position * vocab_size;
        const auto best = [&](const std::vector<float>& values) {
            return std::max_element(values.begin() + begin, values.begin() + begin + vocab_size)
                   - values.begin();
        };
        same += best(wanted.values) == best(found.values) ? 1 : 0;
    }
    check.top1_agreement = static_cast<double>(same) / static_cast<double>(wanted.positions);
    check.tolerance = logit_tolerance(dtype) * check.max_abs_logit;
    const bool nearer = squares < adapter_squares || adapter_squares == 0.0;
    check.passed = finite && check.max_abs_difference <= check.tolerance && nearer;
    return check;
}

Result<void> check_elements(const SafetensorsFolder& base,
                            const ModelConfig& config,
                            const std::vector<HostPair>& pairs,
                            const std::filesystem::path& folder,
                            DType dtype)
{
    const Result<SafetensorsFolder> written = SafetensorsFolder::open(folder);
    if (!written) {
        return written.error();
    }
    for (const ExpectedTensor& tensor : expected_tensors(config)) {
        const SafetensorsEntry* entry = written->find(tensor.name);
        if (entry == nullptr || entry->dtype != safetensors_name(dtype)
            || entry->numel() != tensor.shape.numel()) {
            return Error{ErrorCode::Internal,
                         concat("export: tensor ", tensor.name, " was not written as stated")};
        }
        const SafetensorsEntry& source = *base.find(tensor.name);
        const DType stored = value_or_throw(to_dtype(source));
        const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const HostPair& candidate) {
            return candidate.weight_name == tensor.name;
        });
        Random random(kSeed, 1);
        for (std::int64_t i = 0; i < kElementsPerTensor; ++i) {
            const auto at = static_cast<std::int64_t>(
                random.below(static_cast<std::uint64_t>(tensor.shape.numel())));
            double wanted = element(source, stored, at);
            double slack = std::abs(wanted) * 0x1.0p-22;
            if (pair != pairs.end()) {
                const Product product =
                    product_at(*pair, at / pair->in_features, at % pair->in_features);
                wanted += pair->scaling * product.value;
                slack += std::abs(pair->scaling) * product.size * 0x1.0p-22
                         * static_cast<double>(pair->rank);
            }
            const double found = element(*entry, dtype, at);
            if (!(std::abs(found - wanted) <= rounding_of(wanted, dtype) + slack)) {
                return Error{ErrorCode::Internal,
                             concat("export: tensor ",
                                    tensor.name,
                                    " element ",
                                    at,
                                    " is ",
                                    found,
                                    ", W + s B A is ",
                                    wanted)};
            }
        }
    }
    return {};
}

} // namespace engine
