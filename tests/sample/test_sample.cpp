// The sample: the program that writes its text, and the files that ship.
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "engine/data/dataset.h"
#include "engine/model/base_model.h"
#include "engine/tokenizer/tokenizer.h"
#include "resources/sample/maker/story_writer.h"
#include "tests/support/test_data.h"

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 4'000'000; // bytes; what a repository keeps comfortably

fs::path sample_folder()
{
    return tests::test_data().parent_path().parent_path() / "resources/sample";
}

engine::Dataset read(const std::string& name)
{
    return engine::value_or_throw(engine::read_dataset(sample_folder() / "data" / name));
}

TEST(SampleWriter, TheSameSeedWritesTheSameText)
{
    sample::StoryWriter first(7);
    sample::StoryWriter second(7);
    sample::StoryWriter other(8);
    std::string text;
    std::string other_text;
    for (int i = 0; i < 50; ++i) {
        const sample::Turn turn = first.story(sample::Recall::Often);
        EXPECT_EQ(turn.assistant, second.story(sample::Recall::Often).assistant);
        text += turn.assistant;
        other_text += other.story(sample::Recall::Often).assistant;
    }
    EXPECT_NE(text, other_text);
}

TEST(SampleWriter, FactsAreInTheirSentence)
{
    sample::StoryWriter writer(3);
    for (int i = 0; i < 500; ++i) {
        const sample::Fact fact = writer.fact(i % 2 == 0);
        std::istringstream lines(fact.output);
        for (const std::string key : {"Who? ", "What? "}) {
            std::string line;
            std::getline(lines, line);
            ASSERT_EQ(line.rfind(key, 0), 0U) << fact.output;
            EXPECT_THAT(fact.input, HasSubstr(line.substr(key.size())));
        }
    }
}

TEST(SampleWriter, AnswersFollowFromTheirQuestion)
{
    sample::StoryWriter writer(4);
    for (int i = 0; i < 500; ++i) {
        const sample::Question question = writer.question(i % 2 == 0);
        const std::string& asked = question.turn.user;
        const std::string& answer = question.turn.assistant;
        const std::string middle = " had the "; // "Mara had the red lamp."
        const std::size_t at = answer.find(middle);
        ASSERT_NE(at, std::string::npos) << answer;
        EXPECT_THAT(asked, HasSubstr(answer.substr(0, at)));
        const std::size_t thing = at + middle.size();
        EXPECT_THAT(asked, HasSubstr(answer.substr(thing, answer.size() - thing - 1)));
    }
}

TEST(SampleFiles, EveryRowIsAcceptedAndHeldOutRowsAreNew)
{
    for (const std::string task : {"facts", "questions"}) {
        const engine::Dataset train = read(task + ".jsonl");
        const engine::Dataset held_out = read(task + "_heldout.jsonl");
        EXPECT_EQ(train.records.size(), 2000U);
        EXPECT_EQ(held_out.records.size(), 100U);
        EXPECT_EQ(train.refused + held_out.refused, 0);
        std::set<std::string> prompts;
        for (const engine::Record& record : train.records) {
            prompts.insert(record.messages.front().content);
        }
        for (const engine::Record& record : held_out.records) {
            EXPECT_EQ(prompts.count(record.messages.front().content), 0U)
                << record.messages.front().content;
        }
    }
}

TEST(SampleFiles, HeldOutNamesAreUnknownToTheTrainingRows)
{
    for (const engine::Record& record : read("facts.jsonl").records) {
        for (const char* name :
             {"Lucy", "Henry", "Alma", "Theo", "Wanda", "Bruno", "Celia", "David"}) {
            EXPECT_THAT(record.messages.back().content, Not(HasSubstr(name)));
        }
    }
}

TEST(SampleFiles, TheModelAndItsTokenizerLoadAndAgree)
{
    const fs::path folder = sample_folder() / "model";
    const auto tokenizer = engine::value_or_throw(engine::Tokenizer::load(folder));
    auto backend = engine::value_or_throw(engine::make_backend(engine::Device{}));
    const auto model = engine::value_or_throw(engine::BaseModel::load(*backend, folder));
    EXPECT_EQ(model.config().vocab_size, tokenizer.vocab_size());
    EXPECT_GE(model.config().parameter_count(), 1'000'000);
    EXPECT_LE(model.config().parameter_count(), 4'000'000);
    for (const engine::Record& record : read("questions_heldout.jsonl").records) {
        const std::string& text = record.messages.front().content;
        EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, false), false), text);
    }
}

TEST(SampleFiles, NoFileIsLarge)
{
    for (const auto& entry : fs::recursive_directory_iterator(sample_folder())) {
        if (entry.is_regular_file()) {
            EXPECT_LT(entry.file_size(), kLargestFile) << entry.path();
        }
    }
}

} // namespace
