// The pre-tokenizer's steps: splits by expression, text or class, Metaspace, ByteLevel.
#include "engine/tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <utility>

#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/fields.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

constexpr std::string_view kPreTokenizerPart = "pre_tokenizer";
constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

using Range = PreTokenizerScratch::Range;
using pre_tokenizer_steps::ByteLevel;
using pre_tokenizer_steps::CharacterClass;
using pre_tokenizer_steps::Metaspace;
using pre_tokenizer_steps::Split;

SplitBehavior behavior_of(const Json& json, std::string_view fallback)
{
    const std::string name = fields::get_string(json, "behavior", fallback, kPreTokenizerPart);
    if (name == "Removed") {
        return SplitBehavior::Removed;
    }
    if (name == "Isolated") {
        return SplitBehavior::Isolated;
    }
    if (name == "MergedWithPrevious") {
        return SplitBehavior::MergedWithPrevious;
    }
    if (name == "MergedWithNext") {
        return SplitBehavior::MergedWithNext;
    }
    if (name == "Contiguous") {
        return SplitBehavior::Contiguous;
    }
    fields::refuse("pre_tokenizer.behavior", name);
}

// Joins matches to their neighbours as the behaviour says. A match right behind another match
// starts a piece of its own, but for Contiguous.
void join_ranges(std::vector<Range>& ranges, SplitBehavior behavior)
{
    if (behavior == SplitBehavior::MergedWithNext) {
        std::reverse(ranges.begin(), ranges.end());
    }
    std::size_t kept = 0;
    bool previous_match = false;
    for (const Range range : ranges) {
        const bool joins = behavior == SplitBehavior::Contiguous
                               ? range.is_match == previous_match
                               : range.is_match && !previous_match;
        previous_match = range.is_match;
        if (joins && kept > 0) {
            ranges[kept - 1].begin = std::min(ranges[kept - 1].begin, range.begin);
            ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
        } else {
            ranges[kept++] = range;
        }
    }
    ranges.resize(kept);
    if (behavior == SplitBehavior::MergedWithNext) {
        std::reverse(ranges.begin(), ranges.end());
    }
}

template <typename Visit>
void split_by_text(std::string_view text, std::string_view separator, Visit visit)
{
    std::size_t covered = 0;
    for (std::size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator, covered)) {
        if (at > covered) {
            visit(covered, at, false);
        }
        covered = at + separator.size();
        visit(at, covered, true);
    }
    if (covered < text.size()) {
        visit(covered, text.size(), false);
    }
}

template <typename Visit>
void split_by_class(std::string_view text, bool (*in_class)(char32_t), Visit visit)
{
    std::size_t gap = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        if (in_class(unicode::next_character(text, i))) {
            if (start > gap) {
                visit(gap, start, false);
            }
            visit(start, i, true);
            gap = i;
        }
    }
    if (gap < text.size()) {
        visit(gap, text.size(), false);
    }
}

} // namespace

PreTokenizer::PreTokenizer(const Json& json)
{
    if (!json.is_null()) {
        add(json);
    }
    if (!m_steps.empty() && std::holds_alternative<ByteLevel>(m_steps.back())) {
        m_spelling = Spelling::Bytes;
    }
    for (const Step& step : m_steps) {
        const auto* metaspace = std::get_if<Metaspace>(&step);
        m_keeps_whole = m_keeps_whole && metaspace != nullptr && !metaspace->split;
    }
}

void PreTokenizer::add(const Json& json)
{
    const std::string& type = fields::type_of(json, kPreTokenizerPart);
    const auto split = [&](auto pattern, SplitBehavior behavior, bool invert) {
        m_steps.emplace_back(Split{std::move(pattern), behavior, invert});
    };
    if (type == "Sequence") {
        for (const Json& part : fields::parts_of(json, "pretokenizers", kPreTokenizerPart)) {
            add(part);
        }
    } else if (type == "Split") {
        add_split(json);
    } else if (type == "ByteLevel") {
        ByteLevel step{fields::get_bool(json, "add_prefix_space", true, kPreTokenizerPart),
                       std::nullopt};
        if (fields::get_bool(json, "use_regex", true, kPreTokenizerPart)) {
            step.regex.emplace(kGpt2Pattern);
        }
        m_steps.emplace_back(std::move(step));
    } else if (type == "Metaspace") {
        add_metaspace(json);
    } else if (type == "Whitespace") {
        split(Regex(R"(\w+|[^\w\s]+)"), SplitBehavior::Removed, true);
    } else if (type == "WhitespaceSplit") {
        split(CharacterClass::Whitespace, SplitBehavior::Removed, false);
    } else if (type == "Punctuation") {
        split(CharacterClass::Punctuation, behavior_of(json, "Isolated"), false);
    } else if (type == "Digits") {
        const bool each = fields::get_bool(json, "individual_digits", false, kPreTokenizerPart);
        split(CharacterClass::Numeric,
              each ? SplitBehavior::Isolated : SplitBehavior::Contiguous,
              false);
    } else {
        fields::refuse(kPreTokenizerPart, type);
    }
}

void PreTokenizer::add_split(const Json& json)
{
    const Json& pattern = fields::need(json, "pattern", kPreTokenizerPart);
    const SplitBehavior behavior = behavior_of(json, "");
    const bool invert = fields::get_bool(json, "invert", false, kPreTokenizerPart);
    if (const Json* regex = fields::find(pattern, "Regex")) {
        m_steps.emplace_back(
            Split{Regex(fields::text_of(*regex, kPreTokenizerPart)), behavior, invert});
        return;
    }
    const std::string& text =
        fields::text_of(fields::need(pattern, "String", kPreTokenizerPart), kPreTokenizerPart);
    if (text.empty()) {
        fields::fail(ErrorCode::Format, "pre_tokenizer: Split has an empty pattern");
    }
    m_steps.emplace_back(Split{text, behavior, invert});
}

void PreTokenizer::add_metaspace(const Json& json)
{
    Metaspace step{fields::get_string(json, "replacement", "\xE2\x96\x81", kPreTokenizerPart),
                   Metaspace::Prepend::Always,
                   fields::get_bool(json, "split", true, kPreTokenizerPart)};
    std::size_t length = 0;
    if (step.mark.empty()
        || (static_cast<void>(unicode::next_character(step.mark, length)),
            length != step.mark.size())) {
        fields::fail(ErrorCode::Format,
                     "pre_tokenizer: Metaspace's replacement is not one character");
    }
    const std::string scheme = fields::get_string(json, "prepend_scheme", "", kPreTokenizerPart);
    const bool prefix = fields::get_bool(json, "add_prefix_space", true, kPreTokenizerPart);
    if (scheme == "never" || (scheme.empty() && !prefix)) {
        step.prepend = Metaspace::Prepend::Never;
    } else if (scheme == "first") {
        step.prepend = Metaspace::Prepend::First;
    } else if (scheme != "always" && !scheme.empty()) {
        fields::refuse("pre_tokenizer.prepend_scheme", scheme);
    }
    m_steps.emplace_back(std::move(step));
}

namespace {

// Appends a part of a piece, unless it is empty.
void emit(TextPiece whole, std::size_t begin, std::size_t end, PreTokenizerScratch& scratch)
{
    if (end > begin) {
        scratch.next.push_back(
            {whole.text.substr(begin, end - begin), whole.at_start && begin == 0});
    }
}

void cut(const Split& split, TextPiece piece, PreTokenizerScratch& scratch)
{
    scratch.ranges.clear();
    const auto visit = [&](std::size_t begin, std::size_t end, bool is_match) {
        scratch.ranges.push_back({begin, end, is_match != split.invert});
    };
    if (const auto* regex = std::get_if<Regex>(&split.pattern)) {
        for_each_split(*regex, piece.text, scratch.regex, visit);
    } else if (const auto* text = std::get_if<std::string>(&split.pattern)) {
        split_by_text(piece.text, *text, visit);
    } else {
        const auto kind = std::get<CharacterClass>(split.pattern);
        split_by_class(piece.text,
                       kind == CharacterClass::Whitespace ? unicode::is_whitespace
                       : kind == CharacterClass::Numeric  ? unicode::is_numeric
                                                          : unicode::is_punctuation,
                       visit);
    }
    if (split.behavior != SplitBehavior::Isolated && split.behavior != SplitBehavior::Removed) {
        join_ranges(scratch.ranges, split.behavior);
    }
    for (const Range& range : scratch.ranges) {
        if (split.behavior != SplitBehavior::Removed || !range.is_match) {
            emit(piece, range.begin, range.end, scratch);
        }
    }
}

void cut(const Metaspace& metaspace, TextPiece piece, PreTokenizerScratch& scratch)
{
    const std::string& mark = metaspace.mark;
    std::string text = replace_all(piece.text, " ", mark);
    const bool wanted = metaspace.prepend == Metaspace::Prepend::Always
                        || (metaspace.prepend == Metaspace::Prepend::First && piece.at_start);
    if (wanted && !text.starts_with(mark)) {
        text.insert(0, mark);
    }
    piece.text = scratch.texts.emplace_back(std::move(text));
    std::size_t begin = 0;
    if (metaspace.split) {
        for (std::size_t at = piece.text.find(mark, 1); at != std::string_view::npos;
             at = piece.text.find(mark, at + 1)) {
            emit(piece, begin, at, scratch);
            begin = at;
        }
    }
    emit(piece, begin, piece.text.size(), scratch);
}

// Where ByteLevel is the last step the bytes stay as they are: BPE maps them, and only those of
// words that it does not remember.
void cut(const ByteLevel& step, bool is_last, TextPiece piece, PreTokenizerScratch& scratch)
{
    if (step.add_prefix_space && !piece.text.starts_with(' ')) {
        piece.text = scratch.texts.emplace_back(" " + std::string(piece.text));
    }
    const auto visit = [&](std::size_t begin, std::size_t end, bool /*is_match*/) {
        if (is_last) {
            emit(piece, begin, end, scratch);
            return;
        }
        const std::string& mapped =
            scratch.texts.emplace_back(byte_level::encode(piece.text.substr(begin, end - begin)));
        emit({mapped, piece.at_start && begin == 0}, 0, mapped.size(), scratch);
    };
    if (step.regex) {
        for_each_split(*step.regex, piece.text, scratch.regex, visit);
    } else {
        visit(0, piece.text.size(), false);
    }
}

} // namespace

void PreTokenizer::apply(TextPiece text, PreTokenizerScratch& scratch) const
{
    scratch.texts.clear();
    scratch.pieces.assign(1, text);
    for (const Step& step : m_steps) {
        scratch.next.clear();
        for (const TextPiece& piece : scratch.pieces) {
            if (const auto* split = std::get_if<Split>(&step)) {
                cut(*split, piece, scratch);
            } else if (const auto* metaspace = std::get_if<Metaspace>(&step)) {
                cut(*metaspace, piece, scratch);
            } else {
                cut(std::get<ByteLevel>(step), &step == &m_steps.back(), piece, scratch);
            }
        }
        std::swap(scratch.pieces, scratch.next);
    }
}

} // namespace engine
