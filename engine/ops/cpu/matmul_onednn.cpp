// Matrix products by oneDNN: its general gemm where that is faster, else one primitive per shape,
// kept; nothing is created or allocated by us once a shape was seen.
#include <array>
#include <dnnl.hpp>
#include <memory>
#include <new>
#include <unordered_map>

#include "engine/core/parallel_for.h"
#include "engine/core/platform.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/cpu/simd/instruction_set.h"

static_assert(DNNL_VERSION_MAJOR == 2, "written for oneDNN 2.x, whose attributes 3.x renamed");

namespace engine::ops::kernels {

namespace {

using simd::InstructionSet;

// Everything a primitive is specialised for.
struct MatmulKey
{
    std::int64_t m, n, k;
    std::int64_t a_stride, b_stride, c_stride; // of rows as they are stored
    float alpha;
    int threads;
    DType input, output;
    bool transpose_a, transpose_b, accumulate;

    friend bool operator==(const MatmulKey&, const MatmulKey&) = default;
};

struct MatmulKeyHash
{
    std::size_t operator()(const MatmulKey& key) const
    {
        std::uint64_t hash = 0;
        const auto mix = [&hash](auto value) {
            hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9E3779B97F4A7C15U;
            hash ^= hash >> 29U;
        };
        mix(key.m);
        mix(key.n);
        mix(key.k);
        mix(key.a_stride);
        mix(key.b_stride);
        mix(key.c_stride);
        mix(std::hash<float>{}(key.alpha));
        mix(key.threads);
        mix(static_cast<int>(key.input) * 4 + static_cast<int>(key.output));
        mix((key.transpose_a ? 4 : 0) + (key.transpose_b ? 2 : 0) + (key.accumulate ? 1 : 0));
        return hash;
    }
};

// A primitive with the memory objects that its pointers are put into.
struct Product
{
    dnnl::matmul primitive;
    dnnl::memory a, b, c, scratchpad;
    std::size_t scratchpad_bytes = 0;
};

struct AlignedDelete
{
    void operator()(std::byte* pointer) const
    {
        ::operator delete(pointer, std::align_val_t(Allocator::kAlignment));
    }
};

// oneDNN's state of one calling thread.
struct Context
{
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::unordered_map<MatmulKey, Product, MatmulKeyHash> products;
    std::unique_ptr<std::byte, AlignedDelete> scratchpad;
    std::size_t scratchpad_bytes = 0;
};

// Shapes kept before the cache starts again: a dozen numbers of tokens (matmul.cpp) with some
// twenty products each.
constexpr std::size_t kMaxProducts = 256;

// oneDNN obeys the same cap as our own loops. Before its first primitive.
bool apply_instruction_cap()
{
    switch (simd::instruction_set()) {
    case InstructionSet::Avx512:
        return dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core) == dnnl::status::success;
    case InstructionSet::Avx2:
        return dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2) == dnnl::status::success;
    default:
        return true; // uncapped, or not used at all
    }
}

dnnl::memory::data_type dnnl_type(DType dtype)
{
    return dtype == DType::F32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

struct Storage
{
    bool transposed;
    std::int64_t stride; // from one stored row to the next
};

// rows x columns, stored row-major or as its transpose.
dnnl::memory::desc
matrix(std::int64_t rows, std::int64_t columns, const Storage& storage, DType dtype)
{
    const dnnl::memory::dims strides = storage.transposed ? dnnl::memory::dims{1, storage.stride}
                                                          : dnnl::memory::dims{storage.stride, 1};
    return {{rows, columns}, dnnl_type(dtype), strides};
}

dnnl::primitive_attr attributes(const MatmulKey& key)
{
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (key.alpha != 1.0F) {
        attr.set_output_scales(0, {key.alpha});
    }
    if (key.accumulate) {
        dnnl::post_ops sum;
        sum.append_sum(1.0F);
        attr.set_post_ops(sum);
    }
    return attr;
}

Product make_product(Context& context, const MatmulKey& key)
{
    const auto a = matrix(key.m, key.k, {key.transpose_a, key.a_stride}, key.input);
    const auto b = matrix(key.k, key.n, {key.transpose_b, key.b_stride}, key.input);
    const auto c = matrix(key.m, key.n, {false, key.c_stride}, key.output);
    const dnnl::matmul::primitive_desc description(
        dnnl::matmul::desc(a, b, c), attributes(key), context.engine);
    const auto scratchpad = description.scratchpad_desc();
    const auto& engine = context.engine;
    return {.primitive = dnnl::matmul(description),
            .a = dnnl::memory(a, engine, DNNL_MEMORY_NONE),
            .b = dnnl::memory(b, engine, DNNL_MEMORY_NONE),
            .c = dnnl::memory(c, engine, DNNL_MEMORY_NONE),
            .scratchpad = dnnl::memory(scratchpad, engine, DNNL_MEMORY_NONE),
            .scratchpad_bytes = scratchpad.get_size()};
}

// oneDNN writes the programs that it makes without a look whether it got memory for them, so where
// the process is limited there has to be enough. Throws EngineError.
bool require_room()
{
    constexpr std::int64_t kProgramBytes = 16 << 20; // of a shape, or of the general gemm
    const std::int64_t available = available_memory_bytes();
    if (available < kProgramBytes) {
        throw EngineError({ErrorCode::OutOfHostMemory,
                           concat("memory: the matrix products need ",
                                  kProgramBytes >> 20,
                                  " MiB for their programs, ",
                                  available >> 20,
                                  " MiB available"),
                           "close other programs, or raise this process's limit (ulimit -v)"});
    }
    return true;
}

Product& find_product(Context& context, const MatmulKey& key)
{
    const auto found = context.products.find(key);
    if (found != context.products.end()) {
        return found->second;
    }
    if (context.products.size() >= kMaxProducts) {
        context.products.clear();
    }
    require_room();
    return context.products.emplace(key, make_product(context, key)).first->second;
}

std::byte* scratchpad(Context& context, std::size_t bytes)
{
    if (context.scratchpad_bytes < bytes) {
        context.scratchpad.reset(static_cast<std::byte*>(
            ::operator new(bytes, std::align_val_t(Allocator::kAlignment))));
        context.scratchpad_bytes = bytes;
    }
    return context.scratchpad.get();
}

void execute(Context& context, Product& product, const MatmulArgs& args)
{
    // The C call: the C++ wrapper would build a map of arguments on the heap every time.
    const auto bind = [](dnnl::memory& memory, const void* data) {
        dnnl_memory_set_data_handle(memory.get(), const_cast<void*>(data));
        return memory.get();
    };
    const std::array<dnnl_exec_arg_t, 4> arguments = {{
        {DNNL_ARG_SRC, bind(product.a, args.a.raw())},
        {DNNL_ARG_WEIGHTS, bind(product.b, args.b.raw())},
        {DNNL_ARG_DST, bind(product.c, args.c.raw())},
        {DNNL_ARG_SCRATCHPAD,
         bind(product.scratchpad, scratchpad(context, product.scratchpad_bytes))},
    }};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(product.primitive.get(),
                                                   context.stream.get(),
                                                   static_cast<int>(arguments.size()),
                                                   arguments.data()),
                            "the product did not run");
}

// Before the first product of either kind.
bool is_ready()
{
    // What is forgotten here is not to live on in oneDNN's own cache of a thousand programs.
    static const bool ready =
        apply_instruction_cap() && dnnl_set_primitive_cache_capacity(0) == dnnl_success;
    return ready;
}

// oneDNN's bf16 products are fast only with the processor's own bf16 instructions, and it knows
// nothing below SSE4.1.
bool serves(DType dtype)
{
    const InstructionSet set = simd::instruction_set();
    return dtype == DType::BF16 ? set == InstructionSet::Avx512Bf16
                                : set != InstructionSet::Generic;
}

// Which float32 products the general gemm multiplies faster than a program made for the shape, as
// engine/ops/README.md measured it (bench_ops prints the program's speed beside). With b as it lies
// in memory that program is slow, down to half, unless c is narrow; with b transposed it is the
// faster one, but for one row.
bool prefers_gemm(const MatmulArgs& args)
{
    constexpr std::int64_t kNarrow = 32;
    if (args.a.dtype() != DType::F32) {
        return false;
    }
    if (args.transpose_b == Transpose::Yes) {
        return args.c.size(0) == 1;
    }
    return args.transpose_a == Transpose::Yes || args.c.size(1) > kNarrow;
}

[[noreturn]] void fail(dnnl_status_t status, std::int64_t m, std::int64_t n, std::int64_t k)
{
    const bool memory = status == dnnl_out_of_memory;
    throw EngineError(
        {memory ? ErrorCode::OutOfHostMemory : ErrorCode::Internal,
         concat(memory ? "matmul: no memory is left in oneDNN, status " : "matmul: oneDNN status ",
                static_cast<int>(status),
                " for m ",
                m,
                ", n ",
                n,
                ", k ",
                k)});
}

} // namespace

std::int64_t matmul_program_bytes(DType dtype)
{
    // Read off runs of a model of four layers: 100 to 200 programs in bf16, 120 in f32, which
    // leaves the rest to the gemm.
    constexpr std::int64_t kBf16 = 130 * 100 << 10;
    constexpr std::int64_t kF32 = 120 * 60 << 10;
    if (!serves(dtype)) {
        return 0;
    }
    return dtype == DType::BF16 ? kBf16 : kF32;
}

bool matmul_onednn(const MatmulArgs& args)
{
    if (!serves(args.a.dtype()) || !is_ready()) {
        return false;
    }
    thread_local Context context;
    const bool transpose_a = args.transpose_a == Transpose::Yes;
    const MatmulKey key = {.m = args.c.size(0),
                           .n = args.c.size(1),
                           .k = args.a.size(transpose_a ? 0 : 1),
                           .a_stride = row_stride(args.a, args.a_stride),
                           .b_stride = row_stride(args.b, args.b_stride),
                           .c_stride = row_stride(args.c, args.c_stride),
                           .alpha = args.alpha,
                           .threads = num_threads(),
                           .input = args.a.dtype(),
                           .output = args.c.dtype(),
                           .transpose_a = transpose_a,
                           .transpose_b = args.transpose_b == Transpose::Yes,
                           .accumulate = args.beta == 1.0F};
    try {
        execute(context, find_product(context, key), args);
    } catch (const dnnl::error& error) {
        fail(error.status, key.m, key.n, key.k);
    }
    return true;
}

bool matmul_gemm(const MatmulArgs& args)
{
    if (!prefers_gemm(args) || !serves(args.a.dtype()) || !is_ready()) {
        return false;
    }
    [[maybe_unused]] static const bool has_room = require_room();
    const bool transpose_a = args.transpose_a == Transpose::Yes;
    const bool transpose_b = args.transpose_b == Transpose::Yes;
    const std::int64_t m = args.c.size(0);
    const std::int64_t n = args.c.size(1);
    const std::int64_t k = args.a.size(transpose_a ? 0 : 1);
    const dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N',
                                            transpose_b ? 'T' : 'N',
                                            m,
                                            n,
                                            k,
                                            args.alpha,
                                            args.a.data<float>(),
                                            row_stride(args.a, args.a_stride),
                                            args.b.data<float>(),
                                            row_stride(args.b, args.b_stride),
                                            args.beta,
                                            args.c.data<float>(),
                                            row_stride(args.c, args.c_stride));
    if (status != dnnl_success) {
        fail(status, m, n, k);
    }
    return true;
}

} // namespace engine::ops::kernels
