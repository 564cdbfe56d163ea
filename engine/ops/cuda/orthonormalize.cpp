// CholeskyQR on the GPU: queues the tiles' kernels; whether a third time is needed the kernels see
// themselves.
#include <vector>

#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"
#include "engine/ops/cuda/orthonormalize_args.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kTileDoubles = std::int64_t{kDoubleTile} * kDoubleTile;
constexpr int kTimes = 3;

// The sizes that follow from a matrix's, so that every GPU adds in the same order.
struct ColumnTiles
{
    std::int64_t tiles;
    std::int64_t pairs;
    std::int64_t slices;
    std::int64_t slice_rows;

    explicit ColumnTiles(const Shape& shape)
        : tiles(ceil_div(shape[1], kDoubleTile))
        , pairs(tiles * (tiles + 1) / 2)
    {
        constexpr std::int64_t kMostGramBlocks =
            192; // their tiles are in the scratch that is ready
        constexpr std::int64_t kRows =
            std::int64_t{2} * kDoubleTile; // fewer are not worth another slice
        const std::int64_t most = std::max<std::int64_t>(1, kMostGramBlocks / pairs);
        const std::int64_t wanted = std::clamp<std::int64_t>(shape[0] / kRows, 1, most);
        slice_rows = std::max<std::int64_t>(1, ceil_div(shape[0], wanted));
        slices = std::max<std::int64_t>(1, ceil_div(shape[0], slice_rows));
    }

    [[nodiscard]] std::int64_t square() const { return tiles * tiles * kTileDoubles; }
};

// Parts of the backend's scratch.
struct Room
{
    double* parts;
    double* gram;
    double* factor;
    double* inverse;
    int* counts; // [kTimes, tiles]
};

Room room_for(CudaBackend& backend, const ColumnTiles& sizes)
{
    const std::int64_t parts = sizes.slices * sizes.pairs * kTileDoubles;
    const std::int64_t doubles = parts + 3 * sizes.square();
    const std::size_t bytes = static_cast<std::size_t>(doubles) * sizeof(double)
                              + static_cast<std::size_t>(kTimes * sizes.tiles) * sizeof(int);
    auto* first = static_cast<double*>(backend.scratch(bytes));
    double* gram = first + parts;
    double* factor = gram + sizes.square();
    double* inverse = factor + sizes.square();
    return {first, gram, factor, inverse, reinterpret_cast<int*>(inverse + sizes.square())};
}

void queue_gram(CudaBackend& backend,
                ConstTensorView matrix,
                const ColumnTiles& sizes,
                const Room& room,
                const DependentCounts& before)
{
    backend.launch("",
                   {.grid_x = sizes.pairs, .grid_y = sizes.slices, .block = kDoubleThreads},
                   GramPartsArgs{.x = matrix.data<float>(),
                                 .parts = room.parts,
                                 .before = before,
                                 .rows = matrix.size(0),
                                 .width = matrix.size(1),
                                 .slice_rows = sizes.slice_rows,
                                 .tiles = sizes.tiles});
    backend.launch("",
                   {.grid_x = sizes.pairs, .block = kDoubleThreads},
                   GramSumArgs{.parts = room.parts,
                               .gram = room.gram,
                               .before = before,
                               .tiles = sizes.tiles,
                               .slices = sizes.slices});
}

} // namespace

void orthonormalize(CudaBackend& backend, TensorView matrix)
{
    const ColumnTiles sizes(matrix.shape());
    const Room room = room_for(backend, sizes);
    for (int time = 0; time < kTimes; ++time) {
        const DependentCounts before = {room.counts, time < 2 ? 0 : time * sizes.tiles};
        queue_gram(backend, matrix, sizes, room, before);
        for (std::int64_t tile = 0; tile < sizes.tiles; ++tile) {
            backend.launch("",
                           {.grid_x = sizes.tiles - tile, .block = kDoubleThreads},
                           CholeskyRowsArgs{.gram = room.gram,
                                            .factor = room.factor,
                                            .inverse = room.inverse,
                                            .counts = room.counts + time * sizes.tiles,
                                            .before = before,
                                            .dependent = kDependentColumn * kDependentColumn,
                                            .tile = tile,
                                            .tiles = sizes.tiles,
                                            .width = matrix.size(1)});
        }
        if (sizes.tiles > 1) {
            backend.launch("",
                           {.grid_x = sizes.tiles, .block = kDoubleThreads},
                           InvertFactorArgs{.factor = room.factor,
                                            .inverse = room.inverse,
                                            .before = before,
                                            .tiles = sizes.tiles});
        }
        backend.launch("",
                       {.grid_x = ceil_div(matrix.size(0), kDoubleTile), .block = kDoubleThreads},
                       MultiplyInverseArgs{.x = matrix.data<float>(),
                                           .inverse = room.inverse,
                                           .before = before,
                                           .rows = matrix.size(0),
                                           .width = matrix.size(1),
                                           .tiles = sizes.tiles});
    }
}

void gram(CudaBackend& backend, ConstTensorView matrix, std::span<double> product)
{
    const ColumnTiles sizes(matrix.shape());
    const Room room = room_for(backend, sizes);
    queue_gram(backend, matrix, sizes, room, {nullptr, 0});
    std::vector<double> padded(static_cast<std::size_t>(sizes.square()));
    static_assert(sizeof(double) == 2 * sizeof(float));
    backend.download({room.gram, DType::F32, {2 * sizes.square()}, backend.device()},
                     padded.data());
    const std::int64_t q = matrix.size(1);
    for (std::int64_t row = 0; row < q; ++row) {
        std::copy_n(padded.data() + row * sizes.tiles * kDoubleTile, q, product.data() + row * q);
    }
}

} // namespace engine::ops::kernels
