// Projections that share one read of their input: the same outputs and gradients as one by one.
#include "engine/model/lora_group.h"
#include "engine/model/stacked_tensors.h"
#include "engine/ops/elementwise.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::LoraLinearBackwardArgs;
using engine::LoraLinearForwardArgs;
using engine::LoraMatrix;
using engine::Tensor;

constexpr std::int64_t kRows = 9;
constexpr std::int64_t kIn = 12;
constexpr std::int64_t kOut[] = {10, 6, 7};
constexpr std::int64_t kRank[] = {3, 1, 4};

// q, k and v of one layer, with any of them adapted.
class Projections
{
public:
    Projections(engine::Backend& backend, DType dtype, const std::vector<int>& adapted)
        : m_backend(backend)
        , m_dtype(dtype)
    {
        for (const int i : adapted) {
            m_lora[i].target = engine::kAllTargets[static_cast<std::size_t>(i)];
            m_lora[i].rank = kRank[i];
            m_lora[i].in_features = kIn;
            m_lora[i].scaling = 0.5F + static_cast<float>(i);
        }
        for (int i = 0; i < 3; ++i) {
            m_weight.push_back(random(dtype, {kOut[i], kIn}, 10 + i));
            m_bias.push_back(random(dtype, {kOut[i]}, 20 + i));
            m_base[i] = {.weight = m_weight[static_cast<std::size_t>(i)],
                         .bias = m_bias[static_cast<std::size_t>(i)]};
        }
        fill_adapters();
        m_x = random(dtype, {kRows, kIn}, 1);
        m_h = tensor(dtype, {kRows * 8});
        m_u = tensor(dtype, {kRows * 8});
    }

    std::vector<LoraLinearForwardArgs> forward_args(std::vector<Tensor>& y)
    {
        std::vector<LoraLinearForwardArgs> members;
        for (int i = 0; i < 3; ++i) {
            y.push_back(tensor(m_dtype, {kRows, kOut[i]}));
            members.push_back({.projection = projection(i),
                               .x = m_x,
                               .y = y.back(),
                               .h = h(i),
                               .scratch = {.u = m_u}});
        }
        return members;
    }

    // As a pass does it, only the adapted ones are told whether to accumulate.
    std::vector<LoraLinearBackwardArgs> backward_args(engine::TensorView dx, bool accumulate)
    {
        std::vector<LoraLinearBackwardArgs> members;
        for (int i = 0; i < 3; ++i) {
            m_dy.push_back(random(m_dtype, {kRows, kOut[i]}, 40 + i));
            engine::LinearGradients gradients;
            if (m_lora[i].rank > 0) {
                gradients = {.lora_a = m_da[i], .lora_b = m_db[i], .accumulate = accumulate};
            }
            members.push_back({.projection = projection(i),
                               .x = m_x,
                               .h = h(i),
                               .dy = m_dy.back(),
                               .gradients = gradients,
                               .dx = dx,
                               .scratch = {.u = m_u}});
        }
        return members;
    }

    Tensor tensor(DType dtype, engine::Shape shape) { return m_backend.tensor(dtype, shape); }

    void put_a_elsewhere(int i)
    {
        m_lora[i].lora_a = random(DType::F32, {kRank[i], kIn}, 100 + i);
        m_lora[i].lora_a_copy = random(m_dtype, {kRank[i], kIn}, 100 + i);
    }

    // dA and dB of the adapted ones, one after the other.
    std::vector<float> gradients()
    {
        std::vector<float> all;
        for (int i = 0; i < 3; ++i) {
            for (Tensor* each : {&m_da[i], &m_db[i]}) {
                if (each->defined()) {
                    const std::vector<float> values = floats_on(each->view());
                    all.insert(all.end(), values.begin(), values.end());
                }
            }
        }
        return all;
    }

private:
    Tensor random(DType dtype, engine::Shape shape, int seed)
    {
        GuardedTensor values = random_tensor(dtype, shape, static_cast<std::uint64_t>(seed));
        Tensor result = m_backend.tensor(dtype, shape);
        engine::ops::copy(m_backend, values.view(), result);
        return result;
    }

    void fill_adapters()
    {
        std::vector<LoraMatrix*> adapted;
        std::vector<LoraMatrix> like;
        for (LoraMatrix& each : m_lora) {
            if (each.rank > 0) {
                adapted.push_back(&each);
                like.emplace_back();
                like.back().target = each.target;
                like.back().rank = each.rank;
                like.back().in_features = kIn;
            }
        }
        std::vector<Tensor> masters = stacked_like_a(m_backend, DType::F32, like, m_owners);
        std::vector<Tensor> copies = stacked_like_a(m_backend, m_dtype, like, m_owners);
        std::vector<Tensor> da = stacked_like_a(m_backend, DType::F32, like, m_owners);
        for (std::size_t k = 0; k < adapted.size(); ++k) {
            LoraMatrix& each = *adapted[k];
            const auto i = static_cast<int>(&each - m_lora);
            Tensor values = random(DType::F32, {each.rank, kIn}, 50 + i);
            each.lora_a = std::move(masters[k]);
            engine::ops::copy(m_backend, values, each.lora_a);
            each.lora_a_copy = std::move(copies[k]);
            engine::ops::copy(m_backend, values, each.lora_a_copy);
            each.lora_b = random(DType::F32, {kOut[i], each.rank}, 60 + i);
            each.lora_b_copy = random(m_dtype, {kOut[i], each.rank}, 60 + i);
            m_da[i] = std::move(da[k]);
            m_db[i] = tensor(DType::F32, {kOut[i], each.rank});
        }
    }

    engine::LoraLinear projection(int i)
    {
        return {.base = &m_base[i], .lora = m_lora[i].rank > 0 ? &m_lora[i] : nullptr};
    }

    engine::TensorView h(int i)
    {
        std::int64_t before = 0;
        for (int k = 0; k < i; ++k) {
            before += m_lora[k].rank;
        }
        const std::int64_t rank = m_lora[i].rank;
        return rank == 0 ? engine::TensorView()
                         : m_h.view()
                               .rows(kRows * before, kRows * (before + rank))
                               .reshaped({kRows, rank});
    }

    engine::Backend& m_backend;
    DType m_dtype;
    std::vector<Tensor> m_owners, m_weight, m_bias, m_dy;
    engine::LinearWeights m_base[3];
    LoraMatrix m_lora[3];
    Tensor m_x, m_h, m_u;
    Tensor m_da[3], m_db[3];
};

class LoraGroupTest : public OpTest
{
protected:
    void expect_same(const std::vector<float>& got, const std::vector<float>& wanted) const
    {
        ASSERT_EQ(got.size(), wanted.size());
        double largest = 0.0;
        for (const float each : wanted) {
            largest = std::max(largest, std::abs(static_cast<double>(each)));
        }
        ASSERT_GT(largest, 0.1);
        // One rounding of a bf16 sum may fall the other way.
        const double allowed = largest * (dtype == DType::F32 ? 1e-6 : 0.01);
        for (std::size_t i = 0; i < got.size(); ++i) {
            ASSERT_NEAR(got[i], wanted[i], allowed) << "element " << i;
        }
    }

    // Forward and backward of the group, held against each projection for itself.
    void check(Projections& together, Projections& alone)
    {
        std::vector<Tensor> y;
        std::vector<Tensor> wanted_y;
        lora_group_forward(backend, together.forward_args(y));
        for (const LoraLinearForwardArgs& each : alone.forward_args(wanted_y)) {
            lora_linear_forward(backend, each);
        }
        for (std::size_t i = 0; i < y.size(); ++i) {
            expect_same(floats_of_any(y[i]), floats_of_any(wanted_y[i]));
        }
        Tensor dx = together.tensor(dtype, {kRows, kIn});
        Tensor wanted_dx = together.tensor(dtype, {kRows, kIn});
        for (const bool accumulate : {false, true}) {
            lora_group_backward(backend, together.backward_args(dx, accumulate));
            engine::Output output = engine::Output::Write;
            for (LoraLinearBackwardArgs each : alone.backward_args(wanted_dx, accumulate)) {
                each.output = output;
                lora_linear_backward(backend, each);
                output = engine::Output::Add;
            }
            expect_same(floats_of_any(dx), floats_of_any(wanted_dx));
            expect_same(together.gradients(), alone.gradients());
        }
    }

    std::vector<float> floats_of_any(Tensor& tensor)
    {
        Tensor copy = backend.tensor(DType::F32, tensor.shape());
        engine::ops::copy(backend, tensor, copy);
        return floats_on(copy.view());
    }
};

LOWRANK_FOR_EACH_DTYPE(LoraGroupTest);

TEST_P(LoraGroupTest, AgreesWithEachProjectionForItself)
{
    for (const std::vector<int>& adapted :
         std::vector<std::vector<int>>{{0, 1, 2}, {0, 2}, {1, 2}, {1}}) {
        Projections together(backend, dtype, adapted);
        Projections alone(backend, dtype, adapted);
        check(together, alone);
    }
}

TEST_P(LoraGroupTest, AnAThatLiesElsewhereIsReadWhereItLies)
{
    Projections together(backend, dtype, {0, 1, 2});
    Projections alone(backend, dtype, {0, 1, 2});
    together.put_a_elsewhere(1);
    alone.put_a_elsewhere(1);
    check(together, alone);
}

// The A's of an adapter are neighbours, so that the above is what a model's pass does.
TEST(LoraStacks, NeighboursAreOneMatrix)
{
    engine::Backend& backend = test_backend();
    std::vector<LoraMatrix> like(3);
    like[0].target = engine::Target::KProj;
    like[1].target = engine::Target::VProj;
    like[2].target = engine::Target::GateProj;
    for (LoraMatrix& each : like) {
        each.rank = 2;
        each.in_features = 5;
    }
    std::vector<Tensor> owners;
    std::vector<Tensor> parts = stacked_like_a(backend, DType::F32, like, owners);
    ASSERT_EQ(owners.size(), 2U);
    const std::vector<engine::TensorView> beside = {parts[0], parts[1]};
    const engine::TensorView one = engine::as_one_matrix(std::span(beside));
    EXPECT_EQ(one.shape(), (engine::Shape{4, 5}));
    EXPECT_EQ(one.raw(), parts[0].view().raw());
    const std::vector<engine::TensorView> turned = {parts[1], parts[0]};
    EXPECT_FALSE(engine::as_one_matrix(std::span(turned)).defined());
    EXPECT_FALSE(engine::as_one_matrix(std::span<const engine::TensorView>()).defined());
}

} // namespace

} // namespace lowrank_test
