// Speed of the single ops: GFLOP/s of the products of a LoRA layer by class, of attention, GB/s of
// the element-wise loops, beside the processor's measured peak. The best of several short bursts.
//
// bench_ops [THREADS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <vector>

#include "engine/core/random.h"
#include "engine/model/quantize.h"
#include "engine/ops/attention.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/cpu/simd/instruction_set.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/dropout.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/optimizer_step.h"
#include "engine/ops/quantized_linear.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/swiglu.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/bench/ops/machine_peak.h"

namespace {

using namespace engine; // NOLINT(google-build-using-namespace): a program about it
using ops::Transpose;

constexpr std::int64_t kTokens = 1024;

int g_threads = 1;

// One thread is measured in processor time, which other programs on the machine do not stretch;
// several in wall-clock time, because waiting for each other is part of their speed.
double now()
{
    if (g_threads == 1) {
        return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Seconds of the fastest of the rounds that fit into a short burst; a round is long enough for the
// clock.
double best_seconds(const std::function<void()>& call)
{
    constexpr double kBurst = 0.2;
    constexpr double kRound = 1e-3;
    call();
    const double first = now();
    call();
    const int calls = 1 + static_cast<int>(kRound / std::max(now() - first, 1e-6));
    const double begin = now();
    double best = 1e30;
    while (now() - begin < kBurst) {
        const double start = now();
        for (int i = 0; i < calls; ++i) {
            call();
        }
        best = std::min(best, (now() - start) / calls);
    }
    return best;
}

Tensor random_tensor(Backend& backend, DType dtype, Shape shape)
{
    Tensor values = backend.tensor(DType::F32, shape);
    Random random(1);
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        values.data<float>()[i] = static_cast<float>(random.uniform() - 0.5);
    }
    Tensor result = backend.tensor(dtype, shape);
    ops::copy(backend, values, result);
    return result;
}

struct Product
{
    const char* name;
    std::int64_t m, n, k;
    Transpose transpose_a, transpose_b;
    DType output; // of the bf16 case; f32 inputs give f32
};

// The classes of one projection [d, f] with rank 16: y = x W^T, dx = dy W, the adapter's six.
std::vector<Product> products(std::int64_t d, std::int64_t f)
{
    constexpr std::int64_t kRank = 16;
    constexpr auto kNo = Transpose::No;
    constexpr auto kYes = Transpose::Yes;
    return {{"forward", kTokens, f, d, kNo, kYes, DType::BF16},
            {"input gradient", kTokens, d, f, kNo, kNo, DType::BF16},
            {"weight gradient", f, d, kTokens, kYes, kNo, DType::F32},
            {"h = x A^T", kTokens, kRank, d, kNo, kYes, DType::BF16},
            {"y += h B^T", kTokens, f, kRank, kNo, kYes, DType::BF16},
            {"u = dy B", kTokens, kRank, f, kNo, kNo, DType::BF16},
            {"dx += u A", kTokens, d, kRank, kNo, kNo, DType::BF16},
            {"dB = dy^T h", f, kRank, kTokens, kYes, kNo, DType::F32},
            {"dA = u^T x", kRank, d, kTokens, kYes, kNo, DType::F32},
            {"one token", 1, f, d, kNo, kYes, DType::BF16}};
}

// A chunk of the head: logits = x E^T, dx = dlogits E.
std::vector<Product> head_products()
{
    constexpr std::int64_t kChunk = 256;
    constexpr std::int64_t kVocab = 32000;
    constexpr std::int64_t kWidth = 768;
    return {{"logits", kChunk, kVocab, kWidth, Transpose::No, Transpose::Yes, DType::F32},
            {"logits gradient", kChunk, kWidth, kVocab, Transpose::No, Transpose::No, DType::BF16}};
}

void bench_product(Backend& backend, const Product& product, DType dtype, double peak)
{
    const bool ta = product.transpose_a == Transpose::Yes;
    const bool tb = product.transpose_b == Transpose::Yes;
    const Tensor a = random_tensor(
        backend, dtype, ta ? Shape{product.k, product.m} : Shape{product.m, product.k});
    const Tensor b = random_tensor(
        backend, dtype, tb ? Shape{product.n, product.k} : Shape{product.k, product.n});
    const DType output = dtype == DType::F32 ? DType::F32 : product.output;
    Tensor c = backend.tensor(output, {product.m, product.n});
    const ops::MatmulArgs args = {.a = a,
                                  .transpose_a = product.transpose_a,
                                  .b = b,
                                  .transpose_b = product.transpose_b,
                                  .c = c};
    const double flops = 2.0 * static_cast<double>(product.m * product.n * product.k) * 1e-9;
    const double used = flops / best_seconds([&] { ops::matmul(backend, args); });
    const bool has_primitive = ops::kernels::matmul_onednn(args);
    const double primitive =
        has_primitive ? flops / best_seconds([&] { (void)ops::kernels::matmul_onednn(args); })
                      : 0.0;
    const double own = flops / best_seconds([&] { ops::kernels::matmul_own(args); });
    std::printf("%-16s %5lld x %5lld x %5lld  %-4s %7.1f GFLOP/s (%3.0f %% of peak), primitive "
                "%6.1f, own kernels %6.1f\n",
                product.name,
                static_cast<long long>(product.m),
                static_cast<long long>(product.n),
                static_cast<long long>(product.k),
                std::string(to_string(dtype)).c_str(),
                used,
                100.0 * used / peak,
                primitive,
                own);
}

void bench_attention(Backend& backend, DType dtype, std::int64_t heads, std::int64_t head_dim)
{
    for (const std::int64_t length : {256, 1024}) {
        const std::int64_t width = heads * head_dim;
        const ops::AttentionShape shape = {
            .num_heads = heads, .num_kv_heads = heads, .head_dim = head_dim, .scale = 0.125F};
        std::vector<std::int32_t> offsets;
        for (std::int64_t at = 0; at <= kTokens; at += length) {
            offsets.push_back(static_cast<std::int32_t>(at));
        }
        const ConstTensorView offsets_view(
            offsets.data(), DType::I32, {static_cast<std::int64_t>(offsets.size())});
        const Tensor q = random_tensor(backend, dtype, {kTokens, width});
        const Tensor k = random_tensor(backend, dtype, {kTokens, width});
        const Tensor v = random_tensor(backend, dtype, {kTokens, width});
        Tensor out = backend.tensor(dtype, {kTokens, width});
        Tensor dq = backend.tensor(dtype, {kTokens, width});
        Tensor dk = backend.tensor(dtype, {kTokens, width});
        Tensor dv = backend.tensor(dtype, {kTokens, width});
        Tensor lse = backend.tensor(DType::F32, {heads, kTokens});
        const std::int64_t bytes =
            ops::attention_scratch_bytes(backend, shape, dtype, kTokens, length);
        Tensor scratch = backend.tensor(DType::F32, {bytes / 4});
        const double forward = best_seconds([&] {
            ops::attention_forward(backend,
                                   {.shape = shape,
                                    .q = q,
                                    .k = k,
                                    .v = v,
                                    .offsets = offsets_view,
                                    .max_seq_len = length,
                                    .out = out,
                                    .lse = lse,
                                    .scratch = scratch});
        });
        const double backward = best_seconds([&] {
            ops::attention_backward(backend,
                                    {.shape = shape,
                                     .q = q,
                                     .k = k,
                                     .v = v,
                                     .out = out,
                                     .lse = lse,
                                     .offsets = offsets_view,
                                     .max_seq_len = length,
                                     .dout = q,
                                     .dq = dq,
                                     .dk = dk,
                                     .dv = dv,
                                     .scratch = scratch});
        });
        // Causal: half of the score matrix; two products forward, five backward.
        const double product = static_cast<double>(kTokens * length * width) * 1e-9;
        std::printf(
            "attention        %lld heads of %lld, length %4lld, %-4s forward %6.1f GFLOP/s, "
            "backward %6.1f GFLOP/s\n",
            static_cast<long long>(heads),
            static_cast<long long>(head_dim),
            static_cast<long long>(length),
            std::string(to_string(dtype)).c_str(),
            2.0 * product / forward,
            5.0 * product / backward);
    }
}

void report_bandwidth(const char* name, DType dtype, double bytes, double seconds)
{
    std::printf("%-16s %-4s %6.1f GB/s\n",
                name,
                std::string(to_string(dtype)).c_str(),
                bytes / seconds * 1e-9);
}

void bench_elements(Backend& backend, DType dtype)
{
    constexpr std::int64_t kWidth = 768;
    constexpr std::int64_t kHeadDim = 64;
    const Shape shape = {kTokens, kWidth};
    const Tensor a = random_tensor(backend, dtype, shape);
    const Tensor b = random_tensor(backend, dtype, shape);
    const Tensor weight = random_tensor(backend, dtype, {kWidth});
    Tensor y = random_tensor(backend, dtype, shape);
    Tensor z = random_tensor(backend, dtype, shape);
    Tensor rstd = backend.tensor(DType::F32, {kTokens});
    const Tensor cosine = random_tensor(backend, DType::F32, {kTokens, kHeadDim / 2});
    std::vector<std::int32_t> ids(static_cast<std::size_t>(kTokens));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ids[i] = static_cast<std::int32_t>(i);
    }
    const ConstTensorView positions(ids.data(), DType::I32, {kTokens});
    const double bytes =
        static_cast<double>(kTokens * kWidth) * static_cast<double>(size_of(dtype));
    const auto measure = [&](const char* name, double passes, const std::function<void()>& call) {
        report_bandwidth(name, dtype, passes * bytes, best_seconds(call));
    };
    measure("add", 3, [&] { ops::add(backend, a, b, y); });
    measure("rms_norm", 2, [&] { ops::rms_norm_forward(backend, a, weight, 1e-5F, y, rstd); });
    measure("rms_norm back", 4, [&] {
        ops::rms_norm_backward(
            backend,
            {.dy = b, .x = a, .weight = weight, .rstd = rstd, .dx = y, .accumulate = true});
    });
    measure("swiglu", 3, [&] { ops::swiglu_forward(backend, a, b, y); });
    measure("swiglu back", 5, [&] { ops::swiglu_backward(backend, a, b, a, y, z); });
    measure("rope", 2, [&] { ops::rope_forward(backend, y, kHeadDim, positions, cosine, cosine); });
    measure("dropout", 2, [&] {
        ops::dropout(backend, a, {.seed = 1, .stream = 2, .probability = 0.1F}, y);
    });
}

// A linear layer of few rows: on the codes, and by way of the dequantised weight.
void bench_few_rows(Backend& backend,
                    const ops::QuantizedMatrix& matrix,
                    TensorView weight,
                    std::int64_t rows)
{
    const DType dtype = weight.dtype();
    const Tensor x = random_tensor(backend, dtype, {rows, weight.size(1)});
    Tensor y = backend.tensor(dtype, {rows, weight.size(0)});
    const auto weights = static_cast<double>(weight.numel());
    const double apart = best_seconds([&] {
        ops::dequantize(backend, matrix, weight);
        ops::linear(backend, x, weight, y);
    });
    const double together = best_seconds([&] { ops::quantized_linear(backend, x, matrix, y); });
    std::printf("%-14s %-5s %2lld rows: %6.2f G weights/s on the codes, %6.2f dequantised first\n",
                std::string(to_string(matrix.type)).c_str(),
                std::string(to_string(dtype)).c_str(),
                static_cast<long long>(rows),
                weights / together * 1e-9,
                weights / apart * 1e-9);
}

// What is written to the dequantised weight; what is read is a small part of it.
void bench_dequantize(Backend& backend, DType dtype)
{
    constexpr std::int64_t kRows = 2048;
    constexpr std::int64_t kColumns = 768;
    const Tensor values = random_tensor(backend, DType::F32, {kRows, kColumns});
    Tensor weight = backend.tensor(dtype, values.shape());
    const QuantMaps maps(backend);
    for (const ops::QuantType type : {ops::QuantType::Nf4, ops::QuantType::Int8}) {
        MatrixQuantizer quantizer(type, kRows, kColumns);
        quantizer.add(values.data<float>(), kRows);
        const QuantizedWeight packed = value_or_throw(quantizer.finish(backend));
        const double seconds =
            best_seconds([&] { ops::dequantize(backend, packed.view(maps), weight); });
        const std::string name = concat("from ", to_string(type));
        report_bandwidth(name.c_str(), dtype, static_cast<double>(weight.view().bytes()), seconds);
        for (const std::int64_t rows : {std::int64_t{1}, ops::kFewRows / 2, ops::kFewRows}) {
            bench_few_rows(backend, packed.view(maps), weight, rows);
        }
    }
}

void bench_float32_only(Backend& backend)
{
    constexpr std::int64_t kVocab = 32000;
    constexpr std::int64_t kRows = 128;
    Tensor logits = random_tensor(backend, DType::F32, {kRows, kVocab});
    Tensor losses = backend.tensor(DType::F32, {kRows});
    const Tensor weights = random_tensor(backend, DType::F32, {kRows});
    const std::vector<std::int32_t> labels(static_cast<std::size_t>(kRows), 7);
    const double row_bytes = 4.0 * static_cast<double>(kRows * kVocab);
    report_bandwidth("cross_entropy", DType::F32, 2.0 * row_bytes, best_seconds([&] {
                         ops::cross_entropy(backend,
                                            {.logits = logits,
                                             .labels = {labels.data(), DType::I32, {kRows}},
                                             .weights = weights,
                                             .losses = losses});
                     }));
    constexpr std::int64_t kSize = 1 << 20;
    Tensor value = random_tensor(backend, DType::F32, {kSize});
    Tensor m = random_tensor(backend, DType::F32, {kSize});
    Tensor v = random_tensor(backend, DType::F32, {kSize});
    ops::zero(backend, v);
    const std::vector<ops::ParameterStep> parameters = {
        {.value = value, .grad = m, .m = m, .v = v, .learning_rate = 1e-4F}};
    report_bandwidth("adamw", DType::F32, 7.0 * 4.0 * kSize, best_seconds([&] {
                         ops::adamw_step(backend, parameters, {});
                     }));
}

void run(int threads)
{
    g_threads = threads;
    CpuBackend backend(threads);
    const double float32_peak = threads * lowrank_bench::float32_peak();
    const double bfloat16_peak = threads * lowrank_bench::bfloat16_peak();
    std::printf("%s, %d threads, peak f32 %.0f GFLOP/s, bf16 %.0f GFLOP/s\n",
                to_string(ops::simd::instruction_set()),
                threads,
                float32_peak,
                bfloat16_peak);
    for (const DType dtype : {DType::F32, DType::BF16}) {
        const double peak =
            dtype == DType::BF16 && bfloat16_peak > 0.0 ? bfloat16_peak : float32_peak;
        for (const Product& product : products(288, 768)) {
            bench_product(backend, product, dtype, peak);
        }
        for (const Product& product : products(768, 2048)) {
            bench_product(backend, product, dtype, peak);
        }
        for (const Product& product : products(2048, 768)) {
            bench_product(backend, product, dtype, peak);
        }
        for (const Product& product : head_products()) {
            bench_product(backend, product, dtype, peak);
        }
        bench_attention(backend, dtype, 6, 48);
        bench_attention(backend, dtype, 12, 64);
        bench_elements(backend, dtype);
        bench_dequantize(backend, dtype);
    }
    bench_float32_only(backend);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        run(argc > 1 ? std::atoi(argv[1]) : 1);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_ops: %s\n", error.what());
        return 1;
    }
}
