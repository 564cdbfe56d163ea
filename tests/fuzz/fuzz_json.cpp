// Fuzzes the JSON reader: what it accepts is written and read back as the same value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/core/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const bool reject_duplicates : {true, false}) {
        const engine::JsonLimits limits = {
            .max_depth = 50, .max_bytes = 1 << 20, .reject_duplicate_keys = reject_duplicates};
        const auto first = engine::parse_json(text, "input", limits);
        if (!first) {
            if (first.error().message.empty()) {
                std::abort();
            }
            continue;
        }
        const auto second = engine::parse_json(first->dump(), "output", limits);
        if (!second || *second != *first) {
            std::abort();
        }
    }
    return 0;
}
