// Cuts the rows of a column sum into slices, enough to occupy a GPU.
#include "engine/ops/cuda/column_sum.h"

#include "engine/ops/cuda/column_sum_args.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kRowsOfThread = 16; // fewer are not worth another slice
constexpr std::int64_t kMostBlocks = 1024; // of all slices: some for each processor of any GPU
constexpr std::int64_t kMostSums =
    kMostBlocks * kSumThreads; // a block has a column a thread at most
static_assert(kMostSums * sizeof(float) <= CudaBackend::kReadyScratchBytes);

} // namespace

void column_sum(CudaBackend& backend,
                ConstTensorView dy,
                ConstTensorView x,
                ConstTensorView rstd,
                TensorView sum,
                GradientMode mode)
{
    if (mode == GradientMode::Skip) {
        return;
    }
    const std::int64_t rows = dy.size(0);
    const std::int64_t width = dy.size(1);
    const int lanes = lanes_for(width);
    const std::int64_t rows_at_a_time = kSumThreads / lanes;
    const std::int64_t blocks = ceil_div(width, lanes * kElementsPerThread); // of a slice
    // By the shape alone, so that every GPU adds in the same order.
    const std::int64_t most =
        std::max<std::int64_t>(1, kMostBlocks / std::max<std::int64_t>(1, blocks));
    const std::int64_t wanted =
        std::clamp<std::int64_t>(rows / (rows_at_a_time * kRowsOfThread), 1, most);
    const std::int64_t slice_rows = std::max<std::int64_t>(1, ceil_div(rows, wanted));
    const std::int64_t slices = std::max<std::int64_t>(1, ceil_div(rows, slice_rows));
    ColumnSumArgs last = {.dy = dy.raw(),
                          .x = x.raw(),
                          .rstd = rstd.data<float>(),
                          .sum = sum.data<float>(),
                          .rows = rows,
                          .width = width,
                          .slice_rows = slice_rows,
                          .lanes = lanes,
                          .accumulate = mode == GradientMode::Accumulate ? 1 : 0};
    const char* suffix = suffix_of(dy.dtype());
    if (slices > 1) {
        ColumnSumArgs first = last;
        first.sum = static_cast<float*>(backend.scratch(slices * width * sizeof(float)));
        first.accumulate = 0;
        backend.launch(suffix, {.grid_x = blocks, .grid_y = slices, .block = kSumThreads}, first);
        // The slices' sums are rows of another such matrix.
        last.dy = first.sum;
        last.x = nullptr;
        last.rstd = nullptr;
        last.rows = slices;
        last.slice_rows = slices;
        suffix = suffix_of(DType::F32);
    }
    backend.launch(suffix, {.grid_x = blocks, .block = kSumThreads}, last);
}

} // namespace engine::ops::kernels
