// The products of an adapted projection, in the order that keeps every intermediate rank wide.
#include "engine/model/lora_linear.h"

#include "engine/ops/dequantize.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/quantized_linear.h"
#include "engine/tensor/work_ahead.h"

namespace engine {

namespace {

using ops::Transpose;

float beta_of(Output output)
{
    return output == Output::Add ? 1.0F : 0.0F;
}

// Multiplies by W in the activations' dtype: as it lies, or dequantised into a scratch.
void multiply_base(Backend& backend,
                   const LinearWeights& base,
                   const LoraScratch& scratch,
                   ops::MatmulArgs product)
{
    if (!base.quantized.defined()) {
        product.b = base.weight;
        ops::matmul(backend, product);
        return;
    }
    const Shape& shape = base.quantized.shape;
    WorkAhead ahead(backend);
    const TensorView weight = matrix_of(scratch.weights.at(ahead.buffer()), shape[0], shape[1]);
    ops::dequantize(backend, base.quantized, weight);
    ahead.filled();
    product.b = weight;
    ops::matmul(backend, product);
    ahead.read();
}

// The adapter's input: x, or its masked copy, which is the same in forward and backward.
ConstTensorView adapter_input(Backend& backend,
                              const LoraLinear& projection,
                              ConstTensorView x,
                              const LoraScratch& scratch)
{
    if (projection.dropout.probability == 0.0F) {
        return x;
    }
    const TensorView dropped = matrix_of(scratch.dropped, x.size(0), x.size(1));
    ops::dropout(backend, x, projection.dropout, dropped);
    return dropped;
}

// y += s h B^T
void add_adapter_output(
    Backend& backend, float scaling, ConstTensorView h, ConstTensorView b, TensorView y)
{
    ops::matmul(
        backend,
        {.a = h, .b = b, .transpose_b = Transpose::Yes, .c = y, .alpha = scaling, .beta = 1.0F});
}

void adapter_gradients(Backend& backend, const LoraLinearBackwardArgs& args, ConstTensorView u)
{
    const LoraMatrix& lora = *args.projection.lora;
    const LinearGradients& gradients = args.gradients;
    const float beta = gradients.accumulate ? 1.0F : 0.0F;
    if (gradients.lora_b.defined()) {
        ops::matmul(backend,
                    {.a = args.dy,
                     .transpose_a = Transpose::Yes,
                     .b = args.h,
                     .c = gradients.lora_b,
                     .alpha = lora.scaling,
                     .beta = beta});
    }
    if (gradients.lora_a.defined()) {
        const ConstTensorView input = adapter_input(backend, args.projection, args.x, args.scratch);
        ops::matmul(backend,
                    {.a = u,
                     .transpose_a = Transpose::Yes,
                     .b = input,
                     .c = gradients.lora_a,
                     .beta = beta});
    }
}

// dx += drop(u A)
void adapter_input_gradient(Backend& backend, const LoraLinearBackwardArgs& args, ConstTensorView u)
{
    const LoraMatrix& lora = *args.projection.lora;
    if (args.projection.dropout.probability == 0.0F) {
        ops::matmul(backend, {.a = u, .b = lora.a(), .c = args.dx, .beta = 1.0F});
        return;
    }
    const TensorView dropped = matrix_of(args.scratch.dropped, args.dx.size(0), args.dx.size(1));
    ops::matmul(backend, {.a = u, .b = lora.a(), .c = dropped});
    ops::dropout_accumulate(backend, dropped, args.projection.dropout, args.dx);
}

// dx (+)= dy W
void base_input_gradient(Backend& backend, const LoraLinearBackwardArgs& args)
{
    multiply_base(backend,
                  *args.projection.base,
                  args.scratch,
                  {.a = args.dy, .b = {}, .c = args.dx, .beta = beta_of(args.output)});
}

void base_gradients(Backend& backend, const LoraLinearBackwardArgs& args)
{
    const LinearGradients& gradients = args.gradients;
    if (gradients.weight.defined()) {
        ops::matmul(backend,
                    {.a = args.dy,
                     .transpose_a = Transpose::Yes,
                     .b = args.x,
                     .c = gradients.weight,
                     .beta = gradients.accumulate ? 1.0F : 0.0F});
    }
    if (gradients.bias.defined()) {
        ops::bias_backward(backend,
                           args.dy,
                           gradients.bias,
                           gradients.accumulate ? ops::GradientMode::Accumulate
                                                : ops::GradientMode::Overwrite);
    }
}

// y (+)= x W^T
void base_output(Backend& backend, const LoraLinearForwardArgs& args)
{
    const LinearWeights& base = *args.projection.base;
    const float beta = beta_of(args.output);
    if (base.quantized.defined() && args.x.size(0) <= ops::kFewRows) {
        if (args.addend.defined() && args.addend.raw() != args.y.raw()) {
            ops::copy(backend, args.addend, args.y);
        }
        ops::quantized_linear(backend, args.x, base.quantized, args.y, beta);
        return;
    }
    multiply_base(backend,
                  base,
                  args.scratch,
                  {.a = args.x,
                   .b = {},
                   .transpose_b = Transpose::Yes,
                   .c = args.y,
                   .beta = beta,
                   .addend = args.addend});
}

} // namespace

void lora_linear_hidden(Backend& backend, const LoraLinearForwardArgs& args)
{
    ops::linear(backend,
                adapter_input(backend, args.projection, args.x, args.scratch),
                args.projection.lora->a(),
                args.h);
}

void lora_linear_forward(Backend& backend, const LoraLinearForwardArgs& args)
{
    const LoraLinear& projection = args.projection;
    base_output(backend, args);
    if (projection.base->bias.defined()) {
        ops::add_bias(backend, args.y, projection.base->bias);
    }
    if (projection.lora == nullptr) {
        return;
    }
    const LoraMatrix& lora = *projection.lora;
    lora_linear_hidden(backend, args);
    add_adapter_output(backend, lora.scaling, args.h, lora.b(), args.y);
    if (lora.has_init_pair()) {
        const TensorView h0 = matrix_of(args.scratch.u, args.x.size(0), lora.rank);
        ops::linear(backend, args.x, lora.a0(), h0);
        add_adapter_output(backend, -lora.scaling, h0, lora.b0(), args.y);
    }
}

void lora_linear_backward(Backend& backend, const LoraLinearBackwardArgs& args)
{
    const LoraLinear& projection = args.projection;
    base_gradients(backend, args);
    if (projection.lora == nullptr) {
        if (args.dx.defined()) {
            base_input_gradient(backend, args);
        }
        return;
    }
    const LoraMatrix& lora = *projection.lora;
    const TensorView u = matrix_of(args.scratch.u, args.dy.size(0), lora.rank);
    ops::matmul(backend, {.a = args.dy, .b = lora.b(), .c = u, .alpha = lora.scaling});
    // Everything that reads x comes before dx is written: they may share memory.
    adapter_gradients(backend, args, u);
    if (!args.dx.defined()) {
        return;
    }
    base_input_gradient(backend, args);
    adapter_input_gradient(backend, args, u);
    if (lora.has_init_pair()) {
        ops::matmul(backend, {.a = args.dy, .b = lora.b0(), .c = u, .alpha = -lora.scaling});
        ops::matmul(backend, {.a = u, .b = lora.a0(), .c = args.dx, .beta = 1.0F});
    }
}

} // namespace engine
