// The decoder's steps; each turns the list of pieces into another list.
#include "engine/tokenizer/decoder.h"

#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/fields.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

constexpr std::string_view kDecoderPart = "decoder";

// The byte of "<0x0A>".
std::optional<char> byte_of(std::string_view piece)
{
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') {
        return std::nullopt;
    }
    unsigned value = 0;
    const char* end = piece.data() + 5;
    const auto [stopped, code] = std::from_chars(piece.data() + 3, end, value, 16);
    return code == std::errc() && stopped == end ? std::optional(static_cast<char>(value))
                                                 : std::nullopt;
}

std::vector<std::string> join_bytes(std::vector<std::string> pieces)
{
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&] {
        if (bytes.empty()) {
            return;
        }
        if (!unicode::is_valid_utf8(bytes)) {
            std::string marks;
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                unicode::append_utf8(marks, unicode::kReplacement);
            }
            bytes = std::move(marks);
        }
        out.push_back(std::move(bytes));
        bytes.clear();
    };
    for (std::string& piece : pieces) {
        if (const auto byte = byte_of(piece)) {
            bytes.push_back(*byte);
        } else {
            flush();
            out.push_back(std::move(piece));
        }
    }
    flush();
    return out;
}

std::string
strip(std::string_view piece, std::string_view content, std::int64_t start, std::int64_t stop)
{
    for (; start > 0 && piece.starts_with(content); --start) {
        piece.remove_prefix(content.size());
    }
    for (; stop > 0 && piece.ends_with(content); --stop) {
        piece.remove_suffix(content.size());
    }
    return std::string(piece);
}

std::string fuse(const std::vector<std::string>& pieces)
{
    std::string text;
    for (const std::string& piece : pieces) {
        text.append(piece);
    }
    return text;
}

} // namespace

Decoder::Decoder(const Json& json)
    : m_is_null(json.is_null())
{
    if (!m_is_null) {
        add(json);
    }
}

void Decoder::add(const Json& json)
{
    const std::string& type = fields::type_of(json, kDecoderPart);
    if (type == "Sequence") {
        for (const Json& part : fields::parts_of(json, "decoders", kDecoderPart)) {
            add(part);
        }
    } else if (type == "ByteLevel") {
        m_steps.emplace_back(Bytes{});
    } else if (type == "ByteFallback") {
        m_steps.emplace_back(ByteFallback{});
    } else if (type == "Fuse") {
        m_steps.emplace_back(Fuse{});
    } else if (type == "Strip") {
        Strip step{fields::get_string(json, "content", " ", kDecoderPart),
                   fields::get_count(json, "start", 0, kDecoderPart),
                   fields::get_count(json, "stop", 0, kDecoderPart)};
        if (step.content.empty()) {
            fields::fail(ErrorCode::Format, "decoder: Strip has an empty content");
        }
        m_steps.emplace_back(std::move(step));
    } else if (type == "Replace") {
        const Json& pattern = fields::need(json, "pattern", kDecoderPart);
        std::string to = fields::text_of(fields::need(json, "content", kDecoderPart), kDecoderPart);
        if (const Json* regex = fields::find(pattern, "Regex")) {
            m_steps.emplace_back(
                ReplaceRegex{Regex(fields::text_of(*regex, kDecoderPart)), std::move(to)});
        } else {
            std::string from =
                fields::text_of(fields::need(pattern, "String", kDecoderPart), kDecoderPart);
            if (from.empty()) {
                fields::fail(ErrorCode::Format, "decoder: Replace has an empty pattern");
            }
            m_steps.emplace_back(ReplaceText{std::move(from), std::move(to)});
        }
    } else if (type == "Metaspace") {
        const bool prefix = fields::get_bool(json, "add_prefix_space", true, kDecoderPart);
        const std::string scheme =
            fields::get_string(json, "prepend_scheme", prefix ? "always" : "never", kDecoderPart);
        m_steps.emplace_back(
            Metaspace{fields::get_string(json, "replacement", "\xE2\x96\x81", kDecoderPart),
                      scheme != "never"});
    } else {
        fields::refuse(kDecoderPart, type);
    }
}

void Decoder::apply_step(const Step& step, std::vector<std::string>& pieces, RegexScratch& scratch)
{
    const auto each = [&](auto change) {
        for (std::string& piece : pieces) {
            piece = change(piece);
        }
    };
    if (std::holds_alternative<Bytes>(step)) {
        std::string bytes;
        for (const std::string& piece : pieces) {
            byte_level::append_decoded(bytes, piece);
        }
        pieces.assign(1, unicode::replace_invalid_utf8(bytes));
    } else if (std::holds_alternative<ByteFallback>(step)) {
        pieces = join_bytes(std::move(pieces));
    } else if (std::holds_alternative<Fuse>(step)) {
        pieces.assign(1, fuse(pieces));
    } else if (const auto* s = std::get_if<Strip>(&step)) {
        each([&](const std::string& piece) { return strip(piece, s->content, s->start, s->stop); });
    } else if (const auto* text = std::get_if<ReplaceText>(&step)) {
        each([&](const std::string& piece) { return replace_all(piece, text->from, text->to); });
    } else if (const auto* regex = std::get_if<ReplaceRegex>(&step)) {
        each([&](const std::string& piece) {
            return replace_all(piece, regex->from, regex->to, scratch);
        });
    } else {
        const auto& metaspace = std::get<Metaspace>(step);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const bool drops = i == 0 && metaspace.prepended;
            pieces[i] = replace_all(pieces[i], metaspace.mark, drops ? "" : " ");
        }
    }
}

std::string Decoder::apply(std::vector<std::string> pieces, RegexScratch& scratch) const
{
    if (m_is_null) {
        std::string text;
        for (const std::string& piece : pieces) {
            text.append(text.empty() && &piece == pieces.data() ? "" : " ").append(piece);
        }
        return text;
    }
    for (const Step& step : m_steps) {
        apply_step(step, pieces, scratch);
    }
    return fuse(pieces);
}

} // namespace engine
