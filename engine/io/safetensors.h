// The safetensors format: a checked, memory-mapped reader, and a writer whose files appear whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/core/error.h"
#include "engine/core/platform.h"
#include "engine/tensor/shape.h"

namespace engine {

struct SafetensorsEntry
{
    std::string name;
    std::string dtype; // the file's spelling: "F32", "BF16", "I64", ...
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes; // points into the map; alignment is not guaranteed

    [[nodiscard]] std::int64_t numel() const;
};

// One file. Every rule of the format is checked before an entry is handed out: header length,
// UTF-8, JSON, known dtype, contiguous non-overlapping offsets, sizes that match shapes, no
// trailing bytes.
class SafetensorsFile
{
public:
    // Errors: NotFound, Io, Format (naming the file, the tensor, the number found and wanted). A
    // Git LFS pointer and a pickle are recognised and named.
    [[nodiscard]] static Result<SafetensorsFile> open(const std::filesystem::path& path);

    // The same checks on bytes in memory, which must outlive the object; for tests and fuzzing.
    [[nodiscard]] static Result<SafetensorsFile> parse(std::span<const std::byte> bytes,
                                                       std::string what);

    [[nodiscard]] const std::vector<SafetensorsEntry>& entries() const { return m_entries; }

    [[nodiscard]] const SafetensorsEntry* find(const std::string& name) const; // null when absent

    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return m_metadata; }

    [[nodiscard]] const std::string& what() const { return m_what; }

    [[nodiscard]] const MappedFile& map() const { return m_map; }

private:
    MappedFile m_map;
    std::string m_what;
    std::vector<SafetensorsEntry> m_entries; // in file order
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

// model.safetensors, or the shards that model.safetensors.index.json names, as one set of tensors.
class SafetensorsFolder
{
public:
    // Errors as above, and Format when the index and the shards disagree.
    [[nodiscard]] static Result<SafetensorsFolder> open(const std::filesystem::path& folder);

    [[nodiscard]] const SafetensorsEntry* find(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> names() const; // sorted

    [[nodiscard]] const std::vector<SafetensorsFile>& files() const { return m_files; }

    [[nodiscard]] std::int64_t total_bytes() const;

    // Tells the system that a tensor was read and its pages are not needed soon.
    void drop_pages(const SafetensorsEntry& entry) const;

private:
    std::vector<SafetensorsFile> m_files;
    std::map<std::string, std::pair<std::size_t, std::size_t>> m_index; // name -> file, entry
};

// A tensor to write: its bytes are asked for when its turn comes, so a file larger than memory can
// be written.
struct SafetensorsSource
{
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    // Calls `sink` with the tensor's bytes, in order, in any number of pieces.
    std::function<Result<void>(const std::function<Result<void>(std::span<const std::byte>)>& sink)>
        write;
};

// A tensor's sizes as the header lists them.
[[nodiscard]] std::vector<std::int64_t> safetensors_shape(const Shape& shape);

// Sorted as the reference writes (dtype alignment descending, then name), metadata {"format": "pt"}
// plus `metadata`, header padded to 8. Written under a temporary name, synced, renamed. Errors: Io,
// InvalidArgument.
[[nodiscard]] Result<void>
write_safetensors(const std::filesystem::path& path,
                  std::vector<SafetensorsSource> tensors,
                  const std::map<std::string, std::string>& metadata = {});

// Bytes of one element of a file dtype; 0 when unknown or not a whole number of bytes.
[[nodiscard]] std::size_t safetensors_dtype_size(const std::string& dtype);

// The engine's dtype for F32, BF16, F16; an error naming the tensor otherwise.
[[nodiscard]] Result<DType> to_dtype(const SafetensorsEntry& entry);
[[nodiscard]] std::string safetensors_name(DType dtype);

} // namespace engine
