// Reading one safetensors file: the format's checks, in the format's order.
#include "engine/io/safetensors.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/io/safetensors_header.h"

namespace engine {

namespace {

using detail::quoted;

constexpr std::size_t kLengthBytes = 8;

// What people have in place of weights, by its first bytes.
Result<void> refuse_other_formats(std::string_view text, const std::string& what)
{
    if (text.starts_with("version https://git-lfs.github.com/spec/")) {
        return format_error(
            concat(
                what, ": a Git LFS pointer of ", text.size(), " bytes, not the weights themselves"),
            "Fetch the weights with \"git lfs pull\" in the model's folder.");
    }
    const bool zip = text.starts_with("PK\x03\x04");
    // A header length below 2^32 has zeros in bytes 4 to 7, a pickle's first opcodes have not.
    const bool pickle = text.size() >= kLengthBytes && text[0] == '\x80' && text[1] >= 2
                        && text[1] <= 5 && text.substr(4, 4) != std::string_view("\0\0\0\0", 4);
    if (zip || pickle) {
        return format_error(concat(what,
                                   ": a PyTorch pickle",
                                   zip ? " (zip)" : "",
                                   ", which can run code; wanted safetensors"),
                            "Convert it with transformers: save_pretrained(..., "
                            "safe_serialization=True).");
    }
    if (text.starts_with("GGUF")) {
        return format_error(concat(what, ": a GGUF file, wanted safetensors"));
    }
    if (text.starts_with("<!DOCTYPE") || text.starts_with("<html")) {
        return format_error(concat(what, ": an HTML page, wanted safetensors"),
                            "Download the file itself, not the page that shows it.");
    }
    return {};
}

std::uint64_t read_little_endian(std::span<const std::byte> bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    }
    return value;
}

// Steps 1 to 3 of the format's checks: where the header ends.
Result<std::size_t> header_length(std::span<const std::byte> bytes, const std::string& what)
{
    if (bytes.size() < kLengthBytes) {
        return format_error(concat(
            what, ": ", bytes.size(), " bytes, a safetensors file has at least ", kLengthBytes));
    }
    const std::uint64_t length = read_little_endian(bytes);
    if (length > detail::kMaxSafetensorsHeader) {
        return format_error(concat(what,
                                   ": the header states ",
                                   length,
                                   " bytes, at most ",
                                   detail::kMaxSafetensorsHeader,
                                   " are allowed"));
    }
    if (length > bytes.size() - kLengthBytes) {
        return format_error(concat(what,
                                   ": the header states ",
                                   length,
                                   " bytes, the file has ",
                                   bytes.size() - kLengthBytes,
                                   " after its length"));
    }
    return static_cast<std::size_t>(length);
}

// Steps 6 to 8: offsets without overlap or gap, sizes that match the shapes, no bytes left over.
Result<void> check_layout(const std::vector<detail::SafetensorsHeaderEntry>& entries,
                          std::uint64_t data_bytes,
                          const std::string& what)
{
    std::uint64_t previous = 0;
    for (const auto& entry : entries) {
        if (entry.begin != previous || entry.end < entry.begin) {
            return format_error(concat(what,
                                       ": tensor ",
                                       quoted(entry.name),
                                       ": data_offsets [",
                                       entry.begin,
                                       ", ",
                                       entry.end,
                                       "], wanted to begin at ",
                                       previous));
        }
        const auto bytes = detail::safetensors_tensor_bytes(entry.dtype, entry.shape);
        if (!bytes) {
            return format_error(concat(what,
                                       ": tensor ",
                                       quoted(entry.name),
                                       ": the shape of ",
                                       entry.shape.size(),
                                       " sizes has no whole number of bytes"));
        }
        if (*bytes != entry.end - entry.begin) {
            return format_error(concat(what,
                                       ": tensor ",
                                       quoted(entry.name),
                                       ": data_offsets hold ",
                                       entry.end - entry.begin,
                                       " bytes, its shape and dtype need ",
                                       *bytes));
        }
        previous = entry.end;
    }
    if (previous != data_bytes) {
        return format_error(
            concat(what,
                   ": the tensors end at data byte ",
                   previous,
                   ", the file has ",
                   data_bytes,
                   previous > data_bytes ? ": it is cut short" : ": bytes are left over"));
    }
    return {};
}

} // namespace

std::int64_t SafetensorsEntry::numel() const
{
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        count *= size;
    }
    return count;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path)
{
    Result<MappedFile> map = MappedFile::open(path);
    if (!map) {
        return map.error();
    }
    Result<SafetensorsFile> file = parse(map->bytes(), path.string());
    if (file) {
        file->m_map = std::move(*map);
    }
    return file;
}

Result<SafetensorsFile> SafetensorsFile::parse(std::span<const std::byte> bytes, std::string what)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (Result<void> other = refuse_other_formats(text, what); !other) {
        return other.error();
    }
    const Result<std::size_t> length = header_length(bytes, what);
    if (!length) {
        return length.error();
    }
    Result<detail::SafetensorsHeader> header =
        detail::parse_safetensors_header(text.substr(kLengthBytes, *length), what);
    if (!header) {
        return header.error();
    }
    auto& entries = header->entries;
    std::stable_sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
        return std::pair(left.begin, left.end) < std::pair(right.begin, right.end);
    });
    const std::span<const std::byte> data = bytes.subspan(kLengthBytes + *length);
    if (Result<void> layout = check_layout(entries, data.size(), what); !layout) {
        return layout.error();
    }
    SafetensorsFile file;
    file.m_what = std::move(what);
    file.m_metadata = std::move(header->metadata);
    file.m_entries.reserve(entries.size());
    for (auto& entry : entries) {
        file.m_index[entry.name] = file.m_entries.size();
        file.m_entries.push_back({std::move(entry.name),
                                  std::move(entry.dtype),
                                  std::move(entry.shape),
                                  data.subspan(static_cast<std::size_t>(entry.begin),
                                               static_cast<std::size_t>(entry.end - entry.begin))});
    }
    return file;
}

const SafetensorsEntry* SafetensorsFile::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

std::size_t safetensors_dtype_size(const std::string& dtype)
{
    const std::uint64_t bits = detail::safetensors_dtype_bits(dtype);
    return bits % 8 == 0 ? static_cast<std::size_t>(bits / 8) : 0;
}

Result<DType> to_dtype(const SafetensorsEntry& entry)
{
    if (entry.dtype == "F32") {
        return DType::F32;
    }
    if (entry.dtype == "BF16") {
        return DType::BF16;
    }
    if (entry.dtype == "F16") {
        return DType::F16;
    }
    return Error{
        ErrorCode::Unsupported,
        concat(
            "tensor ", quoted(entry.name), ": dtype ", entry.dtype, ", wanted F32, BF16 or F16")};
}

std::string safetensors_name(DType dtype)
{
    switch (dtype) {
    case DType::F32:
        return "F32";
    case DType::BF16:
        return "BF16";
    case DType::F16:
        return "F16";
    case DType::I32:
        return "I32";
    case DType::U8:
        return "U8";
    }
    return "?";
}

} // namespace engine
