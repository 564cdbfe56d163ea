// Token embedding and the gradient of its table.
#include "engine/ops/embedding.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

class EmbeddingTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(EmbeddingTest);

const std::vector<std::int32_t> kIds = {3, 0, 3, 6, 1};

TEST_P(EmbeddingTest, RowsAreTheTables)
{
    for (const std::int64_t hidden : kAwkwardSizes) {
        for (const DType output : {DType::F32, DType::BF16}) {
            GuardedTensor table = random_tensor(dtype, {7, hidden}, 1);
            GuardedTensor y(output, {5, hidden});
            engine::ops::embedding_forward(backend, view_of(kIds), table.view(), y.view());
            const Values values = table.values();
            Values wanted;
            for (const std::int32_t id : kIds) {
                const auto begin = values.begin() + id * hidden;
                wanted.insert(wanted.end(), begin, begin + hidden);
            }
            expect_output("y", y, wanted, output);
        }
    }
}

TEST_P(EmbeddingTest, BackwardAddsRowsOfTheSameId)
{
    for (const std::int64_t hidden : kAwkwardSizes) {
        GuardedTensor dy = random_tensor(dtype, {5, hidden}, 1);
        GuardedTensor dtable = random_tensor(DType::F32, {7, hidden}, 2);
        Values wanted = dtable.values();
        const Values upstream = dy.values();
        for (std::size_t row = 0; row < kIds.size(); ++row) {
            for (std::int64_t i = 0; i < hidden; ++i) {
                wanted[static_cast<std::size_t>(kIds[row] * hidden + i)] +=
                    upstream[row * static_cast<std::size_t>(hidden) + static_cast<std::size_t>(i)];
            }
        }
        engine::ops::embedding_backward(backend, view_of(kIds), dy.view(), dtable.view());
        expect_output("dtable", dtable, wanted, DType::F32);
    }
}

// Exactly: float32 numbers added to the table one after the other. Ids that come once, that repeat
// much, the smallest and the largest of a vocabulary wider than there are rows.
TEST_P(EmbeddingTest, BackwardAddsManyRowsInTheirOrder)
{
    constexpr std::int64_t kRows = 700;
    constexpr std::int32_t kVocab = 1000;
    for (const std::int64_t hidden : {33, 300}) {
        GuardedTensor dy = random_tensor(dtype, {kRows, hidden}, 1);
        GuardedTensor dtable = random_tensor(DType::F32, {kVocab, hidden}, 2);
        const Values before = dtable.values();
        const Values upstream = dy.values();
        std::vector<float> sums(before.begin(), before.end());
        std::vector<std::int32_t> ids;
        engine::Random random(3);
        for (std::int64_t row = 0; row < kRows; ++row) {
            const bool often = row % 3 == 0;
            const auto any = static_cast<std::int32_t>(random.below(kVocab));
            ids.push_back(often ? (row % 2 == 0 ? 0 : kVocab - 1) : any);
            for (std::int64_t c = 0; c < hidden; ++c) {
                sums[static_cast<std::size_t>(ids.back() * hidden + c)] +=
                    static_cast<float>(upstream[static_cast<std::size_t>(row * hidden + c)]);
            }
        }
        poison_scratch();
        engine::ops::embedding_backward(backend, view_of(ids), dy.view(), dtable.view());
        EXPECT_EQ(dtable.values(), Values(sums.begin(), sums.end()));
        EXPECT_TRUE(dtable.guards_unharmed());
    }
}

TEST_P(EmbeddingTest, RefusesIdsOutsideTheTable)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    GuardedTensor table(dtype, {7, 4});
    GuardedTensor gradient(DType::F32, {7, 4});
    GuardedTensor y(dtype, {1, 4});
    for (const std::int32_t id : {-1, 7}) {
        const std::vector<std::int32_t> ids = {id};
        expect_refusal("embedding_forward", [&] {
            engine::ops::embedding_forward(backend, view_of(ids), table.view(), y.view());
        });
        expect_refusal("embedding_backward", [&] {
            engine::ops::embedding_backward(backend, view_of(ids), y.view(), gradient.view());
        });
    }
}

} // namespace

} // namespace lowrank_test
