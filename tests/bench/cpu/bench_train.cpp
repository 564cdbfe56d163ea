// The engine's side of the training benchmark: LoRA steps on given token ids, one JSON object a
// step on stdout.
//
// bench_train MODEL_DIR TOKENS.bin ADAPTER_DIR DTYPE DEVICE STEPS ROWS SEQ_LEN [checkpointing]
// DTYPE is f32 or bf16, with "+nf4" or "+int8" for a quantised base. DEVICE is the number of CPU
// threads, or "cuda". TOKENS.bin holds int32 [STEPS, ROWS, SEQ_LEN].
// ADAPTER_DIR is the PEFT folder both sides start from. With "checkpointing" every block is
// recomputed.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/core/platform.h"
#include "engine/model/transformer.h"
#include "engine/train/optimizer.h"

namespace {

using namespace engine; // NOLINT(google-build-using-namespace): a program about it
using Clock = std::chrono::steady_clock;

// What a step leaves on the device, one float each.
constexpr std::int64_t kLoss = 0;
constexpr std::int64_t kNorm = 1;
constexpr std::int64_t kScale = 2;
constexpr std::int64_t kNumbers = 3;

constexpr double kLearningRate = 1e-3; // of peft_train.py too; the rest is both sides' default

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

MicroBatch make_batch(const std::int32_t* tokens, std::int64_t rows, std::int64_t seq_len)
{
    MicroBatch batch;
    const float weight = 1.0F / static_cast<float>(rows * (seq_len - 1));
    batch.offsets.push_back(0);
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t i = 0; i < seq_len; ++i) {
            const bool last = i + 1 == seq_len;
            batch.tokens.push_back(tokens[row * seq_len + i]);
            batch.labels.push_back(last ? -1 : tokens[row * seq_len + i + 1]);
            batch.weights.push_back(last ? 0.0F : weight);
            batch.positions.push_back(static_cast<std::int32_t>(i));
        }
        batch.offsets.push_back(static_cast<std::int32_t>((row + 1) * seq_len));
    }
    return batch;
}

int run(int count, char** arguments)
{
    const Clock::time_point start = Clock::now();
    const std::string_view precision = arguments[4];
    const std::size_t plus = precision.find('+');
    const std::string_view quant =
        plus == std::string_view::npos ? "none" : precision.substr(plus + 1);
    ENGINE_CHECK(
        to_string(ops::quant_type(quant)) == quant, "bench_train: no quantisation ", quant);
    const DType dtype = precision.starts_with("bf16") ? DType::BF16 : DType::F32;
    const std::int64_t steps = std::atoll(arguments[6]);
    const std::int64_t rows = std::atoll(arguments[7]);
    const std::int64_t seq_len = std::atoll(arguments[8]);

    const bool on_gpu = std::string(arguments[5]) == "cuda";
    auto backend = value_or_throw(make_backend({on_gpu ? DeviceType::Cuda : DeviceType::Cpu, 0},
                                               {.threads = std::atoi(arguments[5])}));
    const MappedFile tokens = value_or_throw(MappedFile::open(arguments[2]));
    const BaseModel model = value_or_throw(BaseModel::load(
        *backend, arguments[1], {.dtype = dtype, .base_quant = ops::quant_type(quant)}));
    LoraAdapter adapter =
        value_or_throw(load_adapter(*backend, model.config(), arguments[3], dtype));
    const LoraConfig config = adapter.config();
    Transformer transformer(
        *backend,
        model,
        {.max_tokens = rows * seq_len,
         .max_sequence_length = seq_len,
         .checkpointing = count > 9 ? Checkpointing::PerLayer : Checkpointing::None},
        &config);
    LoraGradients gradients(*backend, adapter);
    Optimizer optimizer(*backend, TrainConfig{}, adapter, gradients);

    Tensor numbers = backend->tensor(DType::F32, {kNumbers});

    const auto* ids = reinterpret_cast<const std::int32_t*>(tokens.bytes().data());
    for (std::int64_t step = 0; step < steps; ++step) {
        const MicroBatch batch = make_batch(ids + step * rows * seq_len, rows, seq_len);
        const Clock::time_point begin = Clock::now();
        const TensorView place = numbers;
        transformer.queue(
            batch, {.adapter = &adapter, .gradients = &gradients}, place.rows(kLoss, kLoss + 1));
        optimizer.step(kLearningRate,
                       step + 1,
                       {.losses = place.rows(kLoss, kLoss + 1),
                        .grad_norm = place.rows(kNorm, kNorm + 1),
                        .grad_scale = place.rows(kScale, kScale + 1)});
        std::array<float, kNumbers> read = {};
        backend->download(place, read.data());
        const std::int64_t peak_bytes = backend->memory().peak_bytes;
        std::printf(
            "{\"step\":%lld,\"loss\":%.9g,\"grad_norm\":%.9g,\"seconds\":%.6f,\"since_start\":%.6f,"
            "\"peak_bytes\":%lld}\n",
            static_cast<long long>(step) + 1,
            static_cast<double>(read[kLoss]),
            static_cast<double>(read[kNorm]),
            seconds_since(begin),
            seconds_since(start),
            static_cast<long long>(peak_bytes));
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    engine::let_waiting_threads_sleep(argv);
    if (argc != 9 && (argc != 10 || std::string_view(argv[9]) != "checkpointing")) {
        std::fprintf(stderr,
                     "usage: bench_train MODEL_DIR TOKENS.bin ADAPTER_DIR f32|bf16[+nf4|+int8] "
                     "THREADS|cuda STEPS ROWS SEQ_LEN [checkpointing]\n");
        return 2;
    }
    try {
        return run(argc, argv);
    } catch (const engine::EngineError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return engine::exit_code(error.error().code);
    }
}
