// The tokenizer's edges: what is refused and how, hostile text in bounded work, text that must not
// become control tokens, the smaller files of a model folder.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "engine/core/json.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/unicode.h"

namespace {

using engine::ErrorCode;
using engine::Json;
using engine::SpecialTokens;
using engine::Tokenizer;

using Ids = std::vector<std::int32_t>;

// "a" and its doublings up to 16, "b", and "▁": enough to merge long runs in many steps.
Json letters_model()
{
    return Json::parse(R"({"type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
        "vocab": {"<unk>": 0, "a": 1, "b": 2, "▁": 3, "aa": 4, "aaaa": 5, "aaaaaaaa": 6, "ab": 7,
                  "▁▁": 8, "▁a": 9, "<s>": 10},
        "merges": ["a a", "aa aa", ["aaaa", "aaaa"], "a b", "▁ ▁", "▁ a"]})");
}

Json letters_tokenizer()
{
    Json root;
    root["added_tokens"] = Json::parse(R"([{"id": 10, "content": "<s>", "special": true}])");
    root["model"] = letters_model();
    return root;
}

engine::Result<Tokenizer> load(const Json& root)
{
    return Tokenizer::from_json(root.dump(), "test.json");
}

void expect_refused(const Json& root, ErrorCode code, const std::string& named)
{
    const auto tokenizer = load(root);
    ASSERT_FALSE(tokenizer) << named;
    EXPECT_EQ(tokenizer.error().code, code) << tokenizer.error().message;
    EXPECT_NE(tokenizer.error().message.find(named), std::string::npos)
        << tokenizer.error().message;
    EXPECT_EQ(tokenizer.error().message.rfind("test.json: ", 0), 0U) << tokenizer.error().message;
}

TEST(Tokenizer, MergesByRankAndLeftmostFirst)
{
    const Tokenizer tokenizer = engine::value_or_throw(load(letters_tokenizer()));
    // "a a" ranks before "a b": aab is aa b, and aaab is aa ab.
    EXPECT_EQ(tokenizer.encode("aab", false), (Ids{4, 2}));
    EXPECT_EQ(tokenizer.encode("aaab", false), (Ids{4, 7}));
    EXPECT_EQ(tokenizer.encode("aaa", false), (Ids{4, 1}));
    EXPECT_EQ(tokenizer.encode("aaaaaaaaaaaab", false), (Ids{6, 5, 2}));
}

TEST(Tokenizer, LongPiecesMergeAsShortOnesDo)
{
    const Tokenizer tokenizer = engine::value_or_throw(load(letters_tokenizer()));
    for (const std::size_t length : {1U, 7U, 23U, 24U, 25U, 26U, 100U, 1001U}) {
        Ids expected(length / 8, 6);
        for (const auto& [size, id] : {std::pair<std::size_t, int>{4, 5}, {2, 4}, {1, 1}}) {
            if (length % (2 * size) >= size) {
                expected.push_back(id);
            }
        }
        EXPECT_EQ(tokenizer.encode(std::string(length, 'a'), false), expected) << length;
    }
}

TEST(Tokenizer, OtherModelsAreRefusedByName)
{
    for (const char* type : {"Unigram", "WordPiece", "WordLevel"}) {
        Json root = letters_tokenizer();
        root["model"]["type"] = type;
        expect_refused(root, ErrorCode::Unsupported, type);
    }
    expect_refused(Json::parse(R"({"model": {"vocab": [["a", 0.0]], "unk_id": 0}})"),
                   ErrorCode::Unsupported,
                   "Unigram");
    expect_refused(
        Json::parse(R"({"model": {"vocab": {"a": 0}}})"), ErrorCode::Unsupported, "WordPiece");
}

TEST(Tokenizer, OtherStagesAreRefusedByName)
{
    const std::vector<std::pair<const char*, const char*>> stages = {
        {"normalizer", "Precompiled"},
        {"normalizer", "BertNormalizer"},
        {"pre_tokenizer", "BertPreTokenizer"},
        {"pre_tokenizer", "UnicodeScripts"},
        {"post_processor", "Unheard"},
        {"decoder", "WordPiece"},
        {"decoder", "CTC"},
    };
    for (const auto& [stage, type] : stages) {
        Json root = letters_tokenizer();
        root[stage]["type"] = type;
        expect_refused(root, ErrorCode::Unsupported, type);
        EXPECT_NE(load(root).error().message.find(stage), std::string::npos);
    }
    for (const auto& [key, value] : {std::pair<const char*, Json>{"dropout", 0.1},
                                     {"end_of_word_suffix", "</w>"},
                                     {"continuing_subword_prefix", "##"}}) {
        Json root = letters_tokenizer();
        root["model"][key] = value;
        expect_refused(root, ErrorCode::Unsupported, key);
    }
}

TEST(Tokenizer, BrokenFilesSayWhatIsWrong)
{
    Json root = letters_tokenizer();
    root["model"]["merges"].push_back("a z");
    expect_refused(root, ErrorCode::Format, "\"a\", \"z\"");
    root = letters_tokenizer();
    root["model"]["merges"].push_back("aa");
    expect_refused(root, ErrorCode::Format, "entry 6");
    root = letters_tokenizer();
    root["model"]["vocab"]["c"] = -1;
    expect_refused(root, ErrorCode::Format, "\"c\"");
    root = letters_tokenizer();
    root["model"]["vocab"]["c"] = 9e15;
    expect_refused(root, ErrorCode::Format, "\"c\"");
    root = letters_tokenizer();
    root["model"]["unk_token"] = "?";
    expect_refused(root, ErrorCode::Format, "unk_token");
    root = letters_tokenizer();
    root["added_tokens"][0]["id"] = "ten";
    expect_refused(root, ErrorCode::Format, "added_tokens");
    root = letters_tokenizer();
    root["pre_tokenizer"] =
        Json::parse(R"({"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"})");
    expect_refused(root, ErrorCode::Format, "(a");
    expect_refused(Json::array(), ErrorCode::Format, "model");
}

TEST(Tokenizer, InvalidUtf8BecomesTheReplacementCharacter)
{
    EXPECT_EQ(engine::unicode::replace_invalid_utf8("a\xF0\x9F\x98z\xC0\xAF\xED\xA0\x80"),
              "a\uFFFDz\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    const Tokenizer tokenizer = engine::value_or_throw(load(letters_tokenizer()));
    EXPECT_EQ(tokenizer.encode("a\xFFz", false), tokenizer.encode("a\uFFFDz", false));
}

TEST(Tokenizer, IdsOutsideTheVocabularyAreSkipped)
{
    const Tokenizer tokenizer = engine::value_or_throw(load(letters_tokenizer()));
    EXPECT_EQ(tokenizer.decode({-1, 1, 11, 2, 1 << 30}, false),
              "a b"); // no decoder: joined by spaces
    EXPECT_EQ(tokenizer.id_to_token(11), "");
    EXPECT_EQ(tokenizer.vocab_size(), 11);
    EXPECT_FALSE(tokenizer.is_special(11));
    EXPECT_TRUE(tokenizer.is_special(10));
}

TEST(Tokenizer, TextCannotForgeAControlTokenOfTheVocabulary)
{
    // The piece "<s>" is also a vocabulary entry that a merge builds and that ignore_merges finds.
    Json root = letters_tokenizer();
    root["model"] = Json::parse(R"({"type": "BPE", "ignore_merges": true, "unk_token": null,
        "vocab": {"<": 0, "s": 1, ">": 2, "<s": 3, "<s>": 10, "#": 4},
        "merges": ["< s", "<s >"]})");
    root["added_tokens"].push_back({{"id", 4}, {"content", "#"}, {"special", true}});
    const Tokenizer tokenizer = engine::value_or_throw(load(root));
    EXPECT_EQ(tokenizer.encode("<s>", false), Ids{10});
    for (int repeat = 0; repeat < 2; ++repeat) { // the second time from the cache
        EXPECT_EQ(tokenizer.encode("<s>", false, SpecialTokens::AsText), (Ids{3, 2}));
        EXPECT_EQ(tokenizer.encode("s#s", false, SpecialTokens::AsText), (Ids{1, 1}));
        EXPECT_EQ(tokenizer.encode("<s>", false), Ids{10});
    }
}

// The number of pairs that BPE looks at for a text, all of it one piece.
std::uint64_t operations(const std::string& text)
{
    const engine::Bpe model(letters_model());
    engine::BpeScratch scratch;
    Ids ids;
    model.encode(text, engine::Spelling::Characters, nullptr, scratch, ids);
    return scratch.operations;
}

TEST(Tokenizer, WorkIsLinearOnHostileText)
{
    const auto repeated = [](const std::string& unit, std::size_t size) {
        std::string text;
        while (text.size() < size) {
            text += unit;
        }
        return text;
    };
    constexpr std::size_t kSmall = 64 << 10U;
    constexpr std::size_t kLarge = 1 << 20U;
    for (const std::string unit : {"a", "▁", "ab", "aab", "baaaaaaaaa", "z"}) {
        const auto small = operations(repeated(unit, kSmall));
        const auto large = operations(repeated(unit, kLarge));
        EXPECT_LE(large, small * (kLarge / kSmall) * 101 / 100) << unit;
        EXPECT_LE(large, 8 * kLarge) << unit;
    }
}

// A hang guard: quadratic work on these texts takes minutes.
TEST(Tokenizer, AMegabyteOfAnythingIsEncoded)
{
    Json root = letters_tokenizer();
    root["normalizer"]["type"] = "NFC";
    for (
        const char* pattern :
        {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
         R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
         R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"}) {
        root["pre_tokenizer"] =
            Json::parse(R"({"type": "Split", "pattern": {}, "behavior": "Isolated"})");
        root["pre_tokenizer"]["pattern"]["Regex"] = pattern;
        const Tokenizer tokenizer = engine::value_or_throw(load(root));
        for (const std::string unit : {"a",
                                       "A",
                                       " ",
                                       "\n",
                                       "1",
                                       "!",
                                       "'",
                                       " a",
                                       "\u0301",
                                       "\u0301\u0323",
                                       "日",
                                       "<",
                                       "<s"}) {
            std::string text;
            while (text.size() < 1 << 20U) {
                text += unit;
            }
            EXPECT_FALSE(tokenizer.encode(text, false).empty()) << unit << " by " << pattern;
        }
    }
}

TEST(Tokenizer, AnExplodingExpressionEndsWithAnError)
{
    Json root = letters_tokenizer();
    root["pre_tokenizer"] =
        Json::parse(R"({"type": "Split", "pattern": {}, "behavior": "Isolated"})");
    root["pre_tokenizer"]["pattern"]["Regex"] = "(a+)+(a+)+(a+)+$(?<=b)";
    const Tokenizer tokenizer = engine::value_or_throw(load(root));
    EXPECT_THROW((void)tokenizer.encode(std::string(300, 'a') + "!", false), engine::EngineError);
    EXPECT_EQ(tokenizer.encode("ab", false), Ids{7}); // and it still works afterwards
}

TEST(Tokenizer, SetOperationsInClassesAreRefused)
{
    Json root = letters_tokenizer();
    root["pre_tokenizer"] = Json::parse(
        R"({"type": "Split", "pattern": {"Regex": "[\\p{L}&&[^a]]+"}, "behavior": "Isolated"})");
    expect_refused(root, ErrorCode::Unsupported, "set operation");
}

TEST(Tokenizer, ManyThreadsGiveTheSameIds)
{
    Json root = letters_tokenizer();
    root["pre_tokenizer"] = Json::parse(R"({"type": "Metaspace", "prepend_scheme": "first"})");
    const Tokenizer tokenizer = engine::value_or_throw(load(root));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 200; ++i) {
        texts.push_back(std::string(i % 17 + 1, 'a') + " b" + std::string(i % 5, 'a'));
    }
    std::vector<Ids> expected;
    for (const std::string& text : texts) {
        expected.push_back(tokenizer.encode(text, false));
    }
    std::vector<int> wrong(4, 0);
    {
        std::vector<std::jthread> threads;
        for (int& count : wrong) {
            threads.emplace_back([&] {
                for (std::size_t i = 0; i < texts.size(); ++i) {
                    count += tokenizer.encode(texts[i], false) == expected[i] ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, (std::vector<int>{0, 0, 0, 0}));
}

// A model folder with the files given; removed at the end.
class Folder
{
public:
    Folder()
        : m_path(std::filesystem::temp_directory_path()
                 / ("lowrank_tokenizer_"
                    + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_"
                    + ::testing::UnitTest::GetInstance()->current_test_info()->name()))
    {
        std::filesystem::create_directories(m_path);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(m_path); }

    void write(const char* name, const std::string& text) const
    {
        std::ofstream(m_path / name, std::ios::binary) << text;
    }

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

TEST(Tokenizer, ReadsNamesAndTemplatesFromTheSmallerFiles)
{
    const Folder folder;
    Json root = letters_tokenizer();
    root["added_tokens"].push_back({{"id", 11}, {"content", "<end>"}, {"special", false}});
    folder.write("tokenizer.json", "\xEF\xBB\xBF" + root.dump());
    folder.write("tokenizer_config.json", R"({"bos_token": {"content": "<s>", "lstrip": false},
        "eos_token": null, "chat_template": [{"name": "tool_use", "template": "T"},
                                             {"name": "default", "template": "D"}]})");
    folder.write("special_tokens_map.json", R"({"bos_token": "<end>", "eos_token": "<end>"})");
    const Tokenizer tokenizer = engine::value_or_throw(Tokenizer::load(folder.path()));
    EXPECT_EQ(tokenizer.bos_token(), "<s>");
    EXPECT_EQ(tokenizer.bos_token_id(), 10);
    EXPECT_EQ(tokenizer.eos_token_id(), 11);
    EXPECT_EQ(tokenizer.chat_template(), "D");
    EXPECT_EQ(tokenizer.special_token_texts(), std::vector<std::string>{"<s>"});
    // Named as the end of text, so no text may become it, whatever its entry says.
    EXPECT_EQ(tokenizer.encode("<end>", false), Ids{11});
    const Ids as_text = tokenizer.encode("<end>", false, SpecialTokens::AsText);
    EXPECT_EQ(std::count(as_text.begin(), as_text.end(), 11), 0);

    folder.write("chat_template.jinja", "J");
    EXPECT_EQ(engine::value_or_throw(Tokenizer::load(folder.path())).chat_template(), "J");
}

TEST(Tokenizer, AFolderWithoutTokenizerJsonIsNotFound)
{
    const Folder folder;
    const auto tokenizer = Tokenizer::load(folder.path());
    ASSERT_FALSE(tokenizer);
    EXPECT_EQ(tokenizer.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(tokenizer.error().hint.empty());
}

} // namespace
