// Records of plain text: documents between <|endoftext|> lines, or paragraphs between blank lines,
// or single lines, whichever the file has.
#include <algorithm>

#include "engine/core/text.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::string_view kDocumentEnd = "<|endoftext|>";
constexpr std::size_t kMinCharacters = 16; // less is no training text

std::string_view next_line(std::string_view bytes, std::size_t at)
{
    std::string_view line = bytes.substr(at, bytes.find('\n', at) - at);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

enum class TextSplit { Documents, Paragraphs, Lines };

TextSplit split_of(std::string_view bytes)
{
    bool blank_line = false;
    bool text_seen = false;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::string_view line = next_line(bytes, at);
        if (trimmed(line) == kDocumentEnd) {
            return TextSplit::Documents;
        }
        const bool blank = trimmed(line).empty();
        const bool more = at + line.size() + 2 < bytes.size();
        blank_line = blank_line || (blank && text_seen && more);
        text_seen = text_seen || !blank;
        at = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    }
    const bool rest = blank_line && text_seen;
    return rest ? TextSplit::Paragraphs : TextSplit::Lines;
}

bool separates(TextSplit split, std::string_view line)
{
    return split == TextSplit::Documents ? trimmed(line) == kDocumentEnd : trimmed(line).empty();
}

class RecordWriter
{
public:
    explicit RecordWriter(const RowSink& sink)
        : m_sink(sink)
    {}

    void add(std::string_view line)
    {
        if (!m_text.empty() || !trimmed(line).empty()) {
            m_text += m_text.empty() ? "" : "\n";
            m_text += line;
        }
    }

    // False when the sink wants no more.
    bool finish(std::size_t end)
    {
        while (!m_text.empty() && m_text.back() == '\n') {
            m_text.pop_back();
        }
        if (trimmed(m_text).empty()) {
            m_text.clear();
            return true;
        }
        SourceRow row;
        row.row = ++m_row;
        row.end = end;
        row.value = Json::object();
        row.value["text"] = std::move(m_text);
        m_text.clear();
        return m_sink(std::move(row));
    }

private:
    const RowSink& m_sink;
    std::string m_text;
    std::int64_t m_row = 0;
};

} // namespace

Result<void> read_text_rows(std::string_view bytes, const std::string& name, const RowSink& sink)
{
    if (const auto bad = first_invalid_utf8(bytes); bad) {
        const std::string_view before = bytes.substr(0, *bad);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        const std::size_t start = before.rfind('\n') + 1; // npos + 1 is 0
        return Error{ErrorCode::Format,
                     concat(name,
                            ": line ",
                            line,
                            ": ",
                            byte_text(bytes.substr(start), *bad - start),
                            " is not UTF-8"),
                     encoding_hint(bytes)};
    }
    if (const std::size_t size = trimmed(bytes).size(); size < kMinCharacters) {
        return Error{ErrorCode::Format,
                     concat(name,
                            ": too small: ",
                            size,
                            size == 1 ? " byte" : " bytes",
                            " of text, at least ",
                            kMinCharacters,
                            " are wanted"),
                     "choose a file with more text"};
    }
    const TextSplit split = split_of(bytes);
    RecordWriter record(sink);
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::string_view line = next_line(bytes, at);
        at = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
        const bool separator = split != TextSplit::Lines && separates(split, line);
        if (!separator) {
            record.add(line);
        }
        if ((separator || split == TextSplit::Lines) && !record.finish(at)) {
            return {};
        }
    }
    record.finish(bytes.size());
    return {};
}

} // namespace engine
