// Attention of a few new queries to a cache: cuts the keys into parts, enough to occupy a GPU.
#include <algorithm>

#include "engine/ops/cuda/attention_ways.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kMostParts = 64;

// For `count` parts of so many query vectors.
AttentionParts parts_in(float* memory, std::int64_t count, std::int64_t vectors)
{
    return {
        .highest = memory, .sum = memory + count * vectors, .out = memory + 2 * count * vectors};
}

} // namespace

void attention_few_queries(CudaBackend& backend,
                           const char* suffix,
                           DType dtype,
                           AttentionArgs args)
{
    AttentionLayout& layout = args.layout;
    const std::int64_t vectors = std::int64_t{layout.query_rows} * layout.num_heads;
    if (vectors == 0) {
        return;
    }
    // The first key that the first query sees; by the shapes alone, so that every GPU adds in the
    // same order.
    const std::int64_t first_key =
        layout.sliding_window == 0
            ? 0
            : std::max(0, layout.key_rows - layout.query_rows - layout.sliding_window + 1);
    const std::int64_t keys = layout.key_rows - first_key;
    const std::int64_t part_floats = vectors * (layout.head_dim + 2);
    constexpr auto kReadyFloats =
        static_cast<std::int64_t>(CudaBackend::kReadyScratchBytes / sizeof(float));
    const std::int64_t most = std::clamp<std::int64_t>(kReadyFloats / part_floats, 1, kMostParts);
    const std::int64_t part_keys = ceil_div(ceil_div(keys, most), kPartChunk) * kPartChunk;
    const std::int64_t count = ceil_div(keys, part_keys);
    AttentionParts parts = {};
    if (count > 1) {
        const auto bytes = static_cast<std::size_t>(count * part_floats) * sizeof(float);
        parts = parts_in(static_cast<float*>(backend.scratch(bytes)), count, vectors);
    }
    const std::int64_t group = layout.num_heads / layout.num_kv_heads;
    layout.tiles = static_cast<int>(ceil_div(group * layout.query_rows, kPartQueries));
    backend.launch(suffix,
                   {.grid_x = count,
                    .grid_y = std::int64_t{layout.num_kv_heads} * layout.tiles,
                    .block = kPartThreads},
                   AttentionPartArgs{.in = args,
                                     .parts = parts,
                                     .first_key = static_cast<int>(first_key),
                                     .part_keys = static_cast<int>(part_keys)});
    if (count > 1) {
        constexpr std::int64_t kWarp = 32;
        backend.launch(suffix_of(dtype),
                       {.grid_x = vectors,
                        .block = static_cast<int>(ceil_div(layout.head_dim, kWarp) * kWarp)},
                       AttentionCombineArgs{.parts = parts,
                                            .out = args.out,
                                            .count = static_cast<int>(count),
                                            .head_dim = layout.head_dim});
    }
}

} // namespace engine::ops::kernels
