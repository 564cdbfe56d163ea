// The parts of LoRA-GA's randomised SVD at rank 16, and the whole: medians in milliseconds.
//
// bench_svd THREADS|cuda
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/model/lora_ga.h"
#include "engine/ops/linear_algebra.h"
#include "engine/ops/orthonormalize.h"

namespace {

using namespace engine; // NOLINT(google-build-using-namespace): a program about it

constexpr std::int64_t kColumns = 64;
constexpr int kPowerIterations = 4;
constexpr int kRounds = 7;

std::vector<float> random_numbers(std::int64_t count)
{
    std::vector<float> values(static_cast<std::size_t>(count));
    Random random(1);
    std::generate(
        values.begin(), values.end(), [&] { return static_cast<float>(random.normal()); });
    return values;
}

// The call's, with the device's work done before and after.
void report(Backend& backend, const char* name, const std::function<void()>& call)
{
    std::vector<double> times;
    for (int round = 0; round < kRounds; ++round) {
        backend.synchronize();
        const auto start = std::chrono::steady_clock::now();
        call();
        backend.synchronize();
        const auto end = std::chrono::steady_clock::now();
        times.push_back(std::chrono::duration<double, std::milli>(end - start).count());
    }
    std::sort(times.begin(), times.end());
    std::printf("  %-18s %9.3f\n", name, times[kRounds / 2]);
}

void bench_matrix(Backend& backend, std::int64_t rows, std::int64_t columns)
{
    std::printf("%lld x %lld, %lld columns\n",
                static_cast<long long>(rows),
                static_cast<long long>(columns),
                static_cast<long long>(kColumns));
    const std::vector<float> values = random_numbers(rows * kColumns);
    Tensor tall = backend.tensor(DType::F32, {rows, kColumns});
    backend.upload(values.data(), tall);
    std::vector<double> product(kColumns * kColumns);
    report(backend, "gram", [&] { ops::gram(backend, tall, product); });
    std::vector<double> eigenvalues(kColumns);
    std::vector<double> vectors(product.size());
    report(backend, "symmetric_eigen", [&] {
        std::vector<double> matrix = product;
        ops::symmetric_eigen(matrix, kColumns, eigenvalues, vectors);
    });
    // What is orthonormal already takes as long.
    report(backend, "orthonormalize", [&] { ops::orthonormalize(backend, tall); });
    report(backend, "Householder QR", [&] {
        std::vector<float> host = values;
        ops::orthonormalize_columns(host, rows, kColumns);
    });
    report(backend, "random numbers", [&] { (void)random_numbers(columns * kColumns); });
    Tensor matrix = backend.tensor(DType::F32, {rows, columns});
    backend.upload(random_numbers(rows * columns).data(), matrix);
    report(backend, "svd_lowrank", [&] {
        (void)svd_lowrank(backend, matrix, kColumns, kPowerIterations, 1);
    });
}

void run(const std::string& where)
{
    const Device device = {where == "cuda" ? DeviceType::Cuda : DeviceType::Cpu, 0};
    const auto backend =
        value_or_throw(make_backend(device, {.threads = std::atoi(where.c_str())}));
    bench_matrix(*backend, 768, 768);
    bench_matrix(*backend, 4096, 4096);
    bench_matrix(*backend, 11008, 4096);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_svd THREADS|cuda\n");
        return 2;
    }
    try {
        run(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_svd: %s\n", error.what());
        return 1;
    }
}
