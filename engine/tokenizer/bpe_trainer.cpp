// Greedy BPE over counted words, with the pair counts kept up to date from merge to merge.
#include "engine/tokenizer/bpe_trainer.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "engine/core/platform.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

constexpr std::string_view kSplitPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

using Pair = std::uint64_t; // left id in the upper half, so that pairs order as (left, right)

Pair pair_of(std::int32_t left, std::int32_t right)
{
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32U
           | static_cast<std::uint32_t>(right);
}

struct Word
{
    std::vector<std::int32_t> symbols;
    std::int64_t count;
};

struct PairUse
{
    std::int64_t count = 0;
    std::vector<std::uint32_t> words; // where it was seen; may hold words that lost it
};

class Trainer
{
public:
    explicit Trainer(const BpeTrainerOptions& options)
        : m_options(options)
    {
        for (const std::string& token : options.special_tokens) {
            add_token(token);
        }
        std::vector<char32_t> alphabet;
        for (unsigned byte = 0; byte < 256; ++byte) {
            alphabet.push_back(byte_level::character_of(static_cast<std::uint8_t>(byte)));
        }
        std::sort(alphabet.begin(), alphabet.end());
        for (const char32_t character : alphabet) {
            std::string token;
            unicode::append_utf8(token, character);
            add_token(token);
        }
    }

    void add_words(const std::map<std::string, std::int64_t>& counts)
    {
        for (const auto& [text, count] : counts) {
            Word word{{}, count};
            for (const char byte : text) {
                std::string token;
                unicode::append_utf8(token,
                                     byte_level::character_of(static_cast<std::uint8_t>(byte)));
                word.symbols.push_back(m_ids.at(token));
            }
            const auto index = static_cast<std::uint32_t>(m_words.size());
            for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
                count_pair(word.symbols[i], word.symbols[i + 1], count, index);
            }
            m_words.push_back(std::move(word));
        }
    }

    void run()
    {
        while (std::ssize(m_tokens) < m_options.vocab_size) {
            const auto best =
                std::max_element(m_pairs.begin(), m_pairs.end(), [](const auto& a, const auto& b) {
                    return a.second.count != b.second.count ? a.second.count < b.second.count
                                                            : a.first > b.first;
                });
            if (best == m_pairs.end()
                || best->second.count < std::max<std::int64_t>(m_options.min_frequency, 1)) {
                return;
            }
            const Pair pair = best->first;
            const std::vector<std::uint32_t> words = std::move(best->second.words);
            m_pairs.erase(best);
            merge(static_cast<std::int32_t>(pair >> 32U), static_cast<std::int32_t>(pair), words);
        }
    }

    [[nodiscard]] Json vocab() const
    {
        Json vocab = Json::object();
        auto& members = vocab.get_ref<Json::object_t&>();
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            members.emplace_back(m_tokens[id], id);
        }
        return vocab;
    }

    [[nodiscard]] const Json& merges() const { return m_merges; }

private:
    std::int32_t add_token(const std::string& token)
    {
        const auto [found, is_new] =
            m_ids.try_emplace(token, static_cast<std::int32_t>(m_tokens.size()));
        if (is_new) {
            m_tokens.push_back(token);
        }
        return found->second;
    }

    void count_pair(std::int32_t left, std::int32_t right, std::int64_t count, std::uint32_t word)
    {
        PairUse& use = m_pairs[pair_of(left, right)];
        use.count += count;
        if (count > 0 && (use.words.empty() || use.words.back() != word)) {
            use.words.push_back(word);
        }
    }

    void merge(std::int32_t left, std::int32_t right, const std::vector<std::uint32_t>& words)
    {
        const std::string& a = m_tokens[static_cast<std::size_t>(left)];
        const std::string& b = m_tokens[static_cast<std::size_t>(right)];
        m_merges.push_back({a, b});
        const std::int32_t id = add_token(a + b);
        for (const std::uint32_t index : words) {
            Word& word = m_words[index];
            auto& symbols = word.symbols;
            for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
                if (symbols[i] != left || symbols[i + 1] != right) {
                    continue;
                }
                const auto count = [&](std::size_t at, std::int64_t sign) {
                    if (at + 1 < symbols.size()) {
                        count_pair(symbols[at], symbols[at + 1], sign * word.count, index);
                    }
                };
                // The neighbours' pairs change; the merged pair itself is gone from the counts.
                const bool has_left = i > 0;
                if (has_left) {
                    count(i - 1, -1);
                }
                count(i + 1, -1);
                symbols[i] = id;
                symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                if (has_left) {
                    count(i - 1, 1);
                }
                count(i, 1);
            }
        }
        m_pairs.erase(pair_of(left, right));
    }

    const BpeTrainerOptions& m_options;
    std::vector<std::string> m_tokens;
    std::unordered_map<std::string, std::int32_t> m_ids;
    std::vector<Word> m_words;
    std::unordered_map<Pair, PairUse> m_pairs;
    Json m_merges = Json::array();
};

Json pre_tokenizer_json()
{
    return {{"type", "Sequence"},
            {"pretokenizers",
             Json::array({{{"type", "Split"},
                           {"pattern", {{"Regex", kSplitPattern}}},
                           {"behavior", "Isolated"},
                           {"invert", false}},
                          {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", false}}})}};
}

Json added_tokens_json(const BpeTrainerOptions& options)
{
    Json tokens = Json::array();
    for (const std::string& content : options.special_tokens) {
        tokens.push_back({{"id", tokens.size()},
                          {"content", content},
                          {"single_word", false},
                          {"lstrip", false},
                          {"rstrip", false},
                          {"normalized", false},
                          {"special", true}});
    }
    return tokens;
}

Json post_processor_json(const BpeTrainerOptions& options)
{
    const auto found =
        std::find(options.special_tokens.begin(), options.special_tokens.end(), options.bos_token);
    if (found == options.special_tokens.end()) {
        return nullptr;
    }
    const auto special = [&](int type) {
        return Json{{"SpecialToken", {{"id", options.bos_token}, {"type_id", type}}}};
    };
    const auto text = [](const char* name, int type) {
        return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
    };
    return {{"type", "TemplateProcessing"},
            {"single", Json::array({special(0), text("A", 0)})},
            {"pair", Json::array({special(0), text("A", 0), special(1), text("B", 1)})},
            {"special_tokens",
             {{options.bos_token,
               {{"id", options.bos_token},
                {"ids", Json::array({found - options.special_tokens.begin()})},
                {"tokens", Json::array({options.bos_token})}}}}}};
}

// The named tokens that are there, for both of the smaller files.
Json named_tokens(const BpeTrainerOptions& options)
{
    Json names = Json::object();
    const auto add = [&](const char* key, const std::string& token) {
        if (!token.empty()) {
            names[key] = token;
        }
    };
    add("bos_token", options.bos_token);
    add("eos_token", options.eos_token);
    add("pad_token", options.pad_token);
    return names;
}

} // namespace

Result<Json> train_bpe(const std::vector<std::string_view>& texts, const BpeTrainerOptions& options)
{
    const auto smallest = static_cast<std::int64_t>(options.special_tokens.size()) + 256;
    if (options.vocab_size < smallest) {
        return Error{ErrorCode::InvalidArgument,
                     concat("vocab_size: ",
                            options.vocab_size,
                            ", the bytes and special tokens alone are ",
                            smallest)};
    }
    for (const std::string& token : {options.bos_token, options.eos_token, options.pad_token}) {
        if (!token.empty()
            && std::find(options.special_tokens.begin(), options.special_tokens.end(), token)
                   == options.special_tokens.end()) {
            return Error{ErrorCode::InvalidArgument,
                         concat("\"", token, "\": is not among the special tokens")};
        }
    }
    const PreTokenizer pre_tokenizer(pre_tokenizer_json());
    PreTokenizerScratch scratch;
    std::map<std::string, std::int64_t> counts; // ordered, so that the result is one
    for (const std::string_view text : texts) {
        const std::string valid = unicode::replace_invalid_utf8(text);
        pre_tokenizer.apply({valid, true}, scratch);
        for (const TextPiece& piece : scratch.pieces) {
            ++counts[std::string(piece.text)];
        }
    }
    Trainer trainer(options);
    trainer.add_words(counts);
    trainer.run();

    const Json byte_level = {{"type", "ByteLevel"},
                             {"add_prefix_space", false},
                             {"trim_offsets", true},
                             {"use_regex", false}};
    Json tokenizer = {{"version", "1.0"},
                      {"truncation", nullptr},
                      {"padding", nullptr},
                      {"added_tokens", added_tokens_json(options)},
                      {"normalizer", nullptr},
                      {"pre_tokenizer", pre_tokenizer_json()},
                      {"post_processor", post_processor_json(options)},
                      {"decoder", byte_level}};
    tokenizer["model"] = {{"type", "BPE"},
                          {"dropout", nullptr},
                          {"unk_token", nullptr},
                          {"continuing_subword_prefix", nullptr},
                          {"end_of_word_suffix", nullptr},
                          {"fuse_unk", false},
                          {"byte_fallback", false},
                          {"ignore_merges", false}};
    tokenizer["model"]["vocab"] = trainer.vocab();
    tokenizer["model"]["merges"] = trainer.merges();
    return tokenizer;
}

Result<void> write_tokenizer(const std::filesystem::path& folder,
                             const Json& tokenizer,
                             const BpeTrainerOptions& options)
{
    Json config = named_tokens(options);
    config["clean_up_tokenization_spaces"] = false;
    config["model_max_length"] = options.model_max_length;
    config["tokenizer_class"] = "PreTrainedTokenizerFast";
    if (!options.chat_template.empty()) {
        config["chat_template"] = options.chat_template;
    }
    const std::pair<const char*, Json> files[] = {
        {"tokenizer.json", tokenizer},
        {"tokenizer_config.json", config},
        {"special_tokens_map.json", named_tokens(options)}};
    for (const auto& [name, json] : files) {
        const Result<void> written = write_file_atomically(folder / name, json.dump(1) + "\n");
        if (!written) {
            return written.error();
        }
    }
    return {};
}

} // namespace engine
