// The BPE model's tables and its two merge loops: a scan for words, a heap for long pieces.
// One file because both merge loops work on the same tables.
#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <utility>

#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/fields.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

constexpr std::string_view kModelPart = "model";
constexpr std::size_t kShortWord = 24; // symbols; up to here a scan beats the heap
constexpr std::uint32_t kNone = ~std::uint32_t{0};
constexpr std::int32_t kNoId = -1;

bool is_special(const std::vector<bool>* special, std::int32_t id)
{
    return special != nullptr && static_cast<std::size_t>(id) < special->size()
           && (*special)[static_cast<std::size_t>(id)];
}

std::string byte_token(unsigned byte)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    return concat("<0x", kDigits[byte >> 4U], kDigits[byte & 15U], ">");
}

// Absent, null and empty all mean none; anything else is a kind of BPE that is not implemented.
void refuse_affix(const Json& model, std::string_view key)
{
    if (!fields::get_string(model, key, "", kModelPart).empty()) {
        fields::refuse(kModelPart, concat("BPE with ", key));
    }
}

} // namespace

Bpe::Bpe(const Json& model)
{
    refuse_affix(model, "continuing_subword_prefix");
    refuse_affix(model, "end_of_word_suffix");
    if (const Json* dropout = fields::find(model, "dropout");
        dropout != nullptr && !(dropout->is_number() && dropout->get<double>() == 0.0)) {
        fields::refuse(kModelPart, "BPE with dropout");
    }
    m_byte_fallback = fields::get_bool(model, "byte_fallback", false, kModelPart);
    m_fuse_unk = fields::get_bool(model, "fuse_unk", false, kModelPart);
    m_ignore_merges = fields::get_bool(model, "ignore_merges", false, kModelPart);
    read_vocab(fields::need(model, "vocab", kModelPart));
    read_merges(fields::need(model, "merges", kModelPart));
    read_bytes();
    m_unk_token = fields::get_string(model, "unk_token", "", kModelPart);
    m_unk = token_to_id(m_unk_token);
    if (!m_unk_token.empty() && !m_unk) {
        fields::fail(ErrorCode::Format,
                     concat("model: unk_token \"", m_unk_token, "\" is not in the vocabulary"));
    }
}

void Bpe::read_vocab(const Json& vocab)
{
    if (!vocab.is_object()) {
        fields::refuse(kModelPart, vocab.is_array() ? "Unigram" : "BPE without a vocabulary");
    }
    m_ids.reserve(vocab.size());
    for (const auto& [token, id] : vocab.items()) {
        if (!id.is_number_integer() || id.get<double>() < 0
            || id.get<double>() > static_cast<double>(kMaxTokenId)) {
            fields::fail(
                ErrorCode::Format,
                concat(
                    "model.vocab: the id of \"", token, "\" is no number from 0 to ", kMaxTokenId));
        }
        const auto index = id.get<std::size_t>();
        if (index >= m_tokens.size()) {
            m_tokens.resize(std::max(index + 1, std::min<std::size_t>(vocab.size(), kMaxTokenId)));
        }
        m_tokens[index] = token;
        m_ids.emplace(token, static_cast<std::int32_t>(index));
    }
    while (!m_tokens.empty() && m_tokens.back().empty()) {
        m_tokens.pop_back();
    }
}

void Bpe::read_merges(const Json& merges)
{
    if (!merges.is_array() && !(merges.is_object() && merges.empty())) {
        fields::fail(ErrorCode::Format,
                     concat("model.merges: is ", merges.type_name(), ", not a list"));
    }
    m_merges.reserve(merges.size());
    std::uint32_t rank = 0;
    for (const Json& merge : merges) {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            add_merge(merge[0].get_ref<const std::string&>(),
                      merge[1].get_ref<const std::string&>(),
                      rank++);
            continue;
        }
        const std::string_view line =
            merge.is_string() ? std::string_view(merge.get_ref<const std::string&>()) : "";
        if (line.starts_with("#version")) {
            continue;
        }
        // Pieces of spaces make the form "a b" ambiguous: the vocabulary decides.
        std::size_t space = line.find(' ');
        while (line.find(' ', space + 1) != std::string_view::npos
               && !is_merge(line.substr(0, space), line.substr(space + 1))) {
            space = line.find(' ', space + 1);
        }
        if (space == std::string_view::npos) {
            fields::fail(ErrorCode::Format,
                         concat("model.merges: entry ", rank, " is not two pieces of text"));
        }
        add_merge(line.substr(0, space), line.substr(space + 1), rank++);
    }
    for (auto* characters : {&m_before_space, &m_after_space}) {
        std::sort(characters->begin(), characters->end());
        characters->erase(std::unique(characters->begin(), characters->end()), characters->end());
    }
}

bool Bpe::is_merge(std::string_view left, std::string_view right) const
{
    return !left.empty() && !right.empty() && token_to_id(left) && token_to_id(right)
           && token_to_id(std::string(left).append(right));
}

void Bpe::add_merge(std::string_view left, std::string_view right, std::uint32_t rank)
{
    if (!is_merge(left, right)) {
        fields::fail(ErrorCode::Format,
                     concat("model.merges: entry ",
                            rank,
                            ": \"",
                            left,
                            "\", \"",
                            right,
                            "\" or their sum is not in the vocabulary"));
    }
    m_merges.insert(*token_to_id(left),
                    *token_to_id(right),
                    {rank, *token_to_id(std::string(left).append(right))});
    const char32_t end = unicode::last_character(left);
    const char32_t begin = unicode::first_character(right);
    if (begin == unicode::kSpaceMark && (m_before_space.empty() || m_before_space.back() != end)) {
        m_before_space.push_back(end);
    }
    if (end == unicode::kSpaceMark && (m_after_space.empty() || m_after_space.back() != begin)) {
        m_after_space.push_back(begin);
    }
}

void Bpe::read_bytes()
{
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::string character;
        unicode::append_utf8(character, byte_level::character_of(static_cast<std::uint8_t>(byte)));
        m_byte_ids[byte] = token_to_id(character).value_or(kNoId);
        m_fallback_ids[byte] = token_to_id(byte_token(byte)).value_or(kNoId);
    }
}

std::optional<std::int32_t> Bpe::token_to_id(std::string_view token) const
{
    const auto found = m_ids.find(token);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

const std::string& Bpe::id_to_token(std::int32_t id) const
{
    static const std::string kUnknown;
    return id >= 0 && static_cast<std::size_t>(id) < m_tokens.size()
               ? m_tokens[static_cast<std::size_t>(id)]
               : kUnknown;
}

bool Bpe::joins_space(char32_t left, char32_t right) const
{
    const auto has = [](const std::vector<char32_t>& sorted, char32_t character) {
        return std::binary_search(sorted.begin(), sorted.end(), character);
    };
    return right == unicode::kSpaceMark ? has(m_before_space, left) : has(m_after_space, right);
}

bool Bpe::can_forge(const std::vector<bool>& special) const
{
    bool found = false;
    m_merges.for_each([&](const Merge& merge) { found = found || is_special(&special, merge.id); });
    for (std::size_t id = 0; id < std::min(special.size(), m_tokens.size()); ++id) {
        const std::string& token = m_tokens[id];
        found = found
                || (special[id] && !token.empty()
                    && (m_ignore_merges || unicode::previous_start(token, token.size()) == 0));
    }
    return found;
}

const Merge*
Bpe::mergeable(std::int32_t left, std::int32_t right, const std::vector<bool>* special) const
{
    const Merge* merge = m_merges.find(left, right);
    return merge != nullptr && is_special(special, merge->id) ? nullptr : merge;
}

void Bpe::first_symbols(std::string_view piece,
                        Spelling spelling,
                        const std::vector<bool>* special,
                        std::vector<std::int32_t>& ids) const
{
    std::string mapped;
    std::int32_t unknown = kNoId; // not written yet: a neighbour may fuse with it
    for (std::size_t i = 0; i < piece.size();) {
        std::string_view character;
        std::int32_t id = kNoId;
        if (spelling == Spelling::Bytes) {
            const auto byte = static_cast<std::uint8_t>(piece[i++]);
            id = m_byte_ids[byte];
            if (id == kNoId) {
                mapped.clear();
                unicode::append_utf8(mapped, byte_level::character_of(byte));
                character = mapped;
            }
        } else {
            const std::size_t start = i;
            static_cast<void>(unicode::next_character(piece, i));
            character = piece.substr(start, i - start);
            id = token_to_id(character).value_or(kNoId);
        }
        if (id != kNoId && !is_special(special, id)) {
            if (unknown != kNoId) {
                ids.push_back(std::exchange(unknown, kNoId));
            }
            ids.push_back(id);
            continue;
        }
        const auto fallback = [&](char byte) {
            return m_fallback_ids[static_cast<std::uint8_t>(byte)];
        };
        // The reference leaves a pending unknown token behind the bytes that follow it; so do we.
        if (m_byte_fallback && !character.empty()
            && std::all_of(
                character.begin(), character.end(), [&](char b) { return fallback(b) != kNoId; })) {
            std::transform(character.begin(), character.end(), std::back_inserter(ids), fallback);
        } else if (m_unk) {
            if (unknown != kNoId && !m_fuse_unk) {
                ids.push_back(unknown);
            }
            unknown = *m_unk;
        }
    }
    if (unknown != kNoId) {
        ids.push_back(unknown);
    }
}

void Bpe::merge_short(BpeScratch& scratch, const std::vector<bool>* special) const
{
    auto& ids = scratch.ids;
    std::array<const Merge*, kShortWord> merges{};
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
        merges[i] = mergeable(ids[i], ids[i + 1], special);
    }
    while (ids.size() > 1) {
        std::size_t best = ids.size();
        std::uint32_t rank = kNone;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            if (merges[i] != nullptr && merges[i]->rank < rank) {
                rank = merges[i]->rank;
                best = i;
            }
        }
        scratch.operations += ids.size();
        if (best == ids.size()) {
            return;
        }
        ids[best] = merges[best]->id;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        std::copy(merges.begin() + static_cast<std::ptrdiff_t>(best) + 2,
                  merges.end(),
                  merges.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        merges[best] =
            best + 1 < ids.size() ? mergeable(ids[best], ids[best + 1], special) : nullptr;
        if (best > 0) {
            merges[best - 1] = mergeable(ids[best - 1], ids[best], special);
        }
    }
}

// A heap of (rank, position) over a linked list: n log n. An entry is stale when the pair that now
// stands at its position has another rank.
void Bpe::merge_long(BpeScratch& scratch, const std::vector<bool>* special) const
{
    auto& symbols = scratch.symbols;
    auto& heap = scratch.heap;
    const auto count = static_cast<std::uint32_t>(scratch.ids.size());
    symbols.clear();
    heap.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
        symbols.push_back({scratch.ids[i], i == 0 ? kNone : i - 1, i + 1 == count ? kNone : i + 1});
    }
    const auto merge_at = [&](std::uint32_t position) -> const Merge* {
        ++scratch.operations;
        const std::uint32_t next = symbols[position].next;
        return symbols[position].id < 0 || next == kNone
                   ? nullptr
                   : mergeable(symbols[position].id, symbols[next].id, special);
    };
    const auto entry = [](const Merge& merge, std::uint32_t position) {
        return std::uint64_t{merge.rank} << 32U | position;
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        if (const Merge* merge = merge_at(i)) {
            heap.push_back(entry(*merge, i));
        }
    }
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    const auto push = [&](std::uint32_t position) {
        if (const Merge* merge = merge_at(position)) {
            heap.push_back(entry(*merge, position));
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
        }
    };
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        const std::uint64_t top = heap.back();
        heap.pop_back();
        const auto position = static_cast<std::uint32_t>(top);
        const Merge* merge = merge_at(position);
        if (merge == nullptr || merge->rank != top >> 32U) {
            continue;
        }
        auto& symbol = symbols[position];
        auto& eaten = symbols[symbol.next];
        symbol.id = merge->id;
        symbol.next = eaten.next;
        eaten.id = -1;
        if (symbol.next != kNone) {
            symbols[symbol.next].previous = position;
            push(position);
        }
        if (symbol.previous != kNone) {
            push(symbol.previous);
        }
    }
    scratch.ids.clear();
    for (std::uint32_t i = 0; i != kNone; i = symbols[i].next) {
        scratch.ids.push_back(symbols[i].id);
    }
}

void Bpe::encode(std::string_view piece,
                 Spelling spelling,
                 const std::vector<bool>* special,
                 BpeScratch& scratch,
                 std::vector<std::int32_t>& ids) const
{
    if (piece.empty()) {
        return;
    }
    WordCache& cache = special == nullptr ? scratch.cache : scratch.guarded_cache;
    const bool cached = piece.size() <= WordCache::kMaxWord;
    if (cached) {
        if (const auto* found = cache.find(piece)) {
            ids.insert(ids.end(), found->begin(), found->end());
            return;
        }
    }
    scratch.ids.clear();
    const auto whole = !m_ignore_merges              ? std::nullopt
                       : spelling == Spelling::Bytes ? token_to_id(byte_level::encode(piece))
                                                     : token_to_id(piece);
    if (whole && !is_special(special, *whole)) {
        scratch.ids.push_back(*whole);
    } else {
        first_symbols(piece, spelling, special, scratch.ids);
        if (scratch.ids.size() <= kShortWord) {
            merge_short(scratch, special);
        } else {
            merge_long(scratch, special);
        }
    }
    if (cached) {
        cache.insert(piece, scratch.ids);
    }
    ids.insert(ids.end(), scratch.ids.begin(), scratch.ids.end());
}

} // namespace engine
