// Fuzzes the safetensors reader: an accepted file's tensors fill its data exactly.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/io/safetensors.h"

namespace {

void require(bool condition)
{
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto file = engine::SafetensorsFile::parse(bytes, "input");
    if (!file) {
        require(!file.error().message.empty());
        return 0;
    }
    const std::byte* next = nullptr;
    for (const engine::SafetensorsEntry& entry : file->entries()) {
        require(entry.bytes.data() >= bytes.data());
        require(entry.bytes.data() + entry.bytes.size() <= bytes.data() + bytes.size());
        require(next == nullptr || entry.bytes.data() == next);
        next = entry.bytes.data() + entry.bytes.size();
        require(file->find(entry.name) == &entry);
        const std::size_t element = engine::safetensors_dtype_size(entry.dtype);
        require(element == 0
                || static_cast<std::size_t>(entry.numel()) * element == entry.bytes.size());
    }
    require(next == nullptr || next == bytes.data() + bytes.size());
    return 0;
}
