// The estimate against the measured peak of the real program, and the choice of the micro-batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tensor/cpu_backend.h"
#include "engine/train/memory_estimate.h"
#include "engine/train/run_setup.h"
#include "tests/support/child_process.h"
#include "tests/support/sanitizer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using engine::TrainConfig;

constexpr double kTolerance = 0.10; // of the measured peak: the product's promise

struct Case
{
    const char* name;
    Json changes;
};

class EstimateAgainstPeak : public testing::TestWithParam<Case>
{};

// A model large enough that what is estimated is most of the process.
TEST_P(EstimateAgainstPeak, IsWithinTenPercent)
{
    if (tests::kSanitizer) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    tests::TemporaryFolder folder;
    tests::write_tiny_model(folder.path() / "model", 512, 4);
    tests::write_tiny_data(folder.path() / "data.jsonl", 200);
    Json settings = {{"seq_len", 256},
                     {"micro_batch_size", 8},
                     {"grad_accum_steps", 1},
                     {"max_steps", 2},
                     {"save_every", 0},
                     {"sample_prompts", {"say 1:"}}};
    settings.update(GetParam().changes);
    const fs::path run = tests::make_run(folder.path(), "run", settings);
    tests::ChildProcess estimate(
        {LOWRANK_PROGRAM, "estimate", (run / "run.json").string(), "--json"});
    std::string text;
    while (const auto line = estimate.line()) {
        text += *line;
    }
    ASSERT_EQ(estimate.wait(), 0);
    const Json estimated = engine::value_or_throw(engine::parse_json(text, "estimate"));
    const auto total = estimated["total_bytes"].get<double>();

    tests::ChildProcess worker({LOWRANK_PROGRAM, "worker"});
    worker.send(engine::to_line(engine::Json{{"command", "train"}, {"run_dir", run.string()}}));
    const Json finished = worker.wait_for("finished");
    ASSERT_FALSE(finished.is_null());
    const auto peak = finished["peak_memory"].get<double>();
    RecordProperty("estimated_bytes", std::to_string(total));
    RecordProperty("peak_bytes", std::to_string(peak));
    EXPECT_NEAR(total, peak, kTolerance * peak) << estimated["terms"].dump(1);
}

INSTANTIATE_TEST_SUITE_P(
    Runs,
    EstimateAgainstPeak,
    testing::Values(Case{"lora", Json::object()},
                    Case{"bf16", {{"dtype", "bf16"}}},
                    Case{"nf4", {{"base_quant", "nf4"}}},
                    Case{"int8", {{"base_quant", "int8"}, {"dtype", "bf16"}}},
                    Case{"checkpointing", {{"grad_checkpointing", true}}},
                    Case{"budget", {{"activation_budget", 140}}},
                    Case{"one_row", {{"micro_batch_size", 1}}},
                    Case{"half_full", {{"micro_batch_size", 32}, {"max_steps", 4}}},
                    Case{"unpacked", {{"packing", false}, {"max_steps", 25}}},
                    Case{"unpacked_bf16", {{"packing", false}, {"dtype", "bf16"}}},
                    Case{"lora_ga", {{"init", "lora-ga"}, {"rslora", true}}},
                    Case{"full", {{"method", "full"}}}),
    [](const auto& test) { return test.param.name; });

// Micro-batches without a free place or a masked token.
engine::BatchExtent full_rows(const TrainConfig& config)
{
    const std::int64_t tokens = config.micro_batch_size * config.seq_len;
    return {.tokens = tokens, .targets = tokens, .longest = config.seq_len};
}

class ActivationBudget : public testing::Test
{
protected:
    // The arena's bytes under a budget in MiB.
    std::int64_t bytes(std::int64_t budget)
    {
        TrainConfig config;
        config.seq_len = 512;
        config.micro_batch_size = 64;
        config.activation_budget = budget;
        const engine::TransformerLimits limits =
            engine::training_limits(m_backend, config, m_model, full_rows(config));
        m_kept = limits.kept_layers;
        return engine::Transformer::arena_bytes(
            m_backend, m_model, config.dtype, limits, &config.lora);
    }

    engine::CpuBackend m_backend{1};
    engine::ModelConfig m_model = [] {
        engine::ModelConfig model = tests::tiny_config();
        model.num_layers = 12;
        model.sliding_window.assign(12, 0);
        return model;
    }();
    std::int64_t m_kept = 0;
};

TEST_F(ActivationBudget, KeepsAsManyBlocksAsFit)
{
    constexpr std::int64_t kMebi = 1 << 20;
    const std::int64_t all = bytes(0);
    const std::int64_t least = bytes(1);
    EXPECT_EQ(m_kept, 0); // the budget is below what there must be
    ASSERT_LT(least, all - kMebi);
    EXPECT_EQ(bytes(all / kMebi + 1), all);
    EXPECT_EQ(m_kept, m_model.num_layers);
    std::int64_t kept_before = 0;
    for (std::int64_t budget = least / kMebi + 1; budget * kMebi < all; ++budget) {
        EXPECT_LE(bytes(budget), budget * kMebi);
        EXPECT_GE(m_kept, kept_before);
        kept_before = m_kept;
    }
    EXPECT_GT(kept_before, 0); // something between all and none was met
    EXPECT_LT(kept_before, m_model.num_layers);
}

class ChooseMicroBatch : public testing::Test
{
protected:
    engine::EstimateInputs inputs(std::int64_t available_bytes) const
    {
        engine::EstimateInputs result;
        result.model = &m_model;
        result.memory.available_bytes = available_bytes;
        result.extent = full_rows;
        return result;
    }

    engine::CpuBackend m_backend{1};
    engine::ModelConfig m_model = tests::tiny_config();
    TrainConfig m_config = [] {
        TrainConfig config;
        config.seq_len = 64;
        return config;
    }();
};

TEST_F(ChooseMicroBatch, TakesTheEffectiveBatchWhenThereIsRoom)
{
    EXPECT_TRUE(engine::choose_micro_batch(m_backend, m_config, inputs(1LL << 40)).fits);
    EXPECT_EQ(m_config.micro_batch_size, 16);
    EXPECT_EQ(m_config.grad_accum_steps, 1);
}

TEST_F(ChooseMicroBatch, HalvesUntilItFits)
{
    m_config.micro_batch_size = 2;
    m_config.grad_accum_steps = 1;
    const std::int64_t two = engine::estimate_memory(m_backend, m_config, inputs(0)).total_bytes;
    m_config.micro_batch_size = 0;
    m_config.grad_accum_steps = 0;
    const auto estimate = engine::choose_micro_batch(m_backend, m_config, inputs(two + two / 8));
    EXPECT_TRUE(estimate.fits);
    EXPECT_EQ(m_config.micro_batch_size, 2);
    EXPECT_EQ(m_config.grad_accum_steps, 8);
}

TEST_F(ChooseMicroBatch, SaysSoWhenNothingFits)
{
    const auto estimate = engine::choose_micro_batch(m_backend, m_config, inputs(1000));
    EXPECT_FALSE(estimate.fits);
    EXPECT_EQ(m_config.micro_batch_size, 1);
    const engine::Error error = engine::does_not_fit({}, m_config, estimate);
    EXPECT_EQ(engine::exit_code(error.code), 4);
    EXPECT_FALSE(error.hint.empty());
}

TEST_F(ChooseMicroBatch, MappedWeightsCountWhole)
{
    m_config.micro_batch_size = 1;
    m_config.grad_accum_steps = 1;
    engine::EstimateInputs mapped = inputs(1LL << 30);
    mapped.base.mapped_bytes = 1LL << 29;
    EXPECT_TRUE(engine::estimate_memory(m_backend, m_config, mapped).fits);
    mapped.base.mapped_bytes = 1LL << 30;
    EXPECT_FALSE(engine::estimate_memory(m_backend, m_config, mapped).fits);
}

TEST_F(ChooseMicroBatch, StatedSizesAreLeftAlone)
{
    m_config.micro_batch_size = 3;
    m_config.grad_accum_steps = 5;
    (void)engine::choose_micro_batch(m_backend, m_config, inputs(1LL << 40));
    EXPECT_EQ(m_config.micro_batch_size, 3);
    EXPECT_EQ(m_config.grad_accum_steps, 5);
}

TEST_F(ChooseMicroBatch, ASmallerMicroBatchKeepsTheRowsOfAStep)
{
    m_config.micro_batch_size = 6;
    m_config.grad_accum_steps = 2;
    for (const auto& [rows, accumulation] : {std::pair(3, 4), std::pair(1, 12)}) {
        ASSERT_TRUE(engine::take_smaller_micro_batch(m_config));
        EXPECT_EQ(m_config.micro_batch_size, rows);
        EXPECT_EQ(m_config.grad_accum_steps, accumulation);
    }
    EXPECT_FALSE(engine::take_smaller_micro_batch(m_config));
    EXPECT_EQ(m_config.micro_batch_size, 1);
    EXPECT_EQ(m_config.grad_accum_steps, 12);
}

TEST_F(ChooseMicroBatch, TotalIsTheSumOfTheTerms)
{
    m_config.micro_batch_size = 2;
    m_config.grad_accum_steps = 1;
    const auto estimate = engine::estimate_memory(m_backend, m_config, inputs(0));
    std::int64_t sum = 0;
    for (const engine::MemoryTerm& term : estimate.terms) {
        EXPECT_GT(term.bytes, 0) << term.name;
        sum += term.bytes;
    }
    EXPECT_EQ(sum, estimate.total_bytes);
}

// The evaluation's rows are built once, and joined for every size.
TEST(BatchExtentOfAPlan, IsThatOfTheBatchesThemselves)
{
    const tests::TemporaryFolder folder;
    tests::write_tiny_workspace(folder.path());
    TrainConfig config =
        engine::value_or_throw(TrainConfig::from_json(tests::tiny_settings(folder.path())));
    config.eval_data = "0.5";
    config.packing = false;
    engine::RunPlan plan =
        engine::value_or_throw(engine::plan_run(config, {}, [](const engine::TrainEvent&) {}));
    ASSERT_EQ(plan.eval_rows.size(), 12U);
    for (const std::int64_t rows : {1, 5, 12, 64}) {
        config.micro_batch_size = rows;
        const engine::BatchExtent wanted = engine::joined(
            plan.loader->extent(rows, config.grad_accum_steps, {.max_steps = config.max_steps}),
            engine::extent_of(
                engine::evaluation_batches(plan.inputs->eval, engine::batch_config(config))));
        const engine::BatchExtent found = engine::batch_extent(config, plan);
        EXPECT_EQ(found.tokens, wanted.tokens) << rows;
        EXPECT_EQ(found.targets, wanted.targets) << rows;
        EXPECT_EQ(found.longest, wanted.longest) << rows;
    }
}

} // namespace
