// SwiGLU and its backward.
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

__device__ inline float sigmoid(float x)
{
    return 1.0F / (1.0F + expf(-x));
}

template <typename T>
__device__ void swiglu_body(const SwigluArgs& args)
{
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    const Floats gate = load_pack<T>(args.gate, i, args.n);
    Floats h = load_pack<T>(args.up, i, args.n);
    for (int k = 0; k < kPack; ++k) {
        h.v[k] *= gate.v[k] * sigmoid(gate.v[k]);
    }
    store_pack<T>(args.h, i, args.n, h);
}

LOWRANK_FLOAT_KERNELS(swiglu, SwigluArgs, swiglu_body)

// dup = dh gate s, dgate = dh up s (1 + gate (1 - s)) with s = sigmoid(gate).
template <typename T>
__device__ void swiglu_backward_body(const SwigluBackwardArgs& args)
{
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    const Floats dh = load_pack<T>(args.dh, i, args.n);
    const Floats gate = load_pack<T>(args.gate, i, args.n);
    const Floats up = load_pack<T>(args.up, i, args.n);
    Floats dgate;
    Floats dup;
    for (int k = 0; k < kPack; ++k) {
        const float s = sigmoid(gate.v[k]);
        dup.v[k] = dh.v[k] * gate.v[k] * s;
        dgate.v[k] = dh.v[k] * up.v[k] * s * (1.0F + gate.v[k] * (1.0F - s));
    }
    store_pack<T>(args.dgate, i, args.n, dgate);
    store_pack<T>(args.dup, i, args.n, dup);
}

LOWRANK_FLOAT_KERNELS(swiglu_backward, SwigluBackwardArgs, swiglu_backward_body)

} // namespace engine::ops::kernels
