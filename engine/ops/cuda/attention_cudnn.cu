// What cuDNN's attention is given beside the engine's tensors: where sequences start, and lse with
// the heads of a row side by side.
#include "engine/ops/cuda/attention_args.h"
#include "engine/ops/cuda/device.cuh"

namespace engine::ops::kernels {

LOWRANK_KERNEL(attention_starts, AttentionStartsArgs)
{
    const int s = static_cast<int>(thread_number());
    if (s > args.sequences) {
        return;
    }
    const int start = args.offsets[min(s, args.count)];
    args.q_starts[s] = start * args.q_width;
    args.kv_starts[s] = start * args.kv_width;
    args.stat_starts[s] = start * args.num_heads;
    if (s < args.sequences) {
        args.lengths[s] = args.offsets[min(s + 1, args.count)] - start;
    }
}

LOWRANK_KERNEL(attention_stats, AttentionStatsArgs)
{
    const Index number = thread_number();
    if (number >= static_cast<Index>(args.rows) * args.num_heads) {
        return;
    }
    const Index at = number % args.rows * args.num_heads + number / args.rows;
    if (args.to_lse != 0) {
        args.lse[number] = args.stats[at];
    } else {
        args.stats[at] = args.lse[number];
    }
}

} // namespace engine::ops::kernels
