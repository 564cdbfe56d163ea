// Writes adapters and merged models with their logits, for check_export.py to load with PEFT and
// transformers: export_for_peft BASE_FOLDER OUT_FOLDER
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/io/safetensors.h"
#include "engine/model/merge.h"
#include "engine/model/transformer.h"
#include "engine/tensor/cpu_backend.h"

namespace {

namespace fs = std::filesystem;
using namespace engine; // NOLINT(google-build-using-namespace): a program about it

constexpr std::int64_t kTokens = 12;

std::vector<float> logits_of(Backend& backend, const BaseModel& model, const LoraAdapter* adapter)
{
    MicroBatch batch;
    for (std::int32_t i = 0; i < kTokens; ++i) {
        batch.tokens.push_back(static_cast<std::int32_t>((7 * i + 3) % model.config().vocab_size));
    }
    batch.labels.assign(kTokens, -1);
    batch.weights.assign(kTokens, 0.0F);
    batch.positions.resize(kTokens);
    std::iota(batch.positions.begin(), batch.positions.end(), 0);
    batch.offsets = {0, static_cast<std::int32_t>(kTokens)};
    TransformerLimits limits;
    limits.max_tokens = kTokens;
    limits.max_sequence_length = kTokens;
    limits.backward = false;
    Transformer transformer(
        backend, model, limits, adapter == nullptr ? nullptr : &adapter->config());
    std::vector<float> logits(static_cast<std::size_t>(kTokens * model.config().vocab_size));
    transformer.logits(batch, adapter, batch.positions, logits);
    return logits;
}

void fill(Tensor& tensor, std::uint64_t stream, double deviation)
{
    Random random(1, stream);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        tensor.data<float>()[i] += static_cast<float>(deviation * random.normal());
    }
}

// Started, and then moved as training would: B and A away from their start, the frozen pair kept.
LoraAdapter
make_adapter(Backend& backend, const ModelConfig& model, const LoraConfig& config, bool lora_ga)
{
    LoraAdapter adapter(backend, model, config, DType::F32);
    adapter.initialize(LoraInit::Lora, 1);
    std::uint64_t stream = 0;
    for (LoraMatrix& matrix : adapter.matrices()) {
        if (lora_ga) {
            fill(matrix.lora_b, stream++, 0.3);
            adapter.freeze_init_pair(matrix);
        }
        fill(matrix.lora_a, stream++, 0.1);
        fill(matrix.lora_b, stream++, 0.1);
    }
    return adapter;
}

SafetensorsSource
source(const std::string& name, std::int64_t vocab_size, const std::vector<float>& values)
{
    return {name, "F32", {kTokens, vocab_size}, [&values](const auto& sink) {
                return sink(std::as_bytes(std::span(values)));
            }};
}

void run(const fs::path& base, const fs::path& out)
{
    CpuBackend backend;
    const BaseModel model = value_or_throw(BaseModel::load(backend, base));
    const std::int64_t vocab_size = model.config().vocab_size;
    const std::vector<float> plain = logits_of(backend, model, nullptr);
    std::vector<std::pair<std::string, std::vector<float>>> all = {{"base", plain}};
    for (const bool lora_ga : {false, true}) {
        for (const bool use_rslora : {false, true}) {
            LoraConfig config;
            config.rank = 4;
            config.alpha = 6.0;
            config.use_rslora = use_rslora;
            config.rank_pattern = {{"down_proj", 2}};
            config.alpha_pattern = {{"layers\\.0\\..*", 3.0}};
            const LoraAdapter adapter = make_adapter(backend, model.config(), config, lora_ga);
            const std::string name =
                std::string(lora_ga ? "lora_ga" : "lora") + (use_rslora ? "_rslora" : "");
            value_or_throw(save_adapter(backend, adapter, base.string(), out / name));
            all.emplace_back(name, logits_of(backend, model, &adapter));
        }
    }
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
        const std::string name = "merged_" + std::string(to_string(dtype));
        MergeOptions options;
        options.dtype = dtype;
        options.max_shard_bytes = dtype == DType::BF16 ? model.config().parameter_count() : 1 << 30;
        const ExportCheck check =
            value_or_throw(merge_to_folder(backend, base, out / "lora_ga", out / name, options));
        std::printf("%s: largest difference %g of %g allowed\n",
                    name.c_str(),
                    check.max_abs_difference,
                    check.tolerance);
        const BaseModel merged = value_or_throw(BaseModel::load(backend, out / name));
        all.emplace_back(name, logits_of(backend, merged, nullptr));
    }
    std::vector<SafetensorsSource> sources;
    sources.reserve(all.size());
    for (const auto& [name, values] : all) {
        sources.push_back(source(name, vocab_size, values));
    }
    value_or_throw(write_safetensors(out / "logits.safetensors", std::move(sources)));
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: export_for_peft BASE_FOLDER OUT_FOLDER\n");
        return 2;
    }
    try {
        run(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
