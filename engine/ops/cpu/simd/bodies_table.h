// The table of kernels of one instruction set.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

template <typename T>
constexpr ElementKernels<T> element_kernels()
{
    return {.to_float = &convert<T, float>,
            .from_float = &convert<float, T>,
            .transpose = &transpose<T>,
            .add = &add<T>,
            .scale = &scale<T>,
            .add_floats = &add_floats<T>,
            .accumulate = &accumulate<T>,
            .accumulate_product = &accumulate_product<T>,
            .rms_norm = &rms_norm<T>,
            .rms_norm_backward = &rms_norm_backward<T>,
            .rotate = &rotate<T>,
            .swiglu = &swiglu<T>,
            .swiglu_backward = &swiglu_backward<T>,
            .dropout = &dropout<T>,
            .dequantize_nf4 = &dequantize_nf4<T>,
            .dequantize_int8 = &dequantize_int8<T>};
}

} // namespace

constinit const VectorKernels kVectorKernels = {.f32 = element_kernels<float>(),
                                                .bf16 = element_kernels<bfloat16_t>(),
                                                .cross_entropy = &cross_entropy,
                                                .adamw = &adamw,
                                                .sgd = &sgd,
                                                .sum_of_squares = &sum_of_squares,
                                                .tile_product = &tile_product,
                                                .double_product = &double_product,
                                                .panel_columns = kPackedVectors * kLanes,
                                                .softmax_tile = &softmax_tile,
                                                .probability_tile = &probability_tile,
                                                .score_gradient_tile = &score_gradient_tile,
                                                .dot = &dot};

} // namespace engine::ops::simd::LOWRANK_ISA
