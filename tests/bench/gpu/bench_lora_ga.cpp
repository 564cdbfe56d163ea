// How long LoRA-GA's start takes for a model: one JSON object on stdout.
//
// bench_lora_ga MODEL_DIR TOKENS.bin DTYPE DEVICE SAMPLES SEQ_LEN
// TOKENS.bin holds int32 [SAMPLES, SEQ_LEN] or more. DEVICE is the number of CPU threads, or
// "cuda". Rank 16 on all seven projections, rsLoRA, alpha 32.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/core/platform.h"
#include "engine/model/lora_ga.h"

namespace {

using namespace engine; // NOLINT(google-build-using-namespace): a program about it

MicroBatch sample(const std::int32_t* tokens, std::int64_t seq_len)
{
    MicroBatch batch;
    batch.offsets = {0, static_cast<std::int32_t>(seq_len)};
    for (std::int64_t i = 0; i < seq_len; ++i) {
        const bool last = i + 1 == seq_len;
        batch.tokens.push_back(tokens[i]);
        batch.labels.push_back(last ? -1 : tokens[i + 1]);
        batch.weights.push_back(last ? 0.0F : 1.0F / static_cast<float>(seq_len - 1));
        batch.positions.push_back(static_cast<std::int32_t>(i));
    }
    return batch;
}

int run(char** arguments)
{
    const DType dtype = std::string(arguments[3]) == "bf16" ? DType::BF16 : DType::F32;
    const bool on_gpu = std::string(arguments[4]) == "cuda";
    const std::int64_t samples = std::atoll(arguments[5]);
    const std::int64_t seq_len = std::atoll(arguments[6]);
    auto backend = value_or_throw(make_backend({on_gpu ? DeviceType::Cuda : DeviceType::Cpu, 0},
                                               {.threads = std::atoi(arguments[4])}));
    const MappedFile tokens = value_or_throw(MappedFile::open(arguments[2]));
    ENGINE_CHECK(static_cast<std::int64_t>(tokens.bytes().size()) >= samples * seq_len * 4,
                 "bench_lora_ga: ",
                 arguments[2],
                 " holds ",
                 tokens.bytes().size(),
                 " bytes, wanted ",
                 samples * seq_len * 4);
    const BaseModel model =
        value_or_throw(BaseModel::load(*backend, arguments[1], {.dtype = dtype}));
    LoraConfig config = {.rank = 16, .alpha = 32.0, .use_rslora = true};
    config.target_modules.assign(kAllTargets.begin(), kAllTargets.end());
    LoraAdapter adapter(*backend, model.config(), config, dtype);
    std::vector<MicroBatch> batches;
    const auto* ids = reinterpret_cast<const std::int32_t*>(tokens.bytes().data());
    for (std::int64_t i = 0; i < samples; ++i) {
        batches.push_back(sample(ids + i * seq_len, seq_len));
    }
    const LoraGaReport report =
        value_or_throw(lora_ga_initialize(*backend, model, adapter, batches, {}));
    double captured = 0.0;
    for (const LoraGaReport::Matrix& matrix : report.matrices) {
        captured += matrix.captured / static_cast<double>(report.matrices.size());
    }
    std::printf("{\"seconds\":%.3f,\"matrices\":%zu,\"captured\":%.4f,\"peak_bytes\":%lld}\n",
                report.seconds,
                report.matrices.size(),
                captured,
                static_cast<long long>(backend->memory().peak_bytes));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    engine::let_waiting_threads_sleep(argv);
    if (argc != 7) {
        std::fprintf(
            stderr,
            "usage: bench_lora_ga MODEL_DIR TOKENS.bin f32|bf16 THREADS|cuda SAMPLES SEQ_LEN\n");
        return 2;
    }
    try {
        return run(argv);
    } catch (const engine::EngineError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return engine::exit_code(error.error().code);
    }
}
