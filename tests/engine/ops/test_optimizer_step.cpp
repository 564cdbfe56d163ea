// AdamW, SGD, the gradient norm and clipping against the textbook formulas in double.
#include "engine/ops/optimizer_step.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::ops::AdamWStep;
using engine::ops::ParameterStep;

struct OptimizerStepTest : OnTestDevice<testing::Test>
{
    engine::Backend& backend = test_backend();
};

// One parameter's numbers in double, stepped by the definition.
struct ReferenceAdamW
{
    Values value, m, v;

    void
    step(const Values& grad, double rate, double decay, const AdamWStep& settings, double scale)
    {
        const double beta1 = settings.beta1;
        const double beta2 = settings.beta2;
        const auto t = static_cast<double>(settings.step);
        for (std::size_t i = 0; i < value.size(); ++i) {
            const double g = grad[i] * scale;
            m[i] = beta1 * m[i] + (1.0 - beta1) * g;
            v[i] = beta2 * v[i] + (1.0 - beta2) * g * g;
            const double mhat = m[i] / (1.0 - std::pow(beta1, t));
            const double vhat = v[i] / (1.0 - std::pow(beta2, t));
            value[i] *= 1.0 - rate * decay;
            value[i] -= rate * mhat / (std::sqrt(vhat) + static_cast<double>(settings.eps));
        }
    }
};

TEST_F(OptimizerStepTest, AdamWAgreesWithReferenceOverTenSteps)
{
    for (const std::int64_t size : kAwkwardSizes) {
        for (const DType copy_dtype : {DType::F32, DType::BF16}) {
            GuardedTensor value = random_tensor(DType::F32, {size}, 1);
            GuardedTensor m(DType::F32, {size}, Values(static_cast<std::size_t>(size), 0.0));
            GuardedTensor v(DType::F32, {size}, Values(static_cast<std::size_t>(size), 0.0));
            GuardedTensor copy(copy_dtype, {size});
            GuardedTensor scale(DType::F32, {1}, {0.5});
            ReferenceAdamW wanted = {value.values(), m.values(), v.values()};
            for (std::int64_t step = 1; step <= 10; ++step) {
                GuardedTensor grad =
                    random_tensor(DType::F32, {size}, static_cast<std::uint64_t>(100 + step));
                const AdamWStep settings = {.step = step, .grad_scale = scale.view()};
                const std::array<ParameterStep, 1> parameters = {{{.value = value.view(),
                                                                   .grad = grad.view(),
                                                                   .m = m.view(),
                                                                   .v = v.view(),
                                                                   .copy = copy.view(),
                                                                   .learning_rate = 0.01F,
                                                                   .weight_decay = 0.1F}}};
                engine::ops::adamw_step(backend, parameters, settings);
                wanted.step(grad.values(),
                            static_cast<double>(0.01F),
                            static_cast<double>(0.1F),
                            settings,
                            0.5);
            }
            expect_output("value", value, wanted.value, DType::F32);
            expect_output("m", m, wanted.m, DType::F32);
            expect_output("v", v, wanted.v, DType::F32);
            expect_output("copy", copy, wanted.value, copy_dtype);
        }
    }
}

TEST_F(OptimizerStepTest, SgdAgreesWithReference)
{
    for (const std::int64_t size : {1, 31, 33, 127, 257, 50000}) {
        GuardedTensor value = random_tensor(DType::F32, {size}, 1);
        GuardedTensor grad = random_tensor(DType::F32, {size}, 2);
        Values wanted = value.values();
        const Values gradients = grad.values();
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            wanted[i] = wanted[i] * (1.0 - 0.1 * 0.5) - 0.1 * 2.0 * gradients[i];
        }
        const std::array<ParameterStep, 1> parameters = {{{.value = value.view(),
                                                           .grad = grad.view(),
                                                           .learning_rate = 0.1F,
                                                           .weight_decay = 0.5F}}};
        GuardedTensor scale(DType::F32, {1}, {2.0});
        engine::ops::sgd_step(backend, parameters, scale.view());
        expect_output("value", value, wanted, DType::F32);
    }
}

TEST_F(OptimizerStepTest, WithoutAScaleGradientsAreTakenAsTheyAre)
{
    GuardedTensor value(DType::F32, {1}, {1.0});
    GuardedTensor grad(DType::F32, {1}, {0.25});
    const std::array<ParameterStep, 1> parameters = {
        {{.value = value.view(), .grad = grad.view(), .learning_rate = 0.5F}}};
    engine::ops::sgd_step(backend, parameters);
    EXPECT_EQ(value.values()[0], 0.875);
}

TEST_F(OptimizerStepTest, AScaleThatIsNanChangesNothing)
{
    GuardedTensor value = random_tensor(DType::F32, {300}, 1);
    GuardedTensor grad = random_tensor(DType::F32, {300}, 2);
    GuardedTensor m = random_tensor(DType::F32, {300}, 3);
    GuardedTensor v = random_tensor(DType::F32, {300}, 4);
    GuardedTensor copy = random_tensor(DType::F32, {300}, 5);
    GuardedTensor scale(DType::F32, {1}, {std::numeric_limits<double>::quiet_NaN()});
    const std::array<ParameterStep, 1> parameters = {{{.value = value.view(),
                                                       .grad = grad.view(),
                                                       .m = m.view(),
                                                       .v = v.view(),
                                                       .copy = copy.view(),
                                                       .learning_rate = 0.1F,
                                                       .weight_decay = 0.1F}}};
    const std::array<Values, 4> before = {value.values(), m.values(), v.values(), copy.values()};
    engine::ops::adamw_step(backend, parameters, {.grad_scale = scale.view()});
    engine::ops::sgd_step(backend, parameters, scale.view());
    EXPECT_EQ(value.values(), before[0]);
    EXPECT_EQ(m.values(), before[1]);
    EXPECT_EQ(v.values(), before[2]);
    EXPECT_EQ(copy.values(), before[3]);
}

// What grad_scale() writes for gradients of norm 5 and these losses.
struct Scaled
{
    double norm;
    double scale;
};

Scaled scale_of_norm_five(engine::Backend& backend, double max_grad_norm, const Values& losses)
{
    GuardedTensor three(DType::F32, {1}, {3.0});
    GuardedTensor four(DType::F32, {2}, {0.0, -4.0});
    GuardedTensor loss(DType::F32, {static_cast<std::int64_t>(losses.size())}, losses);
    GuardedTensor norm(DType::F32, {1});
    GuardedTensor scale(DType::F32, {1});
    const std::array<ParameterStep, 2> parameters = {{{.value = three.view(), .grad = three.view()},
                                                      {.value = four.view(), .grad = four.view()}}};
    engine::ops::GradScaleArgs args = {.parameters = parameters,
                                       .max_grad_norm = max_grad_norm,
                                       .grad_norm = norm.view(),
                                       .grad_scale = scale.view()};
    if (!losses.empty()) {
        args.losses = loss.view();
    }
    engine::ops::grad_scale(backend, args);
    EXPECT_TRUE(norm.guards_unharmed() && scale.guards_unharmed());
    return {norm.values()[0], scale.values()[0]};
}

TEST_F(OptimizerStepTest, GradScaleClipsToTheLargestNorm)
{
    const Scaled clipped = scale_of_norm_five(backend, 1.0, {});
    EXPECT_EQ(clipped.norm, 5.0);
    EXPECT_EQ(clipped.scale, static_cast<double>(static_cast<float>(1.0 / (5.0 + 1e-6))));
    EXPECT_EQ(scale_of_norm_five(backend, 6.0, {}).scale, 1.0); // never scaled up
    EXPECT_EQ(scale_of_norm_five(backend, 0.0, {1.0, 2.0}).scale, 1.0);
}

TEST_F(OptimizerStepTest, GradScaleIsNanForWhatIsNotFinite)
{
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(std::isnan(scale_of_norm_five(backend, 1.0, {2.0, infinity}).scale));
    EXPECT_TRUE(std::isnan(scale_of_norm_five(backend, 0.0, {NAN, 2.0}).scale));
    EXPECT_EQ(scale_of_norm_five(backend, 0.0, {NAN}).norm, 5.0);
    GuardedTensor grad(DType::F32, {3}, {1.0, -infinity, 2.0});
    GuardedTensor norm(DType::F32, {1});
    GuardedTensor scale(DType::F32, {1});
    const std::array<ParameterStep, 1> parameters = {{{.value = grad.view(), .grad = grad.view()}}};
    engine::ops::grad_scale(backend,
                            {.parameters = parameters,
                             .max_grad_norm = 1.0,
                             .grad_norm = norm.view(),
                             .grad_scale = scale.view()});
    EXPECT_EQ(norm.values()[0], infinity);
    EXPECT_TRUE(std::isnan(scale.values()[0]));
}

TEST_F(OptimizerStepTest, SumOfSquaresIsExactInDoubleAndFreeOfTheThreadCount)
{
    GuardedTensor large = random_tensor(DType::F32, {100003}, 1);
    GuardedTensor small = random_tensor(DType::F32, {7}, 2);
    double wanted = 0.0;
    for (const double value : large.values()) {
        wanted += value * value;
    }
    for (const double value : small.values()) {
        wanted += value * value;
    }
    const std::array<ParameterStep, 2> parameters = {
        {{.value = large.view(), .grad = large.view()},
         {.value = small.view(), .grad = small.view()}}};
    const double with_two = engine::ops::sum_of_squares(backend, parameters);
    EXPECT_NEAR(with_two, wanted, wanted * 1e-12);
    LOWRANK_NEEDS_HOST_MEMORY();
    engine::CpuBackend one(1);
    EXPECT_EQ(engine::ops::sum_of_squares(one, parameters), with_two);
}

TEST_F(OptimizerStepTest, RefusesBadArguments)
{
    GuardedTensor value(DType::F32, {4});
    GuardedTensor other(DType::F32, {5});
    const std::array<ParameterStep, 1> uneven = {{{.value = value.view(), .grad = other.view()}}};
    const std::array<ParameterStep, 1> no_moments = {
        {{.value = value.view(), .grad = value.view()}}};
    const std::array<ParameterStep, 1> good = {
        {{.value = value.view(), .grad = value.view(), .m = value.view(), .v = value.view()}}};
    expect_refusal("sgd_step", [&] { engine::ops::sgd_step(backend, uneven); });
    expect_refusal("sgd_step", [&] { engine::ops::sgd_step(backend, good, other.view()); });
    expect_refusal("grad_scale", [&] { engine::ops::grad_scale(backend, {.parameters = good}); });
    expect_refusal("adamw_step", [&] { engine::ops::adamw_step(backend, no_moments, {}); });
    expect_refusal("adamw_step", [&] { engine::ops::adamw_step(backend, good, {.step = 0}); });
}

} // namespace

} // namespace lowrank_test
