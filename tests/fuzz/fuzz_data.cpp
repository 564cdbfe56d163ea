// Fuzzes the data reader: the first byte chooses a file name and a shape, the rest is the file.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/data/data_gate.h"
#include "engine/data/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    constexpr std::array<const char*, 6> kNames = {
        "a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a"};
    constexpr std::array<engine::DataFormat, 6> kFormats = {engine::DataFormat::Auto,
                                                            engine::DataFormat::Alpaca,
                                                            engine::DataFormat::ShareGpt,
                                                            engine::DataFormat::Messages,
                                                            engine::DataFormat::Completion,
                                                            engine::DataFormat::Text};
    engine::DatasetOptions options;
    options.format = kFormats[data[0] / kNames.size() % kFormats.size()];
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto dataset = engine::read_dataset_text(bytes, kNames[data[0] % kNames.size()], options);
    if (!dataset) {
        // A refusal says why.
        if (dataset.error().message.empty()) {
            __builtin_trap();
        }
        return 0;
    }
    const auto gate = engine::check_dataset(*dataset, nullptr, {});
    // No row is lost in silence, and what is said about rows can be written as JSON.
    if (!gate || gate->accepted + gate->blank + gate->refused != gate->rows
        || engine::to_json(*gate).dump().empty()) {
        __builtin_trap();
    }
    return 0;
}
