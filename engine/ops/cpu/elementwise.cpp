// The small element-wise ops on the CPU: elements or rows over the threads.
#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

struct BiasRow;

// Casts that involve f16, which only loading and exporting meet: one element at a time.
template <typename From, typename To>
void cast_elements(const From* x, To* y, std::int64_t n)
{
    for (std::int64_t i = 0; i < n; ++i) {
        y[i] = from_float<To>(to_float(x[i]));
    }
}

template <typename From, typename To>
void cast(ConstTensorView source, TensorView destination)
{
    parallel_for(source.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
        const From* x = source.data<From>() + begin;
        To* y = destination.data<To>() + begin;
        if constexpr (std::is_same_v<From, bfloat16_t> && std::is_same_v<To, float>) {
            simd::vector_kernels().bf16.to_float(x, y, end - begin);
        } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, bfloat16_t>) {
            simd::vector_kernels().bf16.from_float(x, y, end - begin);
        } else {
            cast_elements(x, y, end - begin);
        }
    });
}

template <typename From>
void cast_from(ConstTensorView source, TensorView destination)
{
    switch (destination.dtype()) {
    case DType::F32:
        return cast<From, float>(source, destination);
    case DType::BF16:
        return cast<From, bfloat16_t>(source, destination);
    default:
        return cast<From, float16_t>(source, destination);
    }
}

void copy_bytes(ConstTensorView source, TensorView destination)
{
    const auto* from = static_cast<const std::byte*>(source.raw());
    auto* to = static_cast<std::byte*>(destination.raw());
    const auto bytes = static_cast<std::int64_t>(source.bytes());
    parallel_for(bytes, 4 * kElementGrain, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(to + begin, from + begin, static_cast<std::size_t>(end - begin));
    });
}

// The float32 a - b of a row, a piece at a time, as y's dtype.
void subtract_row(const float* a, const float* b, bfloat16_t* y, std::int64_t width)
{
    constexpr std::int64_t kPiece = 256;
    std::array<float, kPiece> piece;
    for (std::int64_t begin = 0; begin < width; begin += kPiece) {
        const std::int64_t count = std::min(kPiece, width - begin);
        for (std::int64_t i = 0; i < count; ++i) {
            piece[static_cast<std::size_t>(i)] =
                a[begin + i] - (b == nullptr ? 0.0F : b[begin + i]);
        }
        simd::vector_kernels().bf16.from_float(piece.data(), y + begin, count);
    }
}

void subtract_row(const float* a, const float* b, float* y, std::int64_t width)
{
    for (std::int64_t i = 0; i < width; ++i) {
        y[i] = a[i] - b[i];
    }
}

template <typename To>
void subtract_rows(const SubtractArgs& args)
{
    const std::int64_t width = args.a.size(1);
    const std::int64_t a_stride = row_stride(args.a, args.a_stride);
    const std::int64_t y_stride = row_stride(args.y, args.y_stride);
    const float* b = args.b.defined() ? args.b.data<float>() : nullptr;
    parallel_for(args.a.size(0), row_grain(width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            subtract_row(args.a.data<float>() + i * a_stride,
                         b == nullptr ? nullptr : b + i * width,
                         args.y.data<To>() + i * y_stride,
                         width);
        }
    });
}

// Rows that become columns of another matrix, or the other way round.
void copy_rows(const SubtractArgs& args)
{
    const std::size_t size = size_of(args.a.dtype());
    const std::size_t bytes = static_cast<std::size_t>(args.a.size(1)) * size;
    const auto from_stride = static_cast<std::size_t>(row_stride(args.a, args.a_stride)) * size;
    const auto to_stride = static_cast<std::size_t>(row_stride(args.y, args.y_stride)) * size;
    const auto* from = static_cast<const std::byte*>(args.a.raw());
    auto* to = static_cast<std::byte*>(args.y.raw());
    auto copy = [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            std::memcpy(to + i * to_stride, from + i * from_stride, bytes);
        }
    };
    parallel_for(args.a.size(0), row_grain(args.a.size(1)), copy);
}

} // namespace

void zero(CpuBackend& /*backend*/, TensorView x)
{
    auto* data = static_cast<std::byte*>(x.raw());
    const auto bytes = static_cast<std::int64_t>(x.bytes());
    parallel_for(bytes, 4 * kElementGrain, [&](std::int64_t begin, std::int64_t end) {
        std::memset(data + begin, 0, static_cast<std::size_t>(end - begin));
    });
}

void copy(CpuBackend& /*backend*/, ConstTensorView source, TensorView destination)
{
    if (source.dtype() == destination.dtype()) {
        return copy_bytes(source, destination);
    }
    switch (source.dtype()) {
    case DType::F32:
        return cast_from<float>(source, destination);
    case DType::BF16:
        return cast_from<bfloat16_t>(source, destination);
    default:
        return cast_from<float16_t>(source, destination);
    }
}

void add(CpuBackend& /*backend*/, ConstTensorView a, ConstTensorView b, TensorView y)
{
    dispatch_float(a.dtype(), "add", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(a.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels.add(a.data<T>() + begin, b.data<T>() + begin, y.data<T>() + begin, end - begin);
        });
    });
}

void subtract(CpuBackend& /*backend*/, const SubtractArgs& args)
{
    if (args.a.dtype() == args.y.dtype() && !args.b.defined()) {
        return copy_rows(args);
    }
    if (args.y.dtype() == DType::F32) {
        return subtract_rows<float>(args);
    }
    subtract_rows<bfloat16_t>(args);
}

void scale(CpuBackend& /*backend*/, TensorView x, float factor)
{
    dispatch_float(x.dtype(), "scale", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(x.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels.scale(x.data<T>() + begin, factor, end - begin);
        });
    });
}

void add_bias(CpuBackend& /*backend*/, TensorView x, ConstTensorView bias)
{
    const float* row = float_row<BiasRow>(bias);
    const std::int64_t width = x.size(1);
    dispatch_float(x.dtype(), "add_bias", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(x.size(0), row_grain(width), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                kernels.add_floats(x.data<T>() + i * width, row, width);
            }
        });
    });
}

void bias_backward(CpuBackend& /*backend*/, ConstTensorView dy, TensorView dbias, GradientMode mode)
{
    // Threads own columns, so the order of the sum is the rows' order whatever the thread count.
    constexpr std::int64_t kColumnGrain = 64;
    const std::int64_t width = dy.size(1);
    auto* sum = dbias.data<float>();
    dispatch_float(dy.dtype(), "bias_backward", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(width, kColumnGrain, [&](std::int64_t begin, std::int64_t end) {
            if (mode == GradientMode::Overwrite) {
                std::memset(sum + begin, 0, static_cast<std::size_t>(end - begin) * sizeof(float));
            }
            for (std::int64_t row = 0; row < dy.size(0); ++row) {
                kernels.accumulate(dy.data<T>() + row * width + begin, sum + begin, end - begin);
            }
        });
    });
}

void gather_rows(CpuBackend& /*backend*/,
                 ConstTensorView x,
                 ConstTensorView indices,
                 TensorView rows_out)
{
    const std::size_t row_bytes = static_cast<std::size_t>(x.size(1)) * size_of(x.dtype());
    const auto* from = static_cast<const std::byte*>(x.raw());
    auto* to = static_cast<std::byte*>(rows_out.raw());
    const auto* index = indices.data<std::int32_t>();
    auto gather = [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            std::memcpy(to + static_cast<std::size_t>(i) * row_bytes,
                        from + static_cast<std::size_t>(index[i]) * row_bytes,
                        row_bytes);
        }
    };
    parallel_for(indices.numel(), row_grain(x.size(1)), gather);
}

void scatter_rows(CpuBackend& backend,
                  ConstTensorView drows,
                  ConstTensorView indices,
                  TensorView dx)
{
    zero(backend, dx);
    const std::size_t row_bytes = static_cast<std::size_t>(dx.size(1)) * size_of(dx.dtype());
    const auto* from = static_cast<const std::byte*>(drows.raw());
    auto* to = static_cast<std::byte*>(dx.raw());
    const auto* index = indices.data<std::int32_t>();
    auto scatter = [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            std::memcpy(to + static_cast<std::size_t>(index[i]) * row_bytes,
                        from + static_cast<std::size_t>(i) * row_bytes,
                        row_bytes);
        }
    };
    parallel_for(indices.numel(), row_grain(dx.size(1)), scatter);
}

} // namespace engine::ops::kernels
