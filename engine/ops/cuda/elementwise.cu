// The small element-wise kernels: convert, add, scale, bias, moving rows.
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

template <typename From, typename To>
__device__ void convert_body(const ConvertArgs& args)
{
    const Index i = thread_number() * kPack;
    if (i < args.n) {
        store_pack<To>(args.y, i, args.n, load_pack<From>(args.x, i, args.n));
    }
}

LOWRANK_KERNEL(convert_f32_bf16, ConvertArgs)
{
    convert_body<float, bf16>(args);
}

LOWRANK_KERNEL(convert_f32_f16, ConvertArgs)
{
    convert_body<float, f16>(args);
}

LOWRANK_KERNEL(convert_bf16_f32, ConvertArgs)
{
    convert_body<bf16, float>(args);
}

LOWRANK_KERNEL(convert_bf16_f16, ConvertArgs)
{
    convert_body<bf16, f16>(args);
}

LOWRANK_KERNEL(convert_f16_f32, ConvertArgs)
{
    convert_body<f16, float>(args);
}

LOWRANK_KERNEL(convert_f16_bf16, ConvertArgs)
{
    convert_body<f16, bf16>(args);
}

template <typename T>
__device__ void add_body(const AddArgs& args)
{
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    Floats y = load_pack<T>(args.a, i, args.n);
    const Floats b = load_pack<T>(args.b, i, args.n);
    for (int k = 0; k < kPack; ++k) {
        y.v[k] += b.v[k];
    }
    store_pack<T>(args.y, i, args.n, y);
}

LOWRANK_FLOAT_KERNELS(add, AddArgs, add_body)

template <typename From, typename To>
__device__ void subtract_body(const SubtractKernelArgs& args)
{
    const Index i = thread_number();
    if (i >= args.n) {
        return;
    }
    const Index row = i / args.width;
    const Index column = i % args.width;
    const float b = args.b == nullptr ? 0.0F : load<From>(args.b, i);
    store<To>(
        args.y, row * args.y_stride + column, load<From>(args.a, row * args.a_stride + column) - b);
}

LOWRANK_KERNEL(subtract_f32, SubtractKernelArgs)
{
    subtract_body<float, float>(args);
}

LOWRANK_KERNEL(subtract_f32_bf16, SubtractKernelArgs)
{
    subtract_body<float, bf16>(args);
}

LOWRANK_KERNEL(subtract_bf16, SubtractKernelArgs)
{
    subtract_body<bf16, bf16>(args);
}

template <typename T>
__device__ void scale_body(const ScaleArgs& args)
{
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    Floats x = load_pack<T>(args.x, i, args.n);
    for (int k = 0; k < kPack; ++k) {
        x.v[k] *= args.factor;
    }
    store_pack<T>(args.x, i, args.n, x);
}

LOWRANK_FLOAT_KERNELS(scale, ScaleArgs, scale_body)

template <typename T>
__device__ void add_bias_body(const AddBiasArgs& args)
{
    T* row = static_cast<T*>(args.x) + blockIdx.x * args.width;
    for (Index c = threadIdx.x * kPack; c < args.width; c += blockDim.x * kPack) {
        Floats x = load_pack<T>(row, c, args.width);
        const Floats bias = load_pack_of(args.bias, args.bias_is_bf16, c, args.width);
        for (int k = 0; k < kPack; ++k) {
            x.v[k] += bias.v[k];
        }
        store_pack<T>(row, c, args.width, x);
    }
}

LOWRANK_FLOAT_KERNELS(add_bias, AddBiasArgs, add_bias_body)

template <typename T>
__device__ void move_rows_body(const MoveRowsArgs& args)
{
    const Index i = blockIdx.x;
    const Index row = args.rows[i];
    const T* from = static_cast<const T*>(args.from) + (args.scatter != 0 ? i : row) * args.width;
    T* to = static_cast<T*>(args.to) + (args.scatter != 0 ? row : i) * args.width;
    for (Index c = threadIdx.x; c < args.width; c += blockDim.x) {
        to[c] = from[c];
    }
}

LOWRANK_FLOAT_KERNELS(move_rows, MoveRowsArgs, move_rows_body)

} // namespace engine::ops::kernels
