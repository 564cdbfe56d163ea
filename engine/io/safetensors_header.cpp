// The safetensors header, event by event: {name: {dtype, shape, data_offsets}, "__metadata__": {}}.
#include "engine/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "engine/core/json.h"

namespace engine::detail {

namespace {

struct DtypeInfo
{
    std::string_view name;
    std::uint64_t bits;
};

// In the format's order of increasing alignment, which is also the order of sorting on write.
constexpr std::array<DtypeInfo, 22> kDtypes = {{
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
    {"I64", 64},        {"U64", 64},
}};

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kMaxRank = 64; // far above any real tensor; bounds memory only

// Collects the header; stops with m_message at the first thing that the format does not allow.
class HeaderHandler final : public nlohmann::json_sax<Json>
{
public:
    bool null() override
    {
        // Some writers say that they have no metadata; the reference reads that.
        const bool no_metadata = m_place == Place::Root && m_entry.name == kMetadata;
        return no_metadata || unexpected("null");
    }

    bool boolean(bool /*value*/) override { return unexpected("a boolean"); }

    bool number_integer(number_integer_t value) override
    {
        return unexpected(concat("the number ", value));
    }

    bool number_unsigned(number_unsigned_t value) override
    {
        if (m_place != Place::Array) {
            return unexpected(concat("the number ", value));
        }
        if (value > static_cast<std::uint64_t>(INT64_MAX)) {
            return fail(concat("tensor ",
                               quoted(m_entry.name),
                               ": ",
                               value,
                               " in ",
                               m_field,
                               ", at most 2^63 - 1 is possible"));
        }
        if (m_numbers.size() >= kMaxRank) {
            return fail(concat("tensor ",
                               quoted(m_entry.name),
                               ": more than ",
                               kMaxRank,
                               " numbers in ",
                               m_field));
        }
        m_numbers.push_back(static_cast<std::int64_t>(value));
        return true;
    }

    bool number_float(number_float_t /*value*/, const string_t& text) override
    {
        return unexpected(concat("the number ", text.substr(0, 40)));
    }

    bool string(string_t& value) override
    {
        if (m_place == Place::Metadata) {
            m_header.metadata[m_field] = std::move(value);
            return true;
        }
        if (m_place != Place::Tensor || m_field != "dtype") {
            return unexpected("a string");
        }
        if (!safetensors_dtype_order(value)) {
            return fail(concat("tensor ",
                               quoted(m_entry.name),
                               ": dtype ",
                               quoted(value),
                               " is not one of the format's"));
        }
        m_entry.dtype = std::move(value);
        return true;
    }

    bool binary(binary_t& /*value*/) override { return false; }

    bool start_object(std::size_t /*elements*/) override
    {
        if (m_place == Place::Outside) {
            m_place = Place::Root;
            return true;
        }
        if (m_place != Place::Root) {
            return unexpected("an object");
        }
        m_fields.clear();
        m_place = m_entry.name == kMetadata ? Place::Metadata : Place::Tensor;
        return true;
    }

    bool key(string_t& value) override
    {
        auto& seen = m_place == Place::Root ? m_names : m_fields;
        if (!seen.insert(value).second) {
            return fail(concat(
                "duplicate ", m_place == Place::Root ? "tensor name " : "key ", quoted(value)));
        }
        if (m_place == Place::Root) {
            m_entry = {};
            m_entry.name = std::move(value);
            return true;
        }
        if (m_place == Place::Tensor && value != "dtype" && value != "shape"
            && value != "data_offsets") {
            return fail(concat("tensor ", quoted(m_entry.name), ": unknown field ", quoted(value)));
        }
        m_field = std::move(value);
        return true;
    }

    bool end_object() override
    {
        if (m_place == Place::Tensor) {
            for (const char* field : {"dtype", "shape", "data_offsets"}) {
                if (!m_fields.contains(field)) {
                    return fail(concat("tensor ", quoted(m_entry.name), ": no ", field));
                }
            }
            m_header.entries.push_back(std::move(m_entry));
            m_entry = {};
        }
        m_place = m_place == Place::Root ? Place::Outside : Place::Root;
        return true;
    }

    bool start_array(std::size_t /*elements*/) override
    {
        if (m_place != Place::Tensor || m_field == "dtype") {
            return unexpected("an array");
        }
        m_numbers.clear();
        m_place = Place::Array;
        return true;
    }

    bool end_array() override
    {
        m_place = Place::Tensor;
        if (m_field == "shape") {
            m_entry.shape = m_numbers;
            return true;
        }
        if (m_numbers.size() != 2) {
            return fail(concat("tensor ",
                               quoted(m_entry.name),
                               ": ",
                               m_numbers.size(),
                               " data_offsets, wanted 2"));
        }
        m_entry.begin = static_cast<std::uint64_t>(m_numbers[0]);
        m_entry.end = static_cast<std::uint64_t>(m_numbers[1]);
        return true;
    }

    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override
    {
        return fail(concat("the header is not valid JSON at byte ", position, " of it"));
    }

    [[nodiscard]] const std::string& message() const { return m_message; }

    SafetensorsHeader take() { return std::move(m_header); }

private:
    enum class Place { Outside, Root, Metadata, Tensor, Array };

    bool fail(std::string message)
    {
        m_message = std::move(message);
        return false;
    }

    bool unexpected(const std::string& found)
    {
        switch (m_place) {
        case Place::Outside:
            return fail(concat("the header is ", found, ", wanted an object"));
        case Place::Metadata:
            return fail(
                concat("__metadata__ ", quoted(m_field), " is ", found, ", wanted a string"));
        case Place::Root:
            return fail(
                concat("tensor ", quoted(m_entry.name), " is ", found, ", wanted an object"));
        case Place::Tensor:
            return fail(concat("tensor ", quoted(m_entry.name), ": ", m_field, " is ", found));
        case Place::Array:
            break;
        }
        return fail(concat("tensor ",
                           quoted(m_entry.name),
                           ": ",
                           m_field,
                           " holds ",
                           found,
                           ", wanted unsigned integers"));
    }

    SafetensorsHeader m_header;
    SafetensorsHeaderEntry m_entry;
    Place m_place = Place::Outside;
    std::string m_field;
    std::vector<std::int64_t> m_numbers;
    std::unordered_set<std::string> m_names;
    std::unordered_set<std::string> m_fields;
    std::string m_message;
};

// Bytes of the UTF-8 sequence at `at`; 0 when it is not one.
std::size_t utf8_sequence(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    // Overlong forms, surrogates, and what lies above U+10FFFF.
    const bool bad = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)
                     || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
    return bad ? 0 : length;
}

} // namespace

bool is_valid_utf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_sequence(text, at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

std::string quoted(std::string_view name)
{
    constexpr std::size_t kShown = 160;
    if (name.size() <= kShown) {
        return concat('"', name, '"');
    }
    std::size_t cut = kShown;
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U) {
        --cut;
    }
    return concat('"', name.substr(0, cut), "...\"");
}

std::optional<int> safetensors_dtype_order(std::string_view dtype)
{
    const auto found = std::find_if(
        kDtypes.begin(), kDtypes.end(), [&](const DtypeInfo& info) { return info.name == dtype; });
    if (found == kDtypes.end()) {
        return std::nullopt;
    }
    return static_cast<int>(found - kDtypes.begin());
}

std::uint64_t safetensors_dtype_bits(std::string_view dtype)
{
    const std::optional<int> order = safetensors_dtype_order(dtype);
    return order ? kDtypes[static_cast<std::size_t>(*order)].bits : 0;
}

std::optional<std::uint64_t> safetensors_tensor_bytes(std::string_view dtype,
                                                      const std::vector<std::int64_t>& shape)
{
    std::uint64_t bits = safetensors_dtype_bits(dtype);
    std::uint64_t count = 1;
    for (const std::int64_t size : shape) {
        const auto factor = static_cast<std::uint64_t>(size);
        if (factor != 0 && count > UINT64_MAX / factor) {
            return std::nullopt;
        }
        count *= factor;
    }
    if (bits == 0 || count > UINT64_MAX / bits) {
        return std::nullopt;
    }
    bits *= count;
    return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

Result<SafetensorsHeader> parse_safetensors_header(std::string_view text, std::string_view what)
{
    if (!is_valid_utf8(text)) {
        return Error{ErrorCode::Format, concat(what, ": the safetensors header is not UTF-8")};
    }
    if (text.empty() || text.front() != '{') {
        return Error{ErrorCode::Format,
                     concat(what, ": the safetensors header does not begin with {")};
    }
    HeaderHandler handler;
    if (!Json::sax_parse(text.begin(), text.end(), &handler)) {
        return Error{ErrorCode::Format, concat(what, ": ", handler.message())};
    }
    return handler.take();
}

} // namespace engine::detail
