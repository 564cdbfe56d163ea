// LoRA-GA's frozen pair in projections of one input, against the definition in double:
// y = W x + b + s (B A - B0 A0) x.
#include <deque>
#include <optional>

#include "engine/model/lora_group.h"
#include "engine/ops/elementwise.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

using engine::LoraLinearBackwardArgs;
using engine::LoraLinearForwardArgs;
using engine::Tensor;
using reference::matmul;
using reference::MatmulSize;
using reference::zeros;

constexpr std::int64_t kTokens = 9;
constexpr std::int64_t kInputs = 33;

enum class Adapter { None, Plain, Pair };

// One projection with everything that it reads and writes.
class PairMember
{
public:
    PairMember(DType type, Adapter kind, std::int64_t outputs, std::int64_t matrix_rank, int seed)
        : out(outputs)
        , rank(kind == Adapter::None ? 0 : matrix_rank)
        , pair(kind == Adapter::Pair)
        , weight(random_tensor(type, {outputs, kInputs}, number(seed)))
        , bias(random_tensor(type, {outputs}, number(seed + 1)))
        , y(type, {kTokens, outputs})
        , dy(random_tensor(type, {kTokens, outputs}, number(seed + 2)))
        , db(DType::F32, {outputs, std::max<std::int64_t>(rank, 1)})
        , m_base{.weight = weight.view(), .bias = bias.view()}
    {
        m_lora.rank = rank;
        m_lora.in_features = kInputs;
        m_lora.scaling = 0.5F + 0.05F * static_cast<float>(seed);
        if (rank == 0) {
            return;
        }
        fill(type, {rank, kInputs}, seed + 3, m_lora.lora_a, m_lora.lora_a_copy, a);
        fill(type, {out, rank}, seed + 4, m_lora.lora_b, m_lora.lora_b_copy, b);
        a0 = zeros(rank * kInputs);
        b0 = zeros(out * rank);
        if (pair) {
            // Not far from the trained ones.
            a0 = a;
            b0 = b;
            fill(type, {rank, kInputs}, seed + 5, m_lora.init_a, m_lora.init_a_copy, a0);
            fill(type, {out, rank}, seed + 6, m_lora.init_b, m_lora.init_b_copy, b0);
        }
    }

    // The pair becomes the trained one.
    void start()
    {
        engine::Backend& backend = test_backend();
        engine::ops::copy(backend, m_lora.lora_a, m_lora.init_a);
        engine::ops::copy(backend, m_lora.lora_b, m_lora.init_b);
        engine::ops::copy(backend, m_lora.a(), m_lora.init_a_copy);
        engine::ops::copy(backend, m_lora.b(), m_lora.init_b_copy);
    }

    [[nodiscard]] engine::LoraLinear projection() const
    {
        return {.base = &m_base, .lora = rank > 0 ? &m_lora : nullptr};
    }

    [[nodiscard]] double scaling() const { return static_cast<double>(m_lora.scaling); }

    std::int64_t out;
    std::int64_t rank;
    bool pair;
    GuardedTensor weight, bias, y, dy, db;
    Values a, b, a0, b0;

private:
    static std::uint64_t number(int seed) { return static_cast<std::uint64_t>(seed); }

    // `values` and something random, less of it where there are values: numbers that the copies
    // hold exactly.
    static void
    fill(DType type, Shape shape, int seed, Tensor& master, Tensor& copy, Values& values)
    {
        engine::Backend& backend = test_backend();
        const double size = values.empty() ? 1.0 : 0.5;
        values.resize(static_cast<std::size_t>(shape.numel()));
        const Values noise = random_values(shape.numel(), number(seed), size);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] += noise[i];
        }
        GuardedTensor random(DType::BF16, shape, values);
        values = random.values();
        master = backend.tensor(DType::F32, shape);
        copy = backend.tensor(type, shape);
        engine::ops::copy(backend, random.view(), master);
        engine::ops::copy(backend, random.view(), copy);
    }

    engine::LinearWeights m_base;
    engine::LoraMatrix m_lora;
};

class LoraPairTest : public OpTest
{
protected:
    // Of a sum that is rounded after each of its terms, where the table means one rounding.
    void expect_sum(const char* what, GuardedTensor& output, const Values& wanted) const
    {
        constexpr double kRoundings = 4.0;
        const Values got = output.values();
        ASSERT_EQ(got.size(), wanted.size());
        const Deviation found = deviation(got, wanted);
        EXPECT_LE(found.nmse, kRoundings * tolerance_of(dtype).nmse) << what;
        EXPECT_LE(found.max_abs, kRoundings * tolerance_of(dtype).max_abs) << what;
        EXPECT_TRUE(output.guards_unharmed()) << what << " wrote outside its memory";
    }

    // `gap`: unused rows between the members' dA.
    void make(const std::vector<Adapter>& kinds, std::int64_t gap)
    {
        constexpr std::int64_t kOutputs[] = {10, 31, 7};
        constexpr std::int64_t kRanks[] = {3, 1, 4};
        members.clear();
        total = 0;
        std::int64_t largest_b = 0;
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            const int seed = 10 * static_cast<int>(i) + 1;
            members.emplace_back(dtype, kinds[i], kOutputs[i], kRanks[i], seed);
            total += members.back().rank;
            largest_b = std::max(largest_b, members.back().rank * kOutputs[i]);
        }
        m_gap = gap;
        const std::int64_t a_rows = total + 3 * gap;
        x.emplace(random_tensor(dtype, {kTokens, kInputs}, 99));
        h.emplace(dtype, Shape{kTokens * total});
        u.emplace(dtype, Shape{kTokens * 2 * total});
        pair.emplace(dtype, Shape{engine::pair_elements(total, kInputs, largest_b)});
        da.emplace(DType::F32, Shape{a_rows, kInputs});
        dx.emplace(dtype, Shape{kTokens, kInputs});
    }

    engine::LoraScratch scratch() { return {.u = u->view(), .pair = pair->view()}; }

    // Calls f with each member, the column of its h and the first row of its dA.
    template <typename F>
    void for_each(F f)
    {
        std::int64_t column = 0;
        std::int64_t row = 0;
        for (PairMember& each : members) {
            f(each, column, row);
            column += each.rank;
            row += each.rank + m_gap;
        }
    }

    TensorView h_of(const PairMember& member, std::int64_t column)
    {
        return h->view()
            .rows(kTokens * column, kTokens * (column + member.rank))
            .reshaped({kTokens, member.rank});
    }

    void forward()
    {
        std::vector<LoraLinearForwardArgs> args;
        for_each([&](PairMember& each, std::int64_t column, std::int64_t) {
            args.push_back({.projection = each.projection(),
                            .x = x->view(),
                            .y = each.y.view(),
                            .h = h_of(each, column),
                            .scratch = scratch()});
        });
        lora_group_forward(backend, args);
    }

    void backward(bool accumulate)
    {
        std::vector<LoraLinearBackwardArgs> args;
        for_each([&](PairMember& each, std::int64_t column, std::int64_t row) {
            engine::LinearGradients gradients;
            if (each.rank > 0) {
                gradients = {.lora_a = da->view().rows(row, row + each.rank),
                             .lora_b = each.db.view(),
                             .accumulate = accumulate};
            }
            args.push_back({.projection = each.projection(),
                            .x = x->view(),
                            .h = h_of(each, column),
                            .dy = each.dy.view(),
                            .gradients = gradients,
                            .dx = dx->view(),
                            .scratch = scratch()});
        });
        lora_group_backward(backend, args);
    }

    static void add(Values& sum, const Values& values, double factor = 1.0)
    {
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i] += factor * values[i];
        }
    }

    void check_outputs()
    {
        for (PairMember& each : members) {
            Values wanted = matmul(
                x->values(), each.weight.values(), {kTokens, each.out, kInputs, false, true});
            const Values bias = each.bias.values();
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                wanted[i] += bias[i % bias.size()];
            }
            if (each.rank > 0) {
                const MatmulSize down = {kTokens, each.rank, kInputs, false, true};
                const MatmulSize up = {kTokens, each.out, each.rank, false, true};
                add(wanted, matmul(matmul(x->values(), each.a, down), each.b, up), each.scaling());
                add(wanted,
                    matmul(matmul(x->values(), each.a0, down), each.b0, up),
                    -each.scaling());
            }
            expect_sum("y", each.y, wanted);
        }
    }

    // `times`: passes whose gradients were added up.
    void check_gradients(double times)
    {
        Values wanted_dx = zeros(kTokens * kInputs);
        const Values all_da = da->values();
        for_each([&](PairMember& each, std::int64_t, std::int64_t row) {
            const Values dy = each.dy.values();
            add(wanted_dx,
                matmul(dy, each.weight.values(), {kTokens, kInputs, each.out, false, false}));
            if (each.rank == 0) {
                return;
            }
            const MatmulSize down = {kTokens, each.rank, each.out, false, false};
            const MatmulSize up = {kTokens, kInputs, each.rank, false, false};
            const Values g = matmul(dy, each.b, down);
            add(wanted_dx, matmul(g, each.a, up), each.scaling());
            add(wanted_dx, matmul(matmul(dy, each.b0, down), each.a0, up), -each.scaling());
            Values wanted_da = zeros(each.rank * kInputs);
            add(wanted_da,
                matmul(g, x->values(), {each.rank, kInputs, kTokens, true, false}),
                times * each.scaling());
            const auto first = all_da.begin() + row * kInputs;
            expect_close("dA", Values(first, first + each.rank * kInputs), wanted_da, dtype);
            const Values hidden =
                matmul(x->values(), each.a, {kTokens, each.rank, kInputs, false, true});
            Values wanted_db = zeros(each.out * each.rank);
            add(wanted_db,
                matmul(dy, hidden, {each.out, each.rank, kTokens, true, false}),
                times * each.scaling());
            expect_output("dB", each.db, wanted_db, dtype);
        });
        expect_sum("dx", *dx, wanted_dx);
    }

    void expect_guards()
    {
        EXPECT_TRUE(h->guards_unharmed());
        EXPECT_TRUE(u->guards_unharmed());
        EXPECT_TRUE(pair->guards_unharmed());
        EXPECT_TRUE(da->guards_unharmed());
    }

    std::deque<PairMember> members;
    std::int64_t total = 0;
    std::optional<GuardedTensor> x, h, u, pair, da, dx;

private:
    std::int64_t m_gap = 0;
};

LOWRANK_FOR_EACH_DTYPE(LoraPairTest);

TEST_P(LoraPairTest, AgreesWithTheDefinition)
{
    constexpr Adapter kNone = Adapter::None;
    constexpr Adapter kPlain = Adapter::Plain;
    constexpr Adapter kPair = Adapter::Pair;
    for (const std::vector<Adapter>& kinds :
         std::vector<std::vector<Adapter>>{{kPair, kPair, kPair},
                                           {kNone, kPair, kPair},
                                           {kPair, kNone, kNone},
                                           {kPair},
                                           {kPair, kPlain, kPair},
                                           {kNone, kPlain, kPlain}}) {
        for (const std::int64_t gap : {0, 1}) {
            make(kinds, gap);
            forward();
            check_outputs();
            backward(false);
            check_gradients(1.0);
            backward(true);
            check_gradients(2.0);
            expect_guards();
        }
    }
}

// At the start outputs and input gradients are the base's, bit for bit.
TEST_P(LoraPairTest, TheStartChangesNothing)
{
    make({Adapter::Pair, Adapter::Pair, Adapter::Pair}, 0);
    for (PairMember& each : members) {
        each.start();
    }
    forward();
    backward(false);
    std::vector<Values> got;
    for (PairMember& each : members) {
        got.push_back(each.y.values());
        each.rank = 0; // the base alone
    }
    got.push_back(dx->values());
    forward();
    backward(false);
    for (std::size_t i = 0; i < members.size(); ++i) {
        EXPECT_EQ(got[i], members[i].y.values());
    }
    EXPECT_EQ(got.back(), dx->values());
}

// A block that is run again needs only h, and must find the same.
TEST_P(LoraPairTest, HiddenAloneIsTheSame)
{
    make({Adapter::Pair}, 0);
    forward();
    const Values wanted = h->values();
    make({Adapter::Pair}, 0);
    engine::lora_group_hidden(backend,
                              {.projection = members[0].projection(),
                               .x = x->view(),
                               .y = {},
                               .h = h_of(members[0], 0),
                               .scratch = scratch()});
    EXPECT_EQ(h->values(), wanted);
    expect_guards();
}

} // namespace

} // namespace lowrank_test
