// Small tokenizers of every supported kind against the ids that Hugging Face's tokenizers gives.
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/test_data.h"

namespace {

using engine::Json;
using engine::SpecialTokens;
using engine::Tokenizer;

using Ids = std::vector<std::int32_t>;

Json read_golden(const char* name)
{
    const auto path = tests::test_data() / "tokenizer" / name;
    return engine::value_or_throw(engine::read_json_file(path));
}

// The tokenizer.json of a golden case: a shared model with the case's stages and options.
std::string tokenizer_json(const Json& golden, const Json& test)
{
    Json root = Json::object();
    for (const char* stage :
         {"added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
        root[stage] = test.value(stage, Json());
    }
    root["model"] = golden["models"][test["model"].get<std::string>()];
    if (test.contains("options")) {
        root["model"].update(test["options"]);
    }
    return root.dump();
}

TEST(TokenizerGolden, EveryKindGivesTheReferenceIdsAndText)
{
    const Json golden = read_golden("golden.json");
    ASSERT_GE(golden["cases"].size(), 45U);
    for (const Json& test : golden["cases"]) {
        const auto name = test["name"].get<std::string>();
        const auto tokenizer = Tokenizer::from_json(tokenizer_json(golden, test), name);
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        for (std::size_t i = 0; i < golden["texts"].size(); ++i) {
            const auto text = golden["texts"][i].get<std::string>();
            const Ids ids = test["ids"][i].get<Ids>();
            EXPECT_EQ(tokenizer->encode(text, true), ids) << name << ": \"" << text << '"';
            EXPECT_EQ(tokenizer->decode(ids, true), test["decoded"][i].get<std::string>())
                << name << ": \"" << text << '"';
        }
    }
}

TEST(TokenizerGolden, ControlTokensAsTextGiveTheReferenceIds)
{
    const Json golden = read_golden("golden.json");
    int compared = 0;
    for (const Json& test : golden["cases"]) {
        if (test["as_text"].is_null()) {
            continue;
        }
        const auto name = test["name"].get<std::string>();
        const auto tokenizer = Tokenizer::from_json(tokenizer_json(golden, test), name);
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        for (std::size_t i = 0; i < golden["texts"].size(); ++i) {
            const auto text = golden["texts"][i].get<std::string>();
            EXPECT_EQ(tokenizer->encode(text, false, SpecialTokens::AsText),
                      test["as_text"][i].get<Ids>())
                << name << ": \"" << text << '"';
            ++compared;
        }
    }
    EXPECT_GT(compared, 400);
}

TEST(BpeTrainer, LearnsTheReferenceTrainersVocabularyAndMerges)
{
    const Json golden = read_golden("trainer_golden.json");
    std::vector<std::string_view> texts;
    for (const Json& text : golden["texts"]) {
        texts.emplace_back(text.get_ref<const std::string&>());
    }
    engine::BpeTrainerOptions options;
    options.vocab_size = 420;
    options.special_tokens = {"<pad>", "<s>", "</s>"};
    const Json trained = engine::value_or_throw(engine::train_bpe(texts, options));
    EXPECT_EQ(trained["model"]["merges"], golden["merges"]);
    const auto as_map = [](const Json& vocab) {
        return vocab.get<std::map<std::string, std::int32_t>>();
    };
    EXPECT_EQ(as_map(trained["model"]["vocab"]), as_map(golden["vocab"]));
}

} // namespace
