// RMSNorm: one block a row, which is read twice and stays in cache in between.
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void rms_norm_body(const RmsNormArgs& args)
{
    const Index width = args.width;
    const T* x = static_cast<const T*>(args.x) + blockIdx.x * width;
    T* y = static_cast<T*>(args.y) + blockIdx.x * width;
    float squares = 0.0F;
    for (Index c = threadIdx.x * kPack; c < width; c += blockDim.x * kPack) {
        const Floats values = load_pack<T>(x, c, width);
        for (int k = 0; k < kPack; ++k) {
            squares += values.v[k] * values.v[k];
        }
    }
    const float mean = block_sum(squares) / static_cast<float>(width);
    const float rstd = 1.0F / sqrtf(mean + args.eps);
    if (args.rstd != nullptr && threadIdx.x == 0) {
        args.rstd[blockIdx.x] = rstd;
    }
    for (Index c = threadIdx.x * kPack; c < width; c += blockDim.x * kPack) {
        Floats values = load_pack<T>(x, c, width);
        const Floats weight = load_pack_of(args.weight, args.weight_is_bf16, c, width);
        for (int k = 0; k < kPack; ++k) {
            values.v[k] *= rstd * weight.v[k];
        }
        store_pack<T>(y, c, width, values);
    }
}

LOWRANK_FLOAT_KERNELS(rms_norm, RmsNormArgs, rms_norm_body)

// dx (+)= rstd (g - xhat mean(g xhat)) with g = dy weight, xhat = x rstd.
template <typename T>
__device__ void rms_norm_backward_body(const RmsNormBackwardKernelArgs& args)
{
    const Index width = args.width;
    const T* dy = static_cast<const T*>(args.dy) + blockIdx.x * width;
    const T* x = static_cast<const T*>(args.x) + blockIdx.x * width;
    T* dx = static_cast<T*>(args.dx) + blockIdx.x * width;
    const float rstd = args.rstd[blockIdx.x];
    float product = 0.0F;
    for (Index c = threadIdx.x * kPack; c < width; c += blockDim.x * kPack) {
        const Floats g = load_pack<T>(dy, c, width);
        const Floats values = load_pack<T>(x, c, width);
        const Floats weight = load_pack_of(args.weight, args.weight_is_bf16, c, width);
        for (int k = 0; k < kPack; ++k) {
            product += g.v[k] * weight.v[k] * values.v[k] * rstd;
        }
    }
    const float mean = block_sum(product) / static_cast<float>(width);
    for (Index c = threadIdx.x * kPack; c < width; c += blockDim.x * kPack) {
        const Floats g = load_pack<T>(dy, c, width);
        const Floats values = load_pack<T>(x, c, width);
        const Floats weight = load_pack_of(args.weight, args.weight_is_bf16, c, width);
        Floats out = {};
        if (args.accumulate != 0) {
            out = load_pack<T>(dx, c, width);
        }
        for (int k = 0; k < kPack; ++k) {
            out.v[k] += rstd * (g.v[k] * weight.v[k] - values.v[k] * rstd * mean);
        }
        store_pack<T>(dx, c, width, out);
    }
}

LOWRANK_FLOAT_KERNELS(rms_norm_backward, RmsNormBackwardKernelArgs, rms_norm_backward_body)

} // namespace engine::ops::kernels
