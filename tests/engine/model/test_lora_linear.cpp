// One adapted projection by hand (values worked out on paper), and the identities dA = s B^T G and
// dB = s G A^T through a whole model.
#include "engine/model/lora_group.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/tiny_model.h"

namespace {

using engine::DType;
using engine::Tensor;

Tensor matrix(engine::Backend& backend, engine::Shape shape, std::vector<float> values)
{
    Tensor tensor = backend.tensor(DType::F32, shape);
    std::copy(values.begin(), values.end(), tensor.data<float>());
    return tensor;
}

std::vector<float> values(const Tensor& tensor)
{
    const auto span = tests::floats_of(tensor);
    return {span.begin(), span.end()};
}

// W = [[1, 0, 2], [0, -1, 1]], A = [[0.5, -1, 0.25]], B = [[2], [-3]], s = 2, x = [1, 2, -1], and
// L = |y|^2 / 2, so that dL/dy = y.
TEST(LoraLinear, ForwardAndBackwardByHand)
{
    engine::CpuBackend backend(1);
    const Tensor weight = matrix(backend, {2, 3}, {1, 0, 2, 0, -1, 1});
    const engine::LinearWeights base = {.weight = weight};
    engine::LoraMatrix lora;
    lora.rank = 1;
    lora.scaling = 2.0F;
    lora.lora_a = matrix(backend, {1, 3}, {0.5F, -1.0F, 0.25F});
    lora.lora_b = matrix(backend, {2, 1}, {2.0F, -3.0F});
    const engine::LoraLinear projection = {.base = &base, .lora = &lora};
    const Tensor x = matrix(backend, {1, 3}, {1, 2, -1});
    Tensor y = backend.tensor(DType::F32, {1, 2});
    Tensor h = backend.tensor(DType::F32, {1, 1});
    Tensor u = backend.tensor(DType::F32, {1});
    const engine::LoraScratch scratch = {.u = u};
    engine::lora_linear_forward(
        backend, {.projection = projection, .x = x, .y = y, .h = h, .scratch = scratch});
    EXPECT_EQ(values(y), (std::vector<float>{-8.0F, 7.5F}));

    Tensor da = backend.tensor(DType::F32, {1, 3});
    Tensor db = backend.tensor(DType::F32, {2, 1});
    Tensor dw = backend.tensor(DType::F32, {2, 3});
    Tensor dx = backend.tensor(DType::F32, {1, 3});
    engine::lora_linear_backward(backend,
                                 {.projection = projection,
                                  .x = x,
                                  .h = h,
                                  .dy = y,
                                  .gradients = {.lora_a = da, .lora_b = db, .weight = dw},
                                  .dx = dx,
                                  .scratch = scratch});
    EXPECT_EQ(values(da), (std::vector<float>{-77.0F, -154.0F, 77.0F}));
    EXPECT_EQ(values(db), (std::vector<float>{28.0F, -26.25F}));
    EXPECT_EQ(values(dx), (std::vector<float>{-46.5F, 69.5F, -27.75F}));
    EXPECT_EQ(values(dw), (std::vector<float>{-8, -16, 8, 7.5F, 15, -7.5F}));
}

// The frozen pair equal to the trained one takes the adapter away; the gradients of A and B stay.
TEST(LoraLinear, FrozenPairCancelsTheStart)
{
    engine::CpuBackend backend(1);
    const Tensor weight = matrix(backend, {2, 3}, {1, 0, 2, 0, -1, 1});
    const engine::LinearWeights base = {.weight = weight};
    engine::LoraMatrix lora;
    lora.rank = 1;
    lora.scaling = 2.0F;
    lora.lora_a = matrix(backend, {1, 3}, {0.5F, -1.0F, 0.25F});
    lora.lora_b = matrix(backend, {2, 1}, {2.0F, -3.0F});
    lora.init_a = matrix(backend, {1, 3}, {0.5F, -1.0F, 0.25F});
    lora.init_b = matrix(backend, {2, 1}, {2.0F, -3.0F});
    const engine::LoraLinear projection = {.base = &base, .lora = &lora};
    const Tensor x = matrix(backend, {1, 3}, {1, 2, -1});
    Tensor y = backend.tensor(DType::F32, {1, 2});
    Tensor h = backend.tensor(DType::F32, {1, 1});
    Tensor u = backend.tensor(DType::F32, {2});
    Tensor pair = backend.tensor(DType::F32, {engine::pair_elements(1, 3, 2)});
    const engine::LoraScratch scratch = {.u = u, .pair = pair};
    const engine::LoraLinearForwardArgs forward = {
        .projection = projection, .x = x, .y = y, .h = h, .scratch = scratch};
    engine::lora_group_forward(backend, std::span(&forward, 1));
    EXPECT_EQ(values(y), (std::vector<float>{-1.0F, -3.0F})); // W x

    Tensor da = backend.tensor(DType::F32, {1, 3});
    Tensor dx = backend.tensor(DType::F32, {1, 3});
    const engine::LoraLinearBackwardArgs backward = {.projection = projection,
                                                     .x = x,
                                                     .h = h,
                                                     .dy = y,
                                                     .gradients = {.lora_a = da},
                                                     .dx = dx,
                                                     .scratch = scratch};
    engine::lora_group_backward(backend, std::span(&backward, 1));
    EXPECT_EQ(values(da), (std::vector<float>{14.0F, 28.0F, -14.0F})); // s B^T y x^T
    EXPECT_EQ(values(dx), (std::vector<float>{-1.0F, 3.0F, -5.0F}));   // W^T y
}

std::vector<float> product(std::span<const float> a,
                           std::span<const float> b,
                           std::int64_t rows,
                           std::int64_t inner,
                           std::int64_t columns,
                           double scale)
{
    std::vector<float> c(static_cast<std::size_t>(rows * columns));
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < inner; ++k) {
                sum += static_cast<double>(a[static_cast<std::size_t>(i * inner + k)])
                       * static_cast<double>(b[static_cast<std::size_t>(k * columns + j)]);
            }
            c[static_cast<std::size_t>(i * columns + j)] = static_cast<float>(scale * sum);
        }
    }
    return c;
}

std::vector<float> transposed(std::span<const float> a, std::int64_t rows, std::int64_t columns)
{
    std::vector<float> t(a.size());
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
            t[static_cast<std::size_t>(j * rows + i)] =
                a[static_cast<std::size_t>(i * columns + j)];
        }
    }
    return t;
}

TEST(LoraLinear, AdapterGradientsAreTheWeightGradientProjected)
{
    engine::CpuBackend backend(1);
    const engine::BaseModel model = tests::tiny_model(backend, tests::tiny_config());
    const engine::LoraConfig config = {.rank = 3, .alpha = 6.0};
    const engine::LoraAdapter adapter = tests::random_adapter(backend, model.config(), config, 5);
    const engine::MicroBatch batch = tests::random_batch({11, 6}, 50, 3);
    engine::TransformerLimits limits = tests::limits_for(batch);
    limits.weight_sink = true;
    engine::Transformer transformer(backend, model, limits, &config);
    engine::LoraGradients gradients(backend, adapter);
    (void)transformer.run(batch, {.adapter = &adapter, .gradients = &gradients});
    int seen = 0;
    const engine::WeightGradientSink sink =
        [&](std::int64_t layer, engine::Target target, engine::ConstTensorView gradient) {
            ++seen;
            const engine::LoraMatrix* lora = adapter.find(layer, target);
            ASSERT_NE(lora, nullptr);
            const auto& pair =
                gradients.pairs[static_cast<std::size_t>(lora - adapter.matrices().data())];
            const std::int64_t m = gradient.size(0);
            const std::int64_t n = gradient.size(1);
            const std::span<const float> g(gradient.data<float>(), static_cast<std::size_t>(m * n));
            const auto b_t = transposed(tests::floats_of(lora->lora_b), m, 3);
            const auto a_t = transposed(tests::floats_of(lora->lora_a), 3, n);
            EXPECT_LE(
                tests::relative_error(tests::floats_of(pair.lora_a), product(b_t, g, 3, m, n, 2.0)),
                tests::kReordered);
            EXPECT_LE(
                tests::relative_error(tests::floats_of(pair.lora_b), product(g, a_t, m, n, 3, 2.0)),
                tests::kReordered);
        };
    (void)transformer.run(
        batch, {.adapter = &adapter, .sink = &sink, .sink_targets = engine::kAllTargets});
    EXPECT_EQ(seen, 21);
}

} // namespace
