// The products of an adapted projection, in the order that keeps every intermediate rank wide.
#include "engine/model/lora_linear.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"

namespace engine {

namespace {

using ops::Transpose;

float beta_of(Output output)
{
    return output == Output::Add ? 1.0F : 0.0F;
}

// The first rows * width elements of a 1-D buffer as a matrix.
TensorView matrix_of(TensorView buffer, std::int64_t rows, std::int64_t width)
{
    return buffer.rows(0, rows * width).reshaped({rows, width});
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

} // namespace

void lora_linear_hidden(Backend& backend,
                        const LoraLinear& projection,
                        ConstTensorView x,
                        TensorView h,
                        const LoraScratch& scratch)
{
    ops::linear(backend, adapter_input(backend, projection, x, scratch), projection.lora->a(), h);
}

void lora_linear_forward(Backend& backend, const LoraLinearForwardArgs& args)
{
    const LoraLinear& projection = args.projection;
    ops::linear(backend, args.x, projection.base->weight, args.y, beta_of(args.output));
    if (projection.base->bias.defined()) {
        ops::add_bias(backend, args.y, projection.base->bias);
    }
    if (projection.lora == nullptr) {
        return;
    }
    const LoraMatrix& lora = *projection.lora;
    lora_linear_hidden(backend, projection, args.x, args.h, args.scratch);
    ops::matmul(backend,
                {.a = args.h,
                 .b = lora.b(),
                 .transpose_b = Transpose::Yes,
                 .c = args.y,
                 .alpha = lora.scaling,
                 .beta = 1.0F});
    if (lora.has_init_pair()) {
        const TensorView h0 = matrix_of(args.scratch.u, args.x.size(0), lora.rank);
        ops::linear(backend, args.x, lora.a0(), h0);
        ops::matmul(backend,
                    {.a = h0,
                     .b = lora.b0(),
                     .transpose_b = Transpose::Yes,
                     .c = args.y,
                     .alpha = -lora.scaling,
                     .beta = 1.0F});
    }
}

void lora_linear_backward(Backend& backend, const LoraLinearBackwardArgs& args)
{
    const LoraLinear& projection = args.projection;
    base_gradients(backend, args);
    if (projection.lora == nullptr) {
        if (args.dx.defined()) {
            ops::matmul(backend,
                        {.a = args.dy,
                         .b = projection.base->weight,
                         .c = args.dx,
                         .beta = beta_of(args.output)});
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
    ops::matmul(
        backend,
        {.a = args.dy, .b = projection.base->weight, .c = args.dx, .beta = beta_of(args.output)});
    adapter_input_gradient(backend, args, u);
    if (lora.has_init_pair()) {
        ops::matmul(backend, {.a = args.dy, .b = lora.b0(), .c = u, .alpha = -lora.scaling});
        ops::matmul(backend, {.a = u, .b = lora.a0(), .c = args.dx, .beta = 1.0F});
    }
}

} // namespace engine
