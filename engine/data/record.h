// One training example before rendering, and what a reader has to say about a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

enum class Role { System, User, Assistant, Tool };

[[nodiscard]] std::string_view to_string(Role role);

struct Message
{
    Role role = Role::User;
    std::string content;
    bool train = true; // of assistant turns: weight 0 means context only
    // Byte of `content` where an Alpaca row's input begins, behind the newline that joins it to the
    // instruction; 0 when there is none. Only the Alpaca format renders the two apart.
    std::size_t input_at = 0;
};

// A conversation, a prompt with its completion, or raw text.
struct Record
{
    enum class Kind { Messages, PromptCompletion, Text };

    Kind kind = Kind::Messages;
    std::vector<Message> messages; // Messages
    std::string prompt;            // PromptCompletion
    std::string completion;        // PromptCompletion, or Text's whole text
    std::int64_t row =
        0; // 1-based: file line (JSONL), element (JSON array), data row (CSV), record (text)
    bool warned = false; // the reader had a warning about this row
};

enum class Severity { Warning, Error };

// A problem of one row, or of the file when row is 0.
struct RowProblem
{
    Severity severity = Severity::Error;
    std::int64_t row = 0;
    std::string code; // stable: "missing_field", "empty_output", "duplicate", "invalid_json", ...
    std::string message; // names what was found and what was wanted
};

} // namespace engine
