// Batches whose right answer is readable: the examples' tokens are 100 * row + position.
#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

#include "engine/data/batch_loader.h"

namespace engine {
namespace {

// `length` tokens 100 * row + position, the first `prompt` of them masked.
Example make_example(std::int64_t row, int length, int prompt)
{
    Example example;
    example.row = row;
    for (int i = 0; i < length; ++i) {
        example.tokens.push_back(static_cast<std::int32_t>(100 * row + i));
        example.trained.push_back(i >= prompt ? 1 : 0);
    }
    return example;
}

std::vector<Example> make_examples(const std::vector<int>& lengths)
{
    std::vector<Example> examples;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        examples.push_back(make_example(static_cast<std::int64_t>(i) + 1, lengths[i], 1));
    }
    return examples;
}

BatchConfig plain_config()
{
    BatchConfig config;
    config.seq_len = 10;
    config.packing = false;
    config.shuffle = false;
    return config;
}

// Rows (as the multiset of examples' first tokens / 100) that a batch holds, in order.
std::vector<int> rows_of(const MicroBatch& batch)
{
    std::vector<int> rows;
    for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
        rows.push_back(batch.tokens[static_cast<std::size_t>(batch.offsets[s])] / 100);
    }
    return rows;
}

TEST(BatchLoaderTest, LabelsAreTheNextTokenWhereItIsTrained)
{
    BatchLoader loader({make_example(1, 4, 2)}, plain_config());
    StepBatch step;
    loader.step_batch(0, step);
    ASSERT_EQ(step.micro_batches.size(), 1U);
    const MicroBatch& batch = step.micro_batches[0];
    EXPECT_EQ(batch.tokens, (std::vector<std::int32_t>{100, 101, 102, 103}));
    // Position 0 predicts a prompt token; position 3 has no next token.
    EXPECT_EQ(batch.labels, (std::vector<std::int32_t>{-1, 102, 103, -1}));
    EXPECT_EQ(batch.positions, (std::vector<std::int32_t>{0, 1, 2, 3}));
    EXPECT_EQ(batch.offsets, (std::vector<std::int32_t>{0, 4}));
    EXPECT_EQ(batch.weights, (std::vector<float>{0.0F, 0.5F, 0.5F, 0.0F}));
    EXPECT_EQ(step.targets, 2);
    EXPECT_EQ(step.tokens, 4);
}

TEST(BatchLoaderTest, PackedNeighboursKeepTheirBordersAndPositions)
{
    BatchConfig config = plain_config();
    config.packing = true;
    BatchLoader loader(make_examples({4, 3, 2}), config);
    StepBatch step;
    loader.step_batch(0, step);
    const MicroBatch& batch = step.micro_batches[0];
    EXPECT_EQ(batch.tokens,
              (std::vector<std::int32_t>{100, 101, 102, 103, 200, 201, 202, 300, 301}));
    EXPECT_EQ(batch.labels, (std::vector<std::int32_t>{101, 102, 103, -1, 201, 202, -1, 301, -1}));
    EXPECT_EQ(batch.positions, (std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 0, 1}));
    EXPECT_EQ(batch.offsets, (std::vector<std::int32_t>{0, 4, 7, 9}));
    EXPECT_EQ(loader.rows_per_epoch(0), 1);
}

TEST(BatchLoaderTest, FirstFitFillsTheEarliestRowWithRoom)
{
    BatchConfig config = plain_config();
    config.packing = true;
    // 7 | 6 | 3 goes to the first row, 4 to the second, 2 needs a third.
    BatchLoader loader(make_examples({7, 6, 3, 4, 2}), config);
    EXPECT_EQ(loader.rows_per_epoch(0), 3);
    StepBatch step;
    std::vector<std::vector<int>> rows;
    for (int i = 0; i < 3; ++i) {
        loader.step_batch(i, step);
        rows.push_back(rows_of(step.micro_batches[0]));
    }
    EXPECT_EQ(rows, (std::vector<std::vector<int>>{{1, 3}, {2, 4}, {5}}));
}

TEST(BatchLoaderTest, LongExamplesAreCutAtTheRight)
{
    BatchConfig config = plain_config();
    config.seq_len = 3;
    BatchLoader loader({make_example(1, 8, 1)}, config);
    StepBatch step;
    loader.step_batch(0, step);
    EXPECT_EQ(step.micro_batches[0].tokens, (std::vector<std::int32_t>{100, 101, 102}));
    EXPECT_EQ(step.micro_batches[0].labels, (std::vector<std::int32_t>{101, 102, -1}));
}

TEST(BatchLoaderTest, ExamplesWithoutTargetAfterTheCutAreLeftOut)
{
    BatchConfig config = plain_config();
    config.seq_len = 4;
    // Row 1's answer starts behind the cut; row 2 has one token; row 3 trains.
    BatchLoader loader({make_example(1, 9, 5), make_example(2, 1, 0), make_example(3, 4, 1)},
                       config);
    EXPECT_EQ(loader.examples(), 1);
    StepBatch step;
    loader.step_batch(0, step);
    EXPECT_EQ(rows_of(step.micro_batches[0]), (std::vector<int>{3}));
}

TEST(BatchLoaderTest, WeightsDivideByTheTargetsOfTheWholeStep)
{
    BatchConfig config = plain_config();
    config.grad_accum_steps = 2;
    BatchLoader loader(make_examples({3, 7}), config); // 2 and 6 targets
    StepBatch step;
    loader.step_batch(0, step);
    ASSERT_EQ(step.micro_batches.size(), 2U);
    EXPECT_EQ(step.targets, 8);
    double sum = 0;
    for (const MicroBatch& batch : step.micro_batches) {
        for (const float weight : batch.weights) {
            EXPECT_TRUE(weight == 0.0F || weight == 0.125F) << weight;
            sum += weight;
        }
    }
    EXPECT_DOUBLE_EQ(sum, 1.0);
}

TEST(BatchLoaderTest, LastStepOfAnEpochIsSmallerAndTheNextEpochFollows)
{
    BatchConfig config = plain_config();
    config.micro_batch_size = 2;
    config.grad_accum_steps = 2;
    BatchLoader loader(make_examples({2, 2, 2, 2, 2}), config);
    EXPECT_EQ(loader.steps_per_epoch(0), 2);
    StepBatch step;
    loader.step_batch(1, step);
    ASSERT_EQ(step.micro_batches.size(), 1U);
    EXPECT_EQ(rows_of(step.micro_batches[0]), (std::vector<int>{5}));
    loader.step_batch(2, step);
    ASSERT_EQ(step.micro_batches.size(), 2U);
    EXPECT_EQ(rows_of(step.micro_batches[0]), (std::vector<int>{1, 2}));
    EXPECT_EQ(loader.epoch_of_step(1), 0);
    EXPECT_EQ(loader.epoch_of_step(2), 1);
    EXPECT_EQ(loader.epoch_of_step(5), 2);
}

TEST(BatchLoaderTest, AnEpochHasEveryExampleOnceAndAnotherOrderThanTheNext)
{
    std::vector<int> lengths(97);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        lengths[i] = 2 + static_cast<int>(i) % 9;
    }
    BatchConfig config = plain_config();
    config.packing = true;
    config.shuffle = true;
    config.seed = 7;
    config.micro_batch_size = 3;
    BatchLoader loader(make_examples(lengths), config);
    StepBatch step;
    std::vector<std::vector<int>> orders;
    for (int epoch = 0; epoch < 2; ++epoch) {
        std::vector<int> order;
        const std::int64_t before = epoch == 0 ? 0 : loader.steps_per_epoch(0);
        for (std::int64_t i = 0; i < loader.steps_per_epoch(epoch); ++i) {
            loader.step_batch(before + i, step);
            for (const MicroBatch& batch : step.micro_batches) {
                EXPECT_LE(batch.num_tokens(), config.micro_batch_size * config.seq_len);
                const std::vector<int> rows = rows_of(batch);
                order.insert(order.end(), rows.begin(), rows.end());
            }
        }
        EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), 97U);
        EXPECT_EQ(order.size(), 97U);
        EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
        orders.push_back(order);
    }
    EXPECT_NE(orders[0], orders[1]);
}

TEST(BatchLoaderTest, AnyStepAloneEqualsTheStepInSequence)
{
    BatchConfig config = plain_config();
    config.packing = true;
    config.shuffle = true;
    config.seed = 3;
    config.grad_accum_steps = 2;
    const std::vector<Example> examples = make_examples({2, 9, 4, 7, 3, 5, 8, 6, 2, 4, 10, 3});
    BatchLoader in_order(examples, config);
    std::vector<StepBatch> steps(12);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        in_order.step_batch(static_cast<std::int64_t>(i), steps[i]);
    }
    for (const std::int64_t step : {11, 0, 7, 3, 8}) {
        BatchLoader fresh(examples, config);
        StepBatch alone;
        fresh.step_batch(step, alone);
        const StepBatch& wanted = steps[static_cast<std::size_t>(step)];
        ASSERT_EQ(alone.micro_batches.size(), wanted.micro_batches.size());
        for (std::size_t m = 0; m < wanted.micro_batches.size(); ++m) {
            EXPECT_EQ(alone.micro_batches[m].tokens, wanted.micro_batches[m].tokens);
            EXPECT_EQ(alone.micro_batches[m].labels, wanted.micro_batches[m].labels);
            EXPECT_EQ(alone.micro_batches[m].weights, wanted.micro_batches[m].weights);
            EXPECT_EQ(alone.micro_batches[m].offsets, wanted.micro_batches[m].offsets);
        }
    }
}

TEST(BatchLoaderTest, RefillingKeepsTheVectorsMemory)
{
    BatchConfig config = plain_config();
    config.packing = true;
    config.shuffle = true;
    config.micro_batch_size = 2;
    config.grad_accum_steps = 2;
    BatchLoader loader(make_examples({5, 6, 7, 8, 9, 3, 4, 5, 6}), config);
    StepBatch step;
    std::set<const void*> homes;
    for (std::int64_t i = 0; i < 4; ++i) {
        loader.step_batch(i, step);
        for (const MicroBatch& batch : step.micro_batches) {
            homes.insert(batch.tokens.data());
        }
    }
    const std::set<const void*> known = homes;
    for (std::int64_t i = 4; i < 40; ++i) {
        loader.step_batch(i, step);
        for (const MicroBatch& batch : step.micro_batches) {
            homes.insert(batch.tokens.data());
        }
    }
    EXPECT_EQ(homes, known);
    EXPECT_EQ(homes.size(), 2U);
}

TEST(BatchLoaderTest, OtherMicroBatchesHaveTheSameRowsAndWeights)
{
    BatchConfig config = plain_config();
    config.micro_batch_size = 4;
    BatchLoader loader(make_examples({3, 5, 2, 4, 6, 3, 2, 5}), config);
    StepBatch whole;
    loader.step_batch(1, whole);
    loader.set_micro_batch(2, 2);
    StepBatch halves;
    loader.step_batch(1, halves);
    ASSERT_EQ(halves.micro_batches.size(), 2U);
    std::vector<std::int32_t> tokens;
    std::vector<float> weights;
    for (const MicroBatch& batch : halves.micro_batches) {
        tokens.insert(tokens.end(), batch.tokens.begin(), batch.tokens.end());
        weights.insert(weights.end(), batch.weights.begin(), batch.weights.end());
    }
    EXPECT_EQ(tokens, whole.micro_batches.at(0).tokens);
    EXPECT_EQ(weights, whole.micro_batches.at(0).weights);
    EXPECT_EQ(halves.targets, whole.targets);
    EXPECT_THROW(loader.set_micro_batch(3, 2), EngineError);
    EXPECT_THROW(loader.set_micro_batch(0, 4), EngineError);
}

// Against every batch of the run, packed or not, by steps or by epochs.
TEST(BatchLoaderTest, TheExtentIsThatOfTheLargestMicroBatch)
{
    for (const bool packing : {false, true}) {
        BatchConfig config = plain_config();
        config.packing = packing;
        config.seq_len = 12;
        config.shuffle = true;
        config.micro_batch_size = 2;
        config.grad_accum_steps = 3;
        BatchLoader loader(make_examples({3, 5, 2, 11, 6, 3, 2, 5, 9, 4, 7, 20, 2, 3, 8}), config);
        for (const std::int64_t max_steps : {0, 1, 7}) {
            const BatchExtent found = loader.extent(2, 3, {.max_steps = max_steps, .epochs = 2.5});
            BatchExtent wanted;
            StepBatch step;
            const std::int64_t end = max_steps > 0 ? max_steps : 3 * loader.steps_per_epoch(0);
            for (std::int64_t i = 0; i < end; ++i) {
                loader.step_batch(i, step);
                wanted = joined(wanted, extent_of(step.micro_batches));
            }
            // A part of an epoch is looked at as a whole.
            EXPECT_GE(found.tokens, wanted.tokens);
            EXPECT_GE(found.targets, wanted.targets);
            EXPECT_GE(found.longest, wanted.longest);
            if (max_steps == 0) {
                EXPECT_EQ(found.tokens, wanted.tokens);
                EXPECT_EQ(found.targets, wanted.targets);
                EXPECT_EQ(found.longest, 12);
            }
        }
    }
}

// A run without end is not looked at to its end.
TEST(BatchLoaderTest, TheExtentOfAnEndlessRunIsWhatNoOrderExceeds)
{
    for (const bool packing : {false, true}) {
        BatchConfig config = plain_config();
        config.packing = packing;
        config.seq_len = 12;
        BatchLoader loader(make_examples({3, 5, 2, 11, 6, 20}), config);
        const BatchExtent found = loader.extent(2, 1, {.max_steps = 1'000'000'000'000});
        EXPECT_EQ(found.tokens, packing ? 24 : 12 + 11);
        EXPECT_EQ(found.longest, 12);
        const BatchExtent some = loader.extent(2, 1, {.max_steps = 60});
        EXPECT_GE(found.tokens, some.tokens);
        EXPECT_GE(found.targets, some.targets);
    }
}

TEST(BatchLoaderTest, MicroBatchesMayChangeBeforeTheFirstStep)
{
    BatchConfig config = plain_config();
    config.micro_batch_size = 1;
    BatchLoader loader(make_examples({3, 5, 2, 4}), config);
    (void)loader.extent(4, 1, {.max_steps = 1});
    loader.set_micro_batch(4, 1);
    StepBatch step;
    loader.step_batch(0, step);
    EXPECT_EQ(step.micro_batches.size(), 1U);
    EXPECT_EQ(step.tokens, 14);
    EXPECT_THROW(loader.set_micro_batch(1, 1), EngineError);
}

TEST(BatchLoaderTest, ImpossibleConfigsThrow)
{
    BatchConfig config = plain_config();
    config.micro_batch_size = 0;
    EXPECT_THROW(BatchLoader({}, config), EngineError);
    config = plain_config();
    config.seq_len = 1;
    EXPECT_THROW(BatchLoader({}, config), EngineError);
    BatchLoader empty({}, plain_config());
    EXPECT_EQ(empty.steps_per_epoch(0), 0);
    StepBatch step;
    EXPECT_THROW(empty.step_batch(0, step), EngineError);
}

TEST(EvaluationBatchesTest, EveryExampleOnceAndLossesAddUpToTheMean)
{
    BatchConfig config = plain_config();
    config.micro_batch_size = 2;
    config.shuffle = true; // is ignored
    const std::vector<Example> examples = make_examples({3, 4, 5});
    const std::vector<MicroBatch> batches = evaluation_batches(examples, config);
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(rows_of(batches[0]), (std::vector<int>{1, 2}));
    EXPECT_EQ(rows_of(batches[1]), (std::vector<int>{3}));
    double sum = 0;
    for (const MicroBatch& batch : batches) {
        sum += std::accumulate(batch.weights.begin(), batch.weights.end(), 0.0);
    }
    EXPECT_NEAR(sum, 1.0, 1e-6);
    EXPECT_TRUE(evaluation_batches({}, config).empty());
}

TEST(TokenStatisticsTest, CountsCutsMasksAndThePercentile)
{
    std::vector<Example> examples;
    for (int i = 1; i <= 20; ++i) {
        examples.push_back(make_example(i, i, 1)); // i tokens, i - 1 targets
    }
    const TokenStatistics all = token_statistics(examples, 100);
    EXPECT_EQ(all.examples, 20);
    EXPECT_EQ(all.tokens, 210);
    EXPECT_EQ(all.targets, 190);
    EXPECT_EQ(all.cut, 0);
    EXPECT_EQ(all.fully_masked, 1); // the example of one token
    EXPECT_EQ(all.longest, 20);
    EXPECT_EQ(all.percentile_95, 19); // 19 of 20 examples are no longer
    const TokenStatistics cut = token_statistics(examples, 10);
    EXPECT_EQ(cut.cut, 10);
    EXPECT_EQ(cut.tokens, 55 + 100);
    EXPECT_EQ(cut.longest, 20);
    EXPECT_EQ(token_statistics({}, 10).percentile_95, 0);
}

} // namespace
} // namespace engine
