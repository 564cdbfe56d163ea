// Strict JSON with a depth limit and duplicate-key detection, on nlohmann's SAX events.
#include "engine/core/json.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "engine/core/platform.h"

namespace engine {

namespace {

// Builds the document and stops with a message at what the limits forbid.
class Builder final : public nlohmann::json_sax<Json>
{
public:
    explicit Builder(const JsonLimits& limits)
        : m_limits(limits)
    {}

    bool null() override { return add(nullptr); }

    bool boolean(bool value) override { return add(value); }

    bool number_integer(number_integer_t value) override { return add(value); }

    bool number_unsigned(number_unsigned_t value) override { return add(value); }

    bool number_float(number_float_t value, const string_t& /*text*/) override
    {
        return add(value);
    }

    bool string(string_t& value) override { return add(std::move(value)); }

    bool binary(binary_t& /*value*/) override { return false; }

    bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }

    bool key(string_t& value) override
    {
        m_key_is_new = m_open.back().keys.insert(value).second;
        if (m_limits.reject_duplicate_keys && !m_key_is_new) {
            m_message = concat("duplicate key \"", value.substr(0, 60), "\"");
            return false;
        }
        m_key = std::move(value);
        return true;
    }

    bool end_object() override { return close(); }

    bool start_array(std::size_t /*elements*/) override { return open(Json::array()); }

    bool end_array() override { return close(); }

    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override
    {
        m_position = position;
        // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...":
        // ours says where.
        const std::string text = error.what();
        const std::size_t start = text.find(": ");
        m_message = start == std::string::npos ? text : text.substr(start + 2);
        return false;
    }

    [[nodiscard]] const std::string& message() const { return m_message; }

    [[nodiscard]] std::size_t position() const { return m_position; }

    Json take() { return std::move(m_root); }

private:
    struct Level
    {
        Json* value;
        std::set<std::string> keys;
    };

    bool open(Json value)
    {
        if (static_cast<int>(m_open.size()) >= m_limits.max_depth) {
            m_message = concat("nested deeper than ", m_limits.max_depth, " levels");
            return false;
        }
        Json* placed = place(std::move(value));
        m_open.push_back({placed, {}});
        return true;
    }

    bool close()
    {
        m_open.pop_back();
        return true;
    }

    template <typename T>
    bool add(T&& value)
    {
        place(Json(std::forward<T>(value)));
        return true;
    }

    Json* place(Json value)
    {
        if (m_open.empty()) {
            m_root = std::move(value);
            return &m_root;
        }
        Json& parent = *m_open.back().value;
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        if (m_key_is_new) {
            // An ordered object looks for a key by going through all of them; a vocabulary has
            // 150,000.
            auto& members = parent.get_ref<Json::object_t&>();
            members.emplace_back(m_key, std::move(value));
            return &members.back().second;
        }
        // With duplicate keys allowed the last value wins, as in every common reader.
        Json& slot = parent[m_key];
        slot = std::move(value);
        return &slot;
    }

    JsonLimits m_limits;
    Json m_root;
    std::vector<Level> m_open;
    std::string m_key;
    bool m_key_is_new = true; // within the object that is open
    std::string m_message;
    std::size_t m_position = 0;
};

std::string line_and_column(std::string_view text, std::size_t position)
{
    const std::string_view before = text.substr(0, std::min(position, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::size_t column =
        newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
    return concat("line ", line, ", column ", std::max<std::size_t>(column, 1));
}

} // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, const JsonLimits& limits)
{
    if (static_cast<std::int64_t>(text.size()) > limits.max_bytes) {
        return Error{ErrorCode::Format,
                     concat(what,
                            ": ",
                            text.size(),
                            " bytes of JSON, at most ",
                            limits.max_bytes,
                            " are read")};
    }
    Builder builder(limits);
    if (Json::sax_parse(text.begin(), text.end(), &builder)) {
        return builder.take();
    }
    std::string where;
    if (builder.position() > 0) {
        where = line_and_column(text, builder.position()) + ": ";
    }
    return Error{ErrorCode::Format, concat(what, ": not valid JSON: ", where, builder.message())};
}

Result<Json> read_json_file(const std::filesystem::path& path, const JsonLimits& limits)
{
    Result<std::string> text = read_file(path, limits.max_bytes);
    if (!text) {
        return text.error();
    }
    std::string_view view = *text;
    if (view.starts_with("\xEF\xBB\xBF")) {
        view.remove_prefix(3);
    }
    return parse_json(view, path.string(), limits);
}

std::string to_line(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace engine
