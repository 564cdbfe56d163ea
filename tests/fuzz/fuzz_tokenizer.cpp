// Feeds the tokenizer a file and a text: up to the first line "----" the bytes are a
// tokenizer.json, what follows is encoded and decoded.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace {

constexpr std::string_view kBorder = "\n----\n";
constexpr std::size_t kMaxText = 1024; // an expression of the input's own may need quadratic time

void require(bool condition)
{
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t border = input.find(kBorder);
    const auto tokenizer = engine::Tokenizer::from_json(input.substr(0, border), "input");
    if (!tokenizer) {
        require(!tokenizer.error().message.empty());
        return 0;
    }
    const std::string_view text = border == std::string_view::npos
                                      ? "a text  with spaces\n"
                                      : input.substr(border + kBorder.size(), kMaxText);
    try {
        for (const auto mode : {engine::SpecialTokens::Parse, engine::SpecialTokens::AsText}) {
            const std::vector<std::int32_t> ids = tokenizer->encode(text, true, mode);
            for (const std::int32_t id : ids) {
                require(id >= 0);
            }
            require(ids == tokenizer->encode(text, true, mode)); // from the cache
            static_cast<void>(tokenizer->decode(ids, false));
            static_cast<void>(tokenizer->decode(ids, true));
        }
    } catch (const engine::EngineError&) {
        // An expression that needs more steps than the limit allows.
    }
    return 0;
}
