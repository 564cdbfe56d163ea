// Names and hashes of products.
#include "engine/cuda/cublas_lt_product.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "engine/core/error.h"

namespace engine::cuda {

namespace {

std::int64_t rounded_up(std::int64_t size)
{
    const auto value = static_cast<std::uint64_t>(size);
    const std::uint64_t quarter = std::max<std::uint64_t>(std::bit_floor(value) / 4, 1);
    return static_cast<std::int64_t>((value + quarter - 1) / quarter * quarter);
}

// Of a matrix's columns, with the pointer's own.
unsigned column_alignment(unsigned pointer, std::int64_t ld, DType dtype)
{
    const auto bytes = static_cast<std::uint64_t>(ld) * size_of(dtype) | kMaxAlignment;
    return std::min(pointer, 1U << static_cast<unsigned>(std::countr_zero(bytes)));
}

} // namespace

double LtProduct::operations() const
{
    return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

std::size_t LtProduct::output_bytes() const
{
    return static_cast<std::size_t>((n - 1) * ldd + m) * size_of(output);
}

std::string LtProduct::size_class() const
{
    return concat(rounded_up(m),
                  "x",
                  rounded_up(n),
                  "x",
                  rounded_up(k),
                  transpose_a ? " t" : " n",
                  transpose_b ? "t " : "n ",
                  input,
                  tf32 ? " tf32 to " : " to ",
                  output,
                  accumulate ? " added" : "",
                  k % kDepthStep == 0 ? " cut" : "",
                  " aligned ",
                  column_alignment(align_a, lda, input),
                  " ",
                  column_alignment(align_b, ldb, input),
                  " ",
                  column_alignment(align_c, ldd, output),
                  " ",
                  column_alignment(align_d, ldd, output));
}

unsigned alignment_of(const void* pointer)
{
    const auto address = reinterpret_cast<std::uintptr_t>(pointer) | kMaxAlignment;
    return 1U << static_cast<unsigned>(std::countr_zero(address));
}

std::size_t LtProductHash::operator()(const LtProduct& product) const
{
    std::size_t hash = 0;
    const auto mix = [&hash](auto value) {
        hash ^= std::hash<std::int64_t>{}(static_cast<std::int64_t>(value)) + 0x9E3779B97F4A7C15U
                + (hash << 6U) + (hash >> 2U);
    };
    mix(product.m);
    mix(product.n);
    mix(product.k);
    mix(product.lda);
    mix(product.ldb);
    mix(product.ldd);
    mix((product.transpose_a ? 8 : 0) + (product.transpose_b ? 4 : 0) + (product.accumulate ? 2 : 0)
        + (product.tf32 ? 1 : 0));
    mix(static_cast<int>(product.input) * 4 + static_cast<int>(product.output));
    mix(std::uint64_t{product.align_a} | (std::uint64_t{product.align_b} << 10U)
        | (std::uint64_t{product.align_c} << 20U) | (std::uint64_t{product.align_d} << 30U));
    return hash;
}

} // namespace engine::cuda
