// The run folder's files: lines, cutting back, leftovers, pruning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "engine/train/run_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using engine::RunFolder;
using engine::StepEvent;

StepEvent some_step(std::int64_t step)
{
    StepEvent event;
    event.step = step;
    event.loss = 0.1 + 0.2; // needs 17 digits
    event.learning_rate = 2e-4;
    event.grad_norm = 1.0 / 3.0;
    event.tokens = 1234;
    event.tokens_per_second = 1e7;
    event.epoch = 0.5;
    event.seconds = 12.25;
    event.seconds_left = 3.0;
    event.memory = 1LL << 40;
    return event;
}

TEST(StepLine, HoldsTheFieldsOfTheEventToTheLastBit)
{
    std::string line;
    engine::append_step_line(some_step(7), line);
    const Json read = engine::value_or_throw(engine::parse_json(line, "line"));
    EXPECT_EQ(read, engine::to_json(engine::TrainEvent(some_step(7))));
    EXPECT_EQ(read["loss"].get<double>(), 0.1 + 0.2);
}

TEST(StepLine, NumbersThatAreNotFiniteAreNull)
{
    StepEvent event = some_step(1);
    event.grad_norm = std::numeric_limits<double>::infinity();
    std::string line;
    engine::append_step_line(event, line);
    EXPECT_TRUE(engine::value_or_throw(engine::parse_json(line, "line"))["grad_norm"].is_null());
}

class RunFolderTest : public testing::Test
{
protected:
    tests::TemporaryFolder m_temporary;
    RunFolder m_folder{m_temporary.path()};
};

TEST_F(RunFolderTest, CutBackKeepsWholeLinesUpToTheStep)
{
    tests::write_text(m_folder.metrics(),
                      "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":1}\n{\"event\":\"eval\","
                      "\"step\":2}\n{\"step\":3,\"loss\":0.5}\n{\"step\":4,\"lo");
    ASSERT_TRUE(m_folder.cut_back(2));
    EXPECT_EQ(
        *engine::read_file(m_folder.metrics()),
        "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":1}\n{\"event\":\"eval\",\"step\":2}\n");
}

TEST_F(RunFolderTest, CutBackOfAMissingFileIsNothing)
{
    EXPECT_TRUE(m_folder.cut_back(2));
    EXPECT_FALSE(fs::exists(m_folder.metrics()));
}

TEST_F(RunFolderTest, CheckpointStepsAreNumbersInOrder)
{
    for (const char* name : {"step-10", "step-9", "step-x", "damaged-3", ".tmp-step-11"}) {
        fs::create_directories(m_folder.checkpoints() / name);
    }
    EXPECT_THAT(m_folder.checkpoint_steps(), testing::ElementsAre(9, 10));
}

TEST_F(RunFolderTest, LeftoversAreRemoved)
{
    fs::create_directories(m_folder.checkpoints() / ".tmp-step-11");
    fs::create_directories(m_folder.checkpoint(10) / "adapter.tmp-1-2");
    fs::create_directories(m_folder.checkpoint_adapter(10));
    tests::write_text(m_folder.root() / "run.json.tmp-1-2", "x");
    m_folder.remove_leftovers();
    EXPECT_FALSE(fs::exists(m_folder.checkpoints() / ".tmp-step-11"));
    EXPECT_FALSE(fs::exists(m_folder.root() / "run.json.tmp-1-2"));
    EXPECT_FALSE(fs::exists(m_folder.checkpoint(10) / "adapter.tmp-1-2"));
    EXPECT_TRUE(fs::exists(m_folder.checkpoint_adapter(10)));
}

TEST_F(RunFolderTest, PruningKeepsTheNewestAndTheBest)
{
    for (const int step : {1, 2, 3, 4, 5}) {
        fs::create_directories(m_folder.checkpoint(step));
    }
    m_folder.prune_checkpoints(2, 1);
    EXPECT_THAT(m_folder.checkpoint_steps(), testing::ElementsAre(1, 4, 5));
}

TEST_F(RunFolderTest, ConfigErrorsNameTheFile)
{
    tests::write_text(m_folder.config(), "{\"rank\": \"x\"}");
    const auto config = m_folder.read_config();
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, testing::HasSubstr("run.json"));
}

TEST_F(RunFolderTest, JournalAppendsLines)
{
    {
        auto journal = engine::value_or_throw(engine::RunJournal::open(m_folder));
        ASSERT_TRUE(journal.add(some_step(1)));
        ASSERT_TRUE(journal.add(engine::EvalEvent{1, 0.5, 1.6, true}));
        ASSERT_TRUE(journal.add(engine::SampleEvent{1, "p", "c"}));
        journal.log("hello");
    }
    auto again = engine::value_or_throw(engine::RunJournal::open(m_folder));
    ASSERT_TRUE(again.add(some_step(2)));
    const std::string metrics = *engine::read_file(m_folder.metrics());
    EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), 3);
    EXPECT_THAT(*engine::read_file(m_folder.log()), testing::EndsWith("Z hello\n"));
}

} // namespace
