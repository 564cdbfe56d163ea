// The BPE model: a piece of text to ids by merging the neighbours that rank lowest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/json.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/word_cache.h"

namespace engine {

// How a piece of text is spelled.
enum class Spelling {
    Characters, // as the vocabulary spells it
    Bytes,      // raw bytes, each to be looked up as its character of the byte alphabet
};

// The working memory of encoding; one per thread.
struct BpeScratch
{
    struct Symbol
    {
        std::int32_t id;
        std::uint32_t previous;
        std::uint32_t next;
    };

    std::vector<Symbol> symbols;
    std::vector<std::uint64_t> heap;
    std::vector<std::int32_t> ids;
    WordCache cache;
    WordCache guarded_cache;      // of text that must not become a control token
    std::uint64_t operations = 0; // pairs looked at; what the tests of linearity count
};

class Bpe
{
public:
    // From the "model" object of a tokenizer.json. Throws EngineError.
    explicit Bpe(const Json& model);

    // Appends the ids of one pre-token. `special` marks control tokens that text must not become;
    // null to let it.
    void encode(std::string_view piece,
                Spelling spelling,
                const std::vector<bool>* special,
                BpeScratch& scratch,
                std::vector<std::int32_t>& ids) const;

    [[nodiscard]] std::optional<std::int32_t> token_to_id(std::string_view token) const;
    [[nodiscard]] const std::string& id_to_token(std::int32_t id) const; // empty when unknown

    // 1 + the largest id.
    [[nodiscard]] std::int64_t vocab_size() const { return std::ssize(m_tokens); }

    // Whether a merge could ever join text that ends in `left` with text that begins with `right`,
    // one of which must be "▁". Where none can, a text may be cut before it is encoded.
    [[nodiscard]] bool joins_space(char32_t left, char32_t right) const;

    // Whether some text outside a control token can become one's id.
    [[nodiscard]] bool can_forge(const std::vector<bool>& special) const;

private:
    struct StringHash
    {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };

    void read_vocab(const Json& vocab);
    void read_merges(const Json& merges);
    [[nodiscard]] bool is_merge(std::string_view left, std::string_view right) const;
    void add_merge(std::string_view left, std::string_view right, std::uint32_t rank);
    void read_bytes();
    void first_symbols(std::string_view piece,
                       Spelling spelling,
                       const std::vector<bool>* special,
                       std::vector<std::int32_t>& ids) const;
    void merge_short(BpeScratch& scratch, const std::vector<bool>* special) const;
    void merge_long(BpeScratch& scratch, const std::vector<bool>* special) const;
    [[nodiscard]] const Merge*
    mergeable(std::int32_t left, std::int32_t right, const std::vector<bool>* special) const;

    std::vector<std::string> m_tokens; // by id
    std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>> m_ids;
    MergeTable m_merges;
    std::array<std::int32_t, 256> m_byte_ids{};     // of the byte alphabet's characters; -1: none
    std::array<std::int32_t, 256> m_fallback_ids{}; // of "<0xHH>"; -1: none
    std::optional<std::int32_t> m_unk;
    std::string m_unk_token;
    bool m_byte_fallback = false;
    bool m_fuse_unk = false;
    bool m_ignore_merges = false;
    std::vector<char32_t> m_before_space; // sorted: characters that some merge joins with a "▁"
    std::vector<char32_t> m_after_space;  // behind it, before it
};

} // namespace engine
