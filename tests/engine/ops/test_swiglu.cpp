// SwiGLU forward and backward.
#include "engine/ops/swiglu.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

class SwigluTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(SwigluTest);

struct Gradients
{
    Values dgate, dup;
};

Gradients by_central_differences(GuardedTensor& dh, GuardedTensor& gate, GuardedTensor& up)
{
    const Values upstream = dh.values();
    const Values gates = gate.values();
    const Values ups = up.values();
    return {
        central_differences(
            [&](const Values& x) { return weighted_sum(reference::swiglu(x, ups), upstream); },
            gates),
        central_differences(
            [&](const Values& x) { return weighted_sum(reference::swiglu(gates, x), upstream); },
            ups)};
}

TEST_P(SwigluTest, ForwardAgreesWithReference)
{
    for (const std::int64_t width : kAwkwardSizes) {
        GuardedTensor gate = random_tensor(dtype, {3, width}, 1, 3.0);
        GuardedTensor up = random_tensor(dtype, {3, width}, 2);
        GuardedTensor h(dtype, {3, width});
        engine::ops::swiglu_forward(backend, gate.view(), up.view(), h.view());
        const Values wanted = reference::swiglu(gate.values(), up.values());
        expect_output("h", h, wanted, dtype);
        engine::ops::swiglu_forward(backend, gate.view(), up.view(), gate.view());
        expect_output("h in gate", gate, wanted, dtype);
    }
}

TEST_P(SwigluTest, ExtremeGatesStayFinite)
{
    GuardedTensor gate(dtype, {1, 4}, {200.0, -200.0, 88.0, -88.0});
    GuardedTensor up(dtype, {1, 4}, {1.0, 1.0, 1.0, 1.0});
    GuardedTensor h(dtype, {1, 4});
    engine::ops::swiglu_forward(backend, gate.view(), up.view(), h.view());
    expect_output("h", h, reference::swiglu(gate.values(), up.values()), dtype);
}

TEST_P(SwigluTest, NanStaysNan)
{
    GuardedTensor gate(dtype, {1, 1}, {std::numeric_limits<double>::quiet_NaN()});
    GuardedTensor up(dtype, {1, 1}, {1.0});
    GuardedTensor h(dtype, {1, 1}, {0.0});
    engine::ops::swiglu_forward(backend, gate.view(), up.view(), h.view());
    EXPECT_TRUE(std::isnan(h.values()[0]));
}

TEST_P(SwigluTest, BackwardAgreesWithCentralDifferences)
{
    for (const std::int64_t width : kAwkwardSizes) {
        GuardedTensor gate = random_tensor(dtype, {2, width}, 1, 2.0);
        GuardedTensor up = random_tensor(dtype, {2, width}, 2);
        GuardedTensor dh = random_tensor(dtype, {2, width}, 3);
        GuardedTensor dgate(dtype, {2, width});
        GuardedTensor dup(dtype, {2, width});
        const Gradients wanted = by_central_differences(dh, gate, up);
        engine::ops::swiglu_backward(
            backend, dh.view(), gate.view(), up.view(), dgate.view(), dup.view());
        expect_output("dgate", dgate, wanted.dgate, dtype);
        expect_output("dup", dup, wanted.dup, dtype);
        // In the inputs' own memory.
        engine::ops::swiglu_backward(
            backend, dh.view(), gate.view(), up.view(), gate.view(), up.view());
        expect_output("dgate in gate", gate, wanted.dgate, dtype);
        expect_output("dup in up", up, wanted.dup, dtype);
    }
}

TEST_P(SwigluTest, RefusesBadArguments)
{
    GuardedTensor gate(dtype, {2, 8});
    GuardedTensor up(dtype, {2, 7});
    expect_refusal("swiglu_forward", [&] {
        engine::ops::swiglu_forward(backend, gate.view(), up.view(), gate.view());
    });
    expect_refusal("swiglu_backward", [&] {
        engine::ops::swiglu_backward(
            backend, gate.view(), gate.view(), gate.view(), gate.view(), gate.view());
    });
}

} // namespace

} // namespace lowrank_test
