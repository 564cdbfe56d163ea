// Reads a file's rows through a builder into a Dataset: options, progress, cancelling, fingerprint.
// One file because the stages of one read share its state.
#include "engine/data/dataset.h"

#include <algorithm>
#include <array>

#include "engine/core/platform.h"
#include "engine/core/sha256.h"
#include "engine/data/dataset_builder.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::array<std::pair<std::string_view, DataFormat>, 6> kFormats = {{
    {"auto", DataFormat::Auto},
    {"alpaca", DataFormat::Alpaca},
    {"sharegpt", DataFormat::ShareGpt},
    {"messages", DataFormat::Messages},
    {"completion", DataFormat::Completion},
    {"text", DataFormat::Text},
}};

constexpr std::array<std::string_view, 9> kRoleNames = {"messages",
                                                        "prompt",
                                                        "completion",
                                                        "instruction",
                                                        "input",
                                                        "output",
                                                        "system",
                                                        "history",
                                                        "text"};

Result<void> check_options(const DatasetOptions& options)
{
    for (const auto& [column, role] : options.column_map) {
        if (std::find(kRoleNames.begin(), kRoleNames.end(), role) == kRoleNames.end()) {
            return Error{ErrorCode::InvalidArgument,
                         concat("map ", in_quotes(column), "=", in_quotes(role), ": no such role"),
                         std::string(kColumnMapHint)};
        }
    }
    return {};
}

using PageDropper = std::function<void(std::size_t offset, std::size_t size)>;

Result<Dataset> read_bytes(std::string_view bytes,
                           const std::string& name,
                           const DatasetOptions& options,
                           const PageDropper& drop_pages)
{
    if (Result<void> valid = check_options(options); !valid) {
        return valid.error();
    }
    const Result<RecognizedContainer> source = recognize_container(bytes, name);
    if (!source) {
        return source.error();
    }
    Dataset dataset;
    dataset.container = container_name(*source);
    DatasetBuilder builder(name, options, dataset);
    constexpr std::size_t kStride = 16U << 20U; // bytes between progress reports and dropped pages
    const std::size_t skipped = bytes.size() - source->bytes.size();
    std::size_t reported = 0;
    bool stopped = false;
    const Result<void> read = read_rows(*source, name, [&](SourceRow&& row) {
        const std::size_t end = skipped + row.end;
        if (options.stop.stop_requested()) {
            stopped = true;
            return false;
        }
        if (end > reported + kStride) {
            drop_pages(reported, end - reported);
            reported = end;
            if (options.progress) {
                options.progress(static_cast<double>(end) / static_cast<double>(bytes.size()));
            }
        }
        return builder.add(std::move(row));
    });
    if (stopped) {
        return Error{ErrorCode::Cancelled, concat(name, ": reading was cancelled")};
    }
    if (!read) {
        return read.error();
    }
    if (Result<void> finished = builder.finish(); !finished) {
        return finished.error();
    }
    if (options.progress) {
        options.progress(1.0);
    }
    return dataset;
}

std::string name_of(const std::filesystem::path& path)
{
    const auto name = path.filename().u8string();
    return as_utf8({reinterpret_cast<const char*>(name.data()), name.size()});
}

// SHA-256 of a mapped file, its pages given back on the way.
std::string fingerprint_of(const MappedFile& file)
{
    constexpr std::size_t kStride = 16U << 20U;
    Sha256 hash;
    const std::span<const std::byte> bytes = file.bytes();
    for (std::size_t at = 0; at < bytes.size(); at += kStride) {
        const std::size_t size = std::min(kStride, bytes.size() - at);
        hash.update(bytes.subspan(at, size));
        file.drop_pages(at, size);
    }
    return hash.hex_digest();
}

} // namespace

Result<DataFormat> parse_data_format(std::string_view name)
{
    const auto* const found = std::find_if(
        kFormats.begin(), kFormats.end(), [&](const auto& entry) { return entry.first == name; });
    if (found == kFormats.end()) {
        return Error{
            ErrorCode::InvalidArgument,
            concat("format: ",
                   in_quotes(name),
                   ", one of auto, alpaca, sharegpt, messages, completion, text is wanted")};
    }
    return found->second;
}

std::string_view to_string(DataFormat format)
{
    const auto* const found =
        std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& entry) {
            return entry.second == format;
        });
    return found->first;
}

Result<Dataset> read_dataset(const std::filesystem::path& path, const DatasetOptions& options)
{
    const Result<MappedFile> file = MappedFile::open(path);
    if (!file) {
        return file.error();
    }
    Result<Dataset> dataset =
        read_bytes(file->text(), name_of(path), options, [&](std::size_t offset, std::size_t size) {
            file->drop_pages(offset, size);
        });
    if (dataset) {
        dataset->fingerprint = fingerprint_of(*file);
    }
    return dataset;
}

std::vector<std::string> find_columns(const std::filesystem::path& path, const StopToken& stop)
{
    std::vector<std::string> columns;
    const Result<MappedFile> file = MappedFile::open(path);
    if (!file) {
        return columns;
    }
    const std::string name = name_of(path);
    const Result<RecognizedContainer> source = recognize_container(file->text(), name);
    if (!source) {
        return columns;
    }
    // A file that breaks off later has told its columns all the same.
    (void)read_rows(*source, name, [&](SourceRow&& row) {
        if (row.value.is_object()) {
            for (const auto& item : row.value.items()) {
                columns.push_back(item.key());
            }
        }
        return columns.empty() && !stop.stop_requested();
    });
    return columns;
}

Result<Dataset>
read_dataset_text(std::string_view bytes, const std::string& name, const DatasetOptions& options)
{
    Result<Dataset> dataset =
        read_bytes(bytes, name, options, [](std::size_t /*offset*/, std::size_t /*size*/) {});
    if (dataset) {
        dataset->fingerprint = sha256_hex(bytes);
    }
    return dataset;
}

} // namespace engine
