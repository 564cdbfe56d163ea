// Softmax cross-entropy of float32 logits: one block a row, two passes;
// and the sum of the rows' losses.
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

// The sum of exp(x - max) over what was seen, with its maximum.
struct Softmax
{
    float max;
    float sum;
};

__device__ inline Softmax join(const Softmax& a, const Softmax& b)
{
    const float max = fmaxf(a.max, b.max);
    if (max == -INFINITY) {
        return {max, a.sum + b.sum}; // 0, or NaN
    }
    return {max, a.sum * expf(a.max - max) + b.sum * expf(b.max - max)};
}

__device__ inline Softmax block_softmax(Softmax mine)
{
    __shared__ Softmax parts[kWarp];
    for (int step = kWarp / 2; step > 0; step /= 2) {
        mine = join(mine,
                    {__shfl_xor_sync(kAllLanes, mine.max, step),
                     __shfl_xor_sync(kAllLanes, mine.sum, step)});
    }
    if (threadIdx.x % kWarp == 0) {
        parts[threadIdx.x / kWarp] = mine;
    }
    __syncthreads();
    Softmax all = parts[0];
    for (int i = 1; i < static_cast<int>(blockDim.x) / kWarp; ++i) {
        all = join(all, parts[i]);
    }
    return all;
}

LOWRANK_KERNEL(cross_entropy, CrossEntropyKernelArgs)
{
    const Index vocab_size = args.vocab_size;
    float* logits = args.logits + blockIdx.x * vocab_size;
    Softmax mine = {-INFINITY, 0.0F};
    for (Index c = threadIdx.x * kPack; c < vocab_size; c += blockDim.x * kPack) {
        const Floats x = load_pack<float>(logits, c, vocab_size);
        float highest = mine.max;
        for (int k = 0; k < kPack; ++k) {
            highest = c + k < vocab_size ? fmaxf(highest, x.v[k]) : highest;
        }
        const float base = highest == -INFINITY ? 0.0F : highest;
        float sum = mine.sum * expf(mine.max - base);
        for (int k = 0; k < kPack; ++k) {
            sum += c + k < vocab_size ? expf(x.v[k] - base) : 0.0F;
        }
        mine = {highest, sum};
    }
    const Softmax all = block_softmax(mine);
    const int label = args.labels[blockIdx.x];
    if (threadIdx.x == 0) {
        // The large numbers first, where they cancel.
        args.losses[blockIdx.x] = logf(all.sum) - (logits[label] - all.max);
    }
    if (args.write_gradient == 0) {
        return;
    }
    __syncthreads(); // the label's logit is read
    const float weight = args.weights[blockIdx.x];
    const float factor = weight / all.sum;
    for (Index c = threadIdx.x * kPack; c < vocab_size; c += blockDim.x * kPack) {
        Floats x = load_pack<float>(logits, c, vocab_size);
        for (int k = 0; k < kPack; ++k) {
            x.v[k] = expf(x.v[k] - all.max) * factor - (c + k == label ? weight : 0.0F);
        }
        store_pack<float>(logits, c, vocab_size, x);
    }
}

LOWRANK_KERNEL(weighted_loss, WeightedLossArgs)
{
    double sum = 0.0;
    for (Index i = threadIdx.x; i < args.n; i += blockDim.x) {
        sum += static_cast<double>(args.weights[i]) * args.losses[i];
    }
    sum = block_sum_of_doubles(sum);
    if (threadIdx.x == 0) {
        *args.loss = static_cast<float>(sum);
    }
}

} // namespace engine::ops::kernels
