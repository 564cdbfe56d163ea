// Rows of delimited files: RFC 4180 quoting with newlines and doubled quotes inside cells, a header
// row, and file lines in the messages.
#include <algorithm>
#include <optional>
#include <set>

#include "engine/core/text.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

// Walks records of cells. In tab-separated files a quote that does not close on its line is a
// character like any other, as such files are often written without quoting.
class CsvReader
{
public:
    CsvReader(std::string_view bytes, char delimiter)
        : m_bytes(bytes)
        , m_delimiter(delimiter)
    {}

    [[nodiscard]] bool at_end() const { return m_at >= m_bytes.size(); }

    [[nodiscard]] std::size_t offset() const { return m_at; }

    [[nodiscard]] std::int64_t line() const { return m_line; } // of the next record, from 1

    [[nodiscard]] const std::string& problem() const { return m_problem; }

    // The record's bytes, its line end left out.
    [[nodiscard]] std::string_view raw() const { return m_raw; }

    // Cells of the next record; problem() says what is wrong with it, if anything.
    void next(std::vector<std::string>& cells)
    {
        cells.clear();
        m_problem.clear();
        const std::size_t begin = m_at;
        bool more = true;
        while (more) {
            cells.emplace_back();
            more = read_cell(cells.back());
        }
        m_raw = m_bytes.substr(begin, m_at - begin);
        m_line += std::max<std::int64_t>(1, std::count(m_raw.begin(), m_raw.end(), '\n'));
        while (m_raw.ends_with('\n') || m_raw.ends_with('\r')) {
            m_raw.remove_suffix(1);
        }
    }

private:
    [[nodiscard]] bool quote_opens() const
    {
        if (m_at >= m_bytes.size() || m_bytes[m_at] != '"') {
            return false;
        }
        if (m_delimiter != '\t') {
            return true;
        }
        const std::size_t line_end = std::min(m_bytes.find('\n', m_at), m_bytes.size());
        std::size_t at = m_at + 1;
        while (at < line_end) {
            if (m_bytes[at] == '"') {
                const bool doubled = at + 1 < line_end && m_bytes[at + 1] == '"';
                if (!doubled) {
                    const char next = at + 1 < m_bytes.size() ? m_bytes[at + 1] : '\n';
                    return next == '\t' || next == '\n' || next == '\r';
                }
                ++at;
            }
            ++at;
        }
        return false;
    }

    // True when a delimiter ended the cell, false when the record ended.
    bool read_cell(std::string& cell)
    {
        if (quote_opens()) {
            read_quoted(cell);
        }
        while (m_at < m_bytes.size()) {
            const char c = m_bytes[m_at++];
            if (c == m_delimiter) {
                return true;
            }
            if (c == '\n') {
                return false;
            }
            if (c == '\r' && (m_at == m_bytes.size() || m_bytes[m_at] == '\n')) {
                continue;
            }
            cell += c;
        }
        return false;
    }

    void read_quoted(std::string& cell)
    {
        ++m_at;
        while (true) {
            const std::size_t quote = m_bytes.find('"', m_at);
            if (quote == std::string_view::npos) {
                m_problem = concat("a quote that opens at line ", m_line, " never closes");
                m_at = m_bytes.size();
                return;
            }
            cell.append(m_bytes, m_at, quote - m_at);
            m_at = quote + 1;
            if (m_at >= m_bytes.size() || m_bytes[m_at] != '"') {
                break;
            }
            cell += '"';
            ++m_at;
        }
        const char next = m_at < m_bytes.size() ? m_bytes[m_at] : '\n';
        if (next != m_delimiter && next != '\n' && next != '\r') {
            m_problem =
                concat("text follows a closing quote: ", in_quotes(m_bytes.substr(m_at, 40), 20));
        }
    }

    std::string_view m_bytes;
    char m_delimiter;
    std::size_t m_at = 0;
    std::int64_t m_line = 1;
    std::string m_problem;
    std::string_view m_raw;
};

// What is wrong with a record as text or in its cell count; empty when nothing is.
std::string record_problem(const CsvReader& reader, std::size_t cells, std::size_t wanted)
{
    if (const auto bad = first_invalid_utf8(reader.raw()); bad) {
        return concat(
            byte_text(reader.raw(), *bad), " is not UTF-8; ", encoding_hint(reader.raw()));
    }
    if (const std::size_t nul = reader.raw().find('\0'); nul != std::string_view::npos) {
        return concat(byte_text(reader.raw(), nul), " is a NUL character");
    }
    if (!reader.problem().empty()) {
        return reader.problem();
    }
    if (static_cast<std::int64_t>(reader.raw().size()) > kMaxRowBytes) {
        return concat(
            reader.raw().size(), " bytes in one row, at most ", kMaxRowBytes, " are read");
    }
    if (cells != wanted) {
        return concat(cells, cells == 1 ? " cell, " : " cells, ", wanted, " are in the header");
    }
    return "";
}

std::string problem_code(const std::string& message)
{
    if (message.find("UTF-8") != std::string::npos) {
        return "invalid_utf8";
    }
    if (message.find("NUL") != std::string::npos) {
        return "nul_character";
    }
    return message.find("header") != std::string::npos ? "cell_count" : "invalid_csv";
}

Result<std::vector<std::string>> read_header(CsvReader& reader, const std::string& name)
{
    std::vector<std::string> header;
    reader.next(header);
    if (const std::string wrong = record_problem(reader, header.size(), header.size());
        !wrong.empty()) {
        return Error{ErrorCode::Format, concat(name, ": line 1: ", wrong)};
    }
    std::set<std::string> seen;
    for (std::string& cell : header) {
        cell = std::string(trimmed(cell));
        if (!cell.empty() && !seen.insert(cell).second) {
            return Error{
                ErrorCode::Format,
                concat(name, ": line 1: column ", in_quotes(cell), " is in the header twice"),
                "rename one of them"};
        }
    }
    return header;
}

} // namespace

std::vector<std::string> csv_header(std::string_view bytes, char delimiter)
{
    // A header longer than this is text, not a header.
    constexpr std::size_t kMaxHeader = 64 << 10;
    CsvReader reader(bytes.substr(0, kMaxHeader), delimiter);
    std::vector<std::string> cells;
    if (!reader.at_end()) {
        reader.next(cells);
    }
    for (std::string& cell : cells) {
        cell = std::string(trimmed(cell));
    }
    return cells;
}

Result<void>
read_csv_rows(std::string_view bytes, char delimiter, const std::string& name, const RowSink& sink)
{
    CsvReader reader(bytes, delimiter);
    const Result<std::vector<std::string>> header = read_header(reader, name);
    if (!header) {
        return header.error();
    }
    std::vector<std::string> cells;
    std::int64_t number = 0;
    while (!reader.at_end()) {
        const std::int64_t line = reader.line();
        reader.next(cells);
        if (trimmed(reader.raw()).empty()) {
            continue;
        }
        SourceRow row;
        row.row = ++number;
        row.end = reader.offset();
        const std::string wrong = record_problem(reader, cells.size(), header->size());
        if (wrong.empty()) {
            row.value = Json::object();
            auto& object = row.value.get_ref<Json::object_t&>();
            for (std::size_t i = 0; i < cells.size(); ++i) {
                if (!(*header)[i].empty()) {
                    object.emplace_back((*header)[i], std::move(cells[i]));
                }
            }
        } else {
            row.problems.push_back({Severity::Error,
                                    number,
                                    problem_code(wrong),
                                    concat("file line ", line, ": ", wrong)});
        }
        if (!sink(std::move(row))) {
            return {};
        }
    }
    if (number == 0) {
        return Error{ErrorCode::Format, concat(name, ": no rows below the header")};
    }
    return {};
}

} // namespace engine
