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
