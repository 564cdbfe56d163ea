// The tokenizer against recorded ids of real tokenizers: the 46 strings of llama.cpp's vocabulary
// tests, and every BPE tokenizer of the conformance data.
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "engine/core/json.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/shared_data.h"

namespace {

using engine::Json;
using engine::Tokenizer;

constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";

std::string read_text(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct VocabTest
{
    std::string text;
    std::vector<std::int32_t> ids;
};

std::vector<VocabTest> read_vocab_tests(const std::filesystem::path& shared,
                                        const std::string& name)
{
    const auto stem = shared / "conformance/llamacpp-vocab" / ("ggml-vocab-" + name + ".gguf");
    const std::string texts = read_text(stem.string() + ".inp");
    std::istringstream lines(read_text(stem.string() + ".out"));
    std::vector<VocabTest> tests;
    std::size_t begin = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t end = texts.find(kSeparator, begin);
        VocabTest test{texts.substr(begin, end - begin), {}};
        std::istringstream numbers(line);
        for (std::int32_t id = 0; numbers >> id;) {
            test.ids.push_back(id);
        }
        tests.push_back(std::move(test));
        begin = end == std::string::npos ? texts.size() : end + kSeparator.size();
    }
    EXPECT_EQ(begin, texts.size()) << "texts without ids";
    return tests;
}

void expect_vocab_tests(const Tokenizer& tokenizer,
                        const std::filesystem::path& shared,
                        const std::string& name)
{
    const auto tests = read_vocab_tests(shared, name);
    ASSERT_EQ(tests.size(), 46U);
    for (const VocabTest& test : tests) {
        EXPECT_EQ(tokenizer.encode(test.text, false), test.ids) << name << ": " << test.text;
    }
}

// Byte-level tokenizers lose nothing; the SentencePiece-style ones lose nothing either, but for
// what decoding strips: the space that encoding put before the text.
void expect_round_trip(const Tokenizer& tokenizer, const std::filesystem::path& shared)
{
    for (const VocabTest& test : read_vocab_tests(shared, "gpt-2")) {
        EXPECT_EQ(tokenizer.decode(tokenizer.encode(test.text, false), false), test.text);
    }
}

Tokenizer load(const std::filesystem::path& folder)
{
    return engine::value_or_throw(Tokenizer::load(folder));
}

// A byte-level tokenizer from its vocabulary and merges in the form that came before
// tokenizer.json.
Tokenizer assemble(const std::filesystem::path& vocab,
                   const std::filesystem::path& merges,
                   const std::string& pattern,
                   Json rest)
{
    Json root = std::move(rest);
    root["model"]["type"] = "BPE";
    root["model"]["vocab"] = engine::value_or_throw(engine::read_json_file(vocab));
    Json& list = root["model"]["merges"] = Json::array();
    std::istringstream lines(read_text(merges));
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && !line.starts_with("#version")) {
            list.push_back(line);
        }
    }
    if (!pattern.empty()) {
        root["pre_tokenizer"] = Json::parse(R"({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})");
        root["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern;
    }
    root["decoder"]["type"] = "ByteLevel";
    return engine::value_or_throw(Tokenizer::from_json(root.dump(), "assembled"));
}

std::string llama3_pattern(const std::string& digits)
{
    return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)" + digits
           + R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
}

TEST(TokenizerConformance, Gpt2)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const Tokenizer tokenizer = load(shared / "conformance/tokenizers/gpt2");
    EXPECT_EQ(tokenizer.vocab_size(), 50257);
    expect_vocab_tests(tokenizer, shared, "gpt-2");
    expect_round_trip(tokenizer, shared);
}

TEST(TokenizerConformance, Llama3)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const auto folder = shared / "conformance/tokenizers/llama3";
    Json rest;
    rest["model"]["ignore_merges"] = true;
    const Tokenizer tokenizer = assemble(
        folder / "encoder.json", folder / "vocab.bpe", llama3_pattern(R"(\p{N}{1,3})"), rest);
    expect_vocab_tests(tokenizer, shared, "llama-bpe");
    expect_round_trip(tokenizer, shared);
}

TEST(TokenizerConformance, Qwen2)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const auto folder = shared / "conformance/tokenizers/qwen3";
    Json rest;
    rest["normalizer"]["type"] = "NFC";
    const Tokenizer tokenizer =
        assemble(folder / "vocab.json", folder / "merges.txt", llama3_pattern(R"(\p{N})"), rest);
    EXPECT_EQ(tokenizer.vocab_size(), 151643);
    expect_vocab_tests(tokenizer, shared, "qwen2");
}

TEST(TokenizerConformance, Llama2)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const Tokenizer tokenizer = load(shared / "conformance/tokenizers/llama2");
    EXPECT_EQ(tokenizer.vocab_size(), 32000);
    EXPECT_EQ(tokenizer.bos_token_id(), 1);
    EXPECT_EQ(tokenizer.eos_token_id(), 2);
    expect_vocab_tests(tokenizer, shared, "llama-spm");
    expect_round_trip(tokenizer, shared);
}

TEST(TokenizerConformance, Phi3)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const Tokenizer tokenizer = load(shared / "conformance/tokenizers/phi-3-mini");
    EXPECT_EQ(tokenizer.vocab_size(), 32011);
    expect_vocab_tests(tokenizer, shared, "phi-3");
    expect_round_trip(tokenizer, shared);
}

// The rows that Hugging Face's tokenizer encoded for a trainer, special tokens included.
TEST(TokenizerConformance, TokenizedRowsOfTheImportData)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const Tokenizer tokenizer = load(shared / "conformance/tokenizers/tinyllama-special-tokens");
    const auto folder = shared / "conformance/import/fms";
    const std::string name = "twitter_complaints_tokenized_with_maykeye_tinyllama_v0";
    const auto read_json = [](const std::filesystem::path& path) {
        return engine::value_or_throw(engine::read_json_file(path));
    };
    const Json rows = read_json(folder / "json" / (name + ".json"));
    const Json ids = read_json(folder / "json" / (name + "_only_input_ids.json"));
    std::istringstream lines(read_text(folder / "jsonl" / (name + ".jsonl")));
    ASSERT_EQ(rows.size(), 10U);
    ASSERT_EQ(ids.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SCOPED_TRACE(i);
        std::string line;
        ASSERT_TRUE(std::getline(lines, line));
        const Json other = engine::value_or_throw(engine::parse_json(line, name));
        for (const Json& row : {rows[i], other}) {
            const auto text = row["output"].get<std::string>();
            const auto wanted = row["input_ids"].get<std::vector<std::int32_t>>();
            EXPECT_EQ(tokenizer.encode(text, true), wanted) << text;
            EXPECT_EQ(tokenizer.decode(wanted, true), text);
        }
        EXPECT_EQ(ids[i]["input_ids"], rows[i]["input_ids"]);
    }
}

TEST(TokenizerConformance, EveryOtherBpeTokenizerLoads)
{
    LOWRANK_REQUIRE_SHARED(shared);
    for (const char* name : {"tokenizers/added-tokens",
                             "tokenizers/mistral-7b",
                             "tokenizers/story-2048",
                             "tokenizers/tinyllama-special-tokens",
                             "models/stories260K",
                             "models/tiny-gpt2-16d"}) {
        const auto tokenizer = Tokenizer::load(shared / "conformance" / name);
        ASSERT_TRUE(tokenizer) << name << ": " << tokenizer.error().message;
        EXPECT_GT(tokenizer->vocab_size(), 0) << name;
    }
}

TEST(TokenizerConformance, UnigramIsRefusedByName)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const auto tokenizer = Tokenizer::load(shared / "conformance/tokenizers/t5-small");
    ASSERT_FALSE(tokenizer);
    EXPECT_EQ(tokenizer.error().code, engine::ErrorCode::Unsupported);
    EXPECT_NE(tokenizer.error().message.find("Unigram"), std::string::npos)
        << tokenizer.error().message;
}

} // namespace
