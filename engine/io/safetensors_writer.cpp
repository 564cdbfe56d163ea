// Writing safetensors: the reference's order and padding, streamed into a file that appears whole.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/io/safetensors_header.h"

namespace engine {

namespace {

using detail::quoted;

Error invalid_argument(std::string message)
{
    return {ErrorCode::InvalidArgument, std::move(message)};
}

Result<void> check_sources(const std::vector<SafetensorsSource>& tensors, const std::string& what)
{
    for (const SafetensorsSource& tensor : tensors) {
        if (!detail::is_valid_utf8(tensor.name) || tensor.name.empty()
            || tensor.name == "__metadata__") {
            return invalid_argument(
                concat(what, ": a tensor's name is empty, reserved or not UTF-8"));
        }
        const bool negative = std::any_of(
            tensor.shape.begin(), tensor.shape.end(), [](auto size) { return size < 0; });
        if (negative || !detail::safetensors_tensor_bytes(tensor.dtype, tensor.shape)) {
            return invalid_argument(concat(what,
                                           ": tensor ",
                                           quoted(tensor.name),
                                           ": dtype ",
                                           tensor.dtype,
                                           " and its shape have no size in bytes"));
        }
    }
    return {};
}

// Wider types first, then names, as the reference sorts. Errors on a name that occurs twice.
Result<void> sort_sources(std::vector<SafetensorsSource>& tensors, const std::string& what)
{
    std::sort(tensors.begin(), tensors.end(), [](const auto& left, const auto& right) {
        const int left_order = *detail::safetensors_dtype_order(left.dtype);
        const int right_order = *detail::safetensors_dtype_order(right.dtype);
        return left_order != right_order ? left_order > right_order : left.name < right.name;
    });
    std::vector<std::string_view> names;
    names.reserve(tensors.size());
    for (const SafetensorsSource& tensor : tensors) {
        names.push_back(tensor.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
        return invalid_argument(concat(what, ": tensor ", quoted(*twice), " is given twice"));
    }
    return {};
}

std::string make_header(const std::vector<SafetensorsSource>& tensors,
                        const std::map<std::string, std::string>& metadata)
{
    Json all_metadata = {{"format", "pt"}};
    for (const auto& [key, value] : metadata) {
        all_metadata[key] = value;
    }
    std::string header = concat("{\"__metadata__\":",
                                all_metadata.dump(-1, ' ', false, Json::error_handler_t::replace));
    std::uint64_t offset = 0;
    for (const SafetensorsSource& tensor : tensors) {
        const std::uint64_t bytes = *detail::safetensors_tensor_bytes(tensor.dtype, tensor.shape);
        header += concat(',',
                         Json(tensor.name).dump(),
                         ":{\"dtype\":\"",
                         tensor.dtype,
                         "\",\"shape\":",
                         Json(tensor.shape).dump(),
                         ",\"data_offsets\":[",
                         offset,
                         ',',
                         offset + bytes,
                         "]}");
        offset += bytes;
    }
    header += '}';
    header.resize((header.size() + 7) / 8 * 8, ' ');
    return header;
}

Result<void>
write_tensor(AtomicFile& file, const SafetensorsSource& tensor, const std::string& what)
{
    const std::uint64_t wanted = *detail::safetensors_tensor_bytes(tensor.dtype, tensor.shape);
    std::uint64_t written = 0;
    const auto sink = [&](std::span<const std::byte> bytes) -> Result<void> {
        written += bytes.size();
        if (written > wanted) {
            return invalid_argument(concat(what,
                                           ": tensor ",
                                           quoted(tensor.name),
                                           ": at least ",
                                           written,
                                           " bytes given, its shape needs ",
                                           wanted));
        }
        return file.write(bytes);
    };
    if (Result<void> result = tensor.write(sink); !result) {
        return result;
    }
    if (written != wanted) {
        return invalid_argument(concat(what,
                                       ": tensor ",
                                       quoted(tensor.name),
                                       ": ",
                                       written,
                                       " bytes given, its shape needs ",
                                       wanted));
    }
    return {};
}

} // namespace

std::vector<std::int64_t> safetensors_shape(const Shape& shape)
{
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(shape.rank()));
    for (int axis = 0; axis < shape.rank(); ++axis) {
        sizes[static_cast<std::size_t>(axis)] = shape[axis];
    }
    return sizes;
}

Result<void> write_safetensors(const std::filesystem::path& path,
                               std::vector<SafetensorsSource> tensors,
                               const std::map<std::string, std::string>& metadata)
{
    const std::string what = path.string();
    if (Result<void> checked = check_sources(tensors, what); !checked) {
        return checked;
    }
    if (Result<void> sorted = sort_sources(tensors, what); !sorted) {
        return sorted;
    }
    const std::string header = make_header(tensors, metadata);
    if (header.size() > detail::kMaxSafetensorsHeader) {
        return invalid_argument(concat(what,
                                       ": a header of ",
                                       header.size(),
                                       " bytes, at most ",
                                       detail::kMaxSafetensorsHeader,
                                       " are allowed"));
    }
    Result<AtomicFile> file = AtomicFile::create(path);
    if (!file) {
        return file.error();
    }
    std::array<std::byte, 8> length = {};
    for (std::size_t i = 0; i < length.size(); ++i) {
        length[i] = static_cast<std::byte>((header.size() >> (8 * i)) & 0xFFU);
    }
    if (Result<void> result = file->write(length); !result) {
        return result;
    }
    if (Result<void> result = file->write(std::string_view(header)); !result) {
        return result;
    }
    for (const SafetensorsSource& tensor : tensors) {
        if (Result<void> result = write_tensor(*file, tensor, what); !result) {
            return result;
        }
    }
    return file->commit();
}

} // namespace engine
