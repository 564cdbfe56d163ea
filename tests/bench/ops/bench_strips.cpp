// Where an adapter's products belong: beside the base's product, as the engine computes them, or
// inside it, with [x | h] and [W | s B] as the operands. Prints the times of both, one after the
// other, for forward and for the input gradient.
//
// bench_strips THREADS|cuda [TOKENS [RANK]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"

namespace {

using namespace engine; // NOLINT(google-build-using-namespace): a program about it
using ops::Transpose;

constexpr int kRounds = 15;

double now()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Drawing every number of a large matrix would take longer than the products. A prime number of
// them, so that no two rows begin alike.
std::vector<float> random_block()
{
    std::vector<float> values(65537);
    Random random(1);
    for (float& value : values) {
        value = static_cast<float>(random.uniform() - 0.5);
    }
    return values;
}

// Random numbers of one block, over and over.
Tensor random_tensor(Backend& backend, DType dtype, const Shape& shape)
{
    static const std::vector<float> block = random_block();
    std::vector<float> values(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < values.size(); i += block.size()) {
        std::copy_n(block.begin(), std::min(block.size(), values.size() - i), values.begin() + i);
    }
    Tensor floats = backend.tensor(DType::F32, shape);
    backend.upload(values.data(), floats);
    Tensor result = backend.tensor(dtype, shape);
    ops::copy(backend, floats, result);
    return result;
}

// One projection of `out` x `in` for n rows; the strips are r wide. Every matrix has the width of
// the strip layout, so both ways read the same memory.
class Projection
{
public:
    Projection(
        Backend& backend, DType dtype, std::int64_t n, std::int64_t in, std::int64_t out, int r)
        : m_backend(backend)
        , m_in(in)
        , m_out(out)
        , m_rank(r)
        , m_x(random_tensor(backend, dtype, {n, in + r}))
        , m_dy(random_tensor(backend, dtype, {n, out + r}))
        , m_weight(random_tensor(backend, dtype, {out + r, in + r}))
        , m_separate(random_tensor(backend, dtype, {out, in}))
        , m_a(random_tensor(backend, dtype, {r, in}))
        , m_b(random_tensor(backend, dtype, {out, r}))
        , m_h(backend.tensor(dtype, {n, r}))
        , m_y(backend.tensor(dtype, {n, out}))
        , m_dx(backend.tensor(dtype, {n, in}))
    {}

    // y = x W^T, h = x A^T, y += h B^T
    void forward_beside()
    {
        const std::int64_t width = m_in + m_rank;
        multiply({.a = ops::some_columns(m_x.view(), 0, m_in),
                  .b = m_separate,
                  .transpose_b = Transpose::Yes,
                  .c = m_y,
                  .a_stride = width});
        multiply({.a = ops::some_columns(m_x.view(), 0, m_in),
                  .b = m_a,
                  .transpose_b = Transpose::Yes,
                  .c = m_h,
                  .a_stride = width});
        multiply({.a = m_h, .b = m_b, .transpose_b = Transpose::Yes, .c = m_y, .beta = 1.0F});
    }

    // h = x A^T into x's last columns, y = [x | h] [W | B]^T
    void forward_inside()
    {
        const std::int64_t width = m_in + m_rank;
        multiply({.a = ops::some_columns(m_x.view(), 0, m_in),
                  .b = m_a,
                  .transpose_b = Transpose::Yes,
                  .c = ops::some_columns(m_x.view(), m_in, m_rank),
                  .a_stride = width,
                  .c_stride = width});
        multiply({.a = m_x,
                  .b = m_weight.view().rows(0, m_out),
                  .transpose_b = Transpose::Yes,
                  .c = m_y});
    }

    // u = dy B, dx = dy W, dx += u A
    void backward_beside()
    {
        const std::int64_t width = m_out + m_rank;
        multiply(
            {.a = ops::some_columns(m_dy.view(), 0, m_out), .b = m_b, .c = m_h, .a_stride = width});
        multiply({.a = ops::some_columns(m_dy.view(), 0, m_out),
                  .b = m_separate,
                  .c = m_dx,
                  .a_stride = width});
        multiply({.a = m_h, .b = m_a, .c = m_dx, .beta = 1.0F});
    }

    // u = dy B into dy's last columns, dx = [dy | u] [W ; A]
    void backward_inside()
    {
        const std::int64_t width = m_out + m_rank;
        multiply({.a = ops::some_columns(m_dy.view(), 0, m_out),
                  .b = m_b,
                  .c = ops::some_columns(m_dy.view(), m_out, m_rank),
                  .a_stride = width,
                  .c_stride = width});
        multiply({.a = m_dy,
                  .b = ops::some_columns(m_weight.view(), 0, m_in),
                  .c = m_dx,
                  .b_stride = m_in + m_rank});
    }

private:
    void multiply(const ops::MatmulArgs& args) { ops::matmul(m_backend, args); }

    Backend& m_backend;
    std::int64_t m_in;
    std::int64_t m_out;
    std::int64_t m_rank;
    Tensor m_x;        // [n, in + r]
    Tensor m_dy;       // [n, out + r]
    Tensor m_weight;   // [out + r, in + r]
    Tensor m_separate; // [out, in], as a weight lies in its file
    Tensor m_a;
    Tensor m_b;
    Tensor m_h;
    Tensor m_y;
    Tensor m_dx;
};

double seconds_of(Backend& backend, const std::function<void()>& call)
{
    constexpr double kRound = 2e-2;
    call();
    backend.synchronize();
    double start = now();
    call();
    backend.synchronize();
    const int calls = 1 + static_cast<int>(kRound / std::max(now() - start, 1e-6));
    start = now();
    for (int i = 0; i < calls; ++i) {
        call();
    }
    backend.synchronize();
    return (now() - start) / calls;
}

// Medians of alternating rounds, and the median of the rounds' own ratios.
void compare(Backend& backend,
             const char* name,
             const std::function<void()>& beside,
             const std::function<void()>& inside)
{
    std::vector<double> times;
    std::vector<double> others;
    std::vector<double> ratios;
    for (int i = 0; i < kRounds; ++i) {
        times.push_back(seconds_of(backend, beside));
        others.push_back(seconds_of(backend, inside));
        ratios.push_back(others.back() / times.back());
    }
    std::printf("  %-15s beside %9.3f ms, inside %9.3f ms, inside/beside %.3f\n",
                name,
                median(times) * 1e3,
                median(others) * 1e3,
                median(ratios));
}

int run(int count, char** arguments)
{
    const bool on_gpu = std::string(arguments[1]) == "cuda";
    const std::int64_t n = count > 2 ? std::atoll(arguments[2]) : 1024;
    const int rank = count > 3 ? std::atoi(arguments[3]) : 16;
    auto backend = value_or_throw(make_backend({on_gpu ? DeviceType::Cuda : DeviceType::Cpu, 0},
                                               {.threads = std::atoi(arguments[1])}));

    struct Sizes
    {
        std::int64_t in;
        std::int64_t out;
    };

    const std::vector<Sizes> sizes =
        on_gpu ? std::vector<Sizes>{{2048, 2048}, {2048, 5632}, {4096, 4096}, {4096, 11008}}
               : std::vector<Sizes>{{768, 768}, {768, 2048}, {2048, 2048}, {2048, 5632}};
    // A GPU trains in bf16.
    const std::vector<DType> dtypes =
        on_gpu ? std::vector<DType>{DType::BF16} : std::vector<DType>{DType::F32, DType::BF16};
    for (const DType dtype : dtypes) {
        for (const Sizes& size : sizes) {
            std::printf("%s, %lld rows, %lld to %lld, rank %d\n",
                        std::string(to_string(dtype)).c_str(),
                        static_cast<long long>(n),
                        static_cast<long long>(size.in),
                        static_cast<long long>(size.out),
                        rank);
            Projection projection(*backend, dtype, n, size.in, size.out, rank);
            compare(
                *backend,
                "forward",
                [&] { projection.forward_beside(); },
                [&] { projection.forward_inside(); });
            compare(
                *backend,
                "input gradient",
                [&] { projection.backward_beside(); },
                [&] { projection.backward_inside(); });
        }
    }
    return 0;
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2) {
        std::fprintf(stderr, "bench_strips THREADS|cuda [TOKENS [RANK]]\n");
        return 2;
    }
    try {
        return run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_strips: %s\n", error.what());
        return 1;
    }
}
