// Attention on the GPU: cuDNN where it serves, else the kernel that fits the head, its grid.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "engine/ops/cuda/attention_args.h"
#include "engine/ops/cuda/attention_ways.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

// A kernel's width, the rows of a block, and its threads for each (attention_*.cu).
struct Tiles
{
    std::int64_t head_dim;
    int forward_rows;
    int backward_rows;
    int threads_of_a_row;
    const char* f32;
    const char* bf16;
};

constexpr std::array kTiles = {Tiles{64, 32, 16, 4, "_f32_64", "_bf16_64"},
                               Tiles{128, 32, 16, 4, "_f32_128", "_bf16_128"},
                               Tiles{256, 16, 8, 4, "_f32_256", "_bf16_256"}};
// On tensor cores.
constexpr std::array kMmaTiles = {Tiles{64, 64, 64, 2, nullptr, "_bf16_mma_64"},
                                  Tiles{128, 64, 64, 2, nullptr, "_bf16_mma_128"}};
constexpr int kMmaCapability = 80;
constexpr std::int64_t kMmaPack = 8; // elements of a copy, 16 bytes
// A warp's rows on tensor cores: fewer leave most of a tile empty.
constexpr std::int64_t kFewestTileQueries = 16;
constexpr std::int64_t kWidestWindow = std::int64_t{1} << 30U; // sums with it stay in an int

bool is_aligned(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % (kMmaPack * sizeof(bfloat16_t)) == 0;
}

bool takes_tensor_cores(const CudaBackend& backend,
                        const AttentionShape& shape,
                        DType dtype,
                        std::initializer_list<const void*> tensors)
{
    return backend.compute_capability() >= kMmaCapability && dtype == DType::BF16
           && shape.head_dim % kMmaPack == 0 && shape.head_dim <= kMmaTiles.back().head_dim
           && std::all_of(tensors.begin(), tensors.end(), is_aligned);
}

template <std::size_t kCount>
const Tiles& tiles_for(const std::array<Tiles, kCount>& list, const AttentionShape& shape)
{
    for (const Tiles& tiles : list) {
        if (shape.head_dim <= tiles.head_dim) {
            return tiles;
        }
    }
    throw EngineError({ErrorCode::Unsupported,
                       concat("attention: head_dim is ",
                              shape.head_dim,
                              ", the GPU's kernels take at most ",
                              list.back().head_dim),
                       "compute on the CPU"});
}

AttentionLayout layout_of(const AttentionShape& shape, std::int64_t rows, std::int64_t tiles)
{
    return {.offsets = nullptr,
            .query_rows = 0,
            .key_rows = 0,
            .tiles = static_cast<int>(tiles),
            .num_heads = static_cast<int>(shape.num_heads),
            .num_kv_heads = static_cast<int>(shape.num_kv_heads),
            .head_dim = static_cast<int>(shape.head_dim),
            .sliding_window = static_cast<int>(std::min(shape.sliding_window, kWidestWindow)),
            .scale = shape.scale,
            .rows = static_cast<int>(rows)};
}

const char* tile_suffix(const Tiles& tiles, DType dtype)
{
    return dtype == DType::F32 ? tiles.f32 : tiles.bf16;
}

} // namespace

void own_attention_forward(CudaBackend& backend, const AttentionForwardArgs& args)
{
    const bool tensor_cores =
        takes_tensor_cores(backend,
                           args.shape,
                           args.q.dtype(),
                           {args.q.raw(), args.k.raw(), args.v.raw(), args.out.raw()});
    const Tiles& tiles =
        tensor_cores ? tiles_for(kMmaTiles, args.shape) : tiles_for(kTiles, args.shape);
    const std::int64_t count = ceil_div(args.max_seq_len, tiles.forward_rows);
    AttentionLayout layout = layout_of(args.shape, args.q.size(0), count);
    layout.offsets = args.offsets.data<std::int32_t>();
    backend.launch(tile_suffix(tiles, args.q.dtype()),
                   {.grid_x = (args.offsets.numel() - 1) * count,
                    .grid_y = args.shape.num_heads,
                    .block = tiles.forward_rows * tiles.threads_of_a_row},
                   AttentionArgs{.layout = layout,
                                 .q = args.q.raw(),
                                 .k = args.k.raw(),
                                 .v = args.v.raw(),
                                 .out = args.out.raw(),
                                 .lse = args.lse.data<float>()});
}

void attention_cached(CudaBackend& backend,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out)
{
    AttentionLayout layout = layout_of(shape, q.size(0), 0);
    layout.query_rows = static_cast<int>(q.size(0));
    layout.key_rows = static_cast<int>(length);
    AttentionArgs args = {.layout = layout,
                          .q = q.raw(),
                          .k = k_cache.raw(),
                          .v = v_cache.raw(),
                          .out = out.raw(),
                          .lse = nullptr};
    if (q.size(0) < kFewestTileQueries) {
        attention_few_queries(
            backend, tile_suffix(tiles_for(kTiles, shape), q.dtype()), q.dtype(), args);
        return;
    }
    const bool tensor_cores = takes_tensor_cores(
        backend, shape, q.dtype(), {q.raw(), k_cache.raw(), v_cache.raw(), out.raw()});
    const Tiles& tiles = tensor_cores ? tiles_for(kMmaTiles, shape) : tiles_for(kTiles, shape);
    const std::int64_t count = ceil_div(q.size(0), tiles.forward_rows);
    args.layout.tiles = static_cast<int>(count);
    backend.launch(tile_suffix(tiles, q.dtype()),
                   {.grid_x = count,
                    .grid_y = shape.num_heads,
                    .block = tiles.forward_rows * tiles.threads_of_a_row},
                   args);
}

void own_attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args)
{
    const bool tensor_cores = takes_tensor_cores(backend,
                                                 args.shape,
                                                 args.q.dtype(),
                                                 {args.q.raw(),
                                                  args.k.raw(),
                                                  args.v.raw(),
                                                  args.dout.raw(),
                                                  args.dq.raw(),
                                                  args.dk.raw(),
                                                  args.dv.raw()});
    const Tiles& tiles =
        tensor_cores ? tiles_for(kMmaTiles, args.shape) : tiles_for(kTiles, args.shape);
    const std::int64_t n = args.q.size(0);
    const std::int64_t heads = args.shape.num_heads;
    auto* delta = args.scratch.data<float>();
    constexpr std::int64_t kWarp = 32;
    backend.launch(suffix_of(args.q.dtype()),
                   threads_for(n * heads * kWarp),
                   AttentionDeltaArgs{.out = args.out.raw(),
                                      .dout = args.dout.raw(),
                                      .delta = delta,
                                      .rows = static_cast<int>(n),
                                      .num_heads = static_cast<int>(heads),
                                      .head_dim = static_cast<int>(args.shape.head_dim)});
    const std::int64_t count = ceil_div(args.max_seq_len, tiles.backward_rows);
    AttentionBackwardKernelArgs in = {.layout = layout_of(args.shape, n, count),
                                      .q = args.q.raw(),
                                      .k = args.k.raw(),
                                      .v = args.v.raw(),
                                      .dout = args.dout.raw(),
                                      .lse = args.lse.data<float>(),
                                      .delta = delta};
    in.layout.offsets = args.offsets.data<std::int32_t>();
    LaunchShape grid = {.grid_x = (args.offsets.numel() - 1) * count,
                        .grid_y = heads,
                        .block = tiles.backward_rows * tiles.threads_of_a_row};
    const char* suffix = tile_suffix(tiles, args.q.dtype());
    backend.launch(suffix, grid, AttentionDqArgs{.in = in, .dq = args.dq.raw()});
    grid.grid_y = args.shape.num_kv_heads;
    backend.launch(
        suffix, grid, AttentionDkDvArgs{.in = in, .dk = args.dk.raw(), .dv = args.dv.raw()});
}

std::int64_t own_attention_scratch_bytes(const AttentionShape& shape, std::int64_t n)
{
    // delta: one float for every row and head.
    return std::max<std::int64_t>(shape.num_heads * n, 1)
           * static_cast<std::int64_t>(sizeof(float));
}

void attention_forward(CudaBackend& backend, const AttentionForwardArgs& args)
{
    if (!cudnn_attention_forward(backend, args, CudnnUse::Trusted)) {
        own_attention_forward(backend, args);
    }
}

void attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args)
{
    if (!cudnn_attention_backward(backend, args, CudnnUse::Trusted)) {
        own_attention_backward(backend, args);
    }
}

std::int64_t attention_scratch_bytes(CudaBackend& backend,
                                     const AttentionShape& shape,
                                     DType dtype,
                                     std::int64_t n,
                                     std::int64_t max_seq_len)
{
    return std::max(own_attention_scratch_bytes(shape, n),
                    cudnn_attention_scratch_bytes(backend, shape, dtype, n, max_seq_len));
}

} // namespace engine::ops::kernels
