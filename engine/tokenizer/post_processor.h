// The "post_processor" of a tokenizer.json: the ids that go before and behind a text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/json.h"

namespace engine {

class PostProcessor
{
public:
    using TokenToId = std::function<std::optional<std::int32_t>(std::string_view)>;

    // From the "post_processor" value, null included. Throws EngineError.
    PostProcessor(const Json& json, const TokenToId& token_to_id);

    [[nodiscard]] const std::vector<std::int32_t>& before() const { return m_before; }

    [[nodiscard]] const std::vector<std::int32_t>& behind() const { return m_behind; }

private:
    void add(const Json& json, const TokenToId& token_to_id);
    void add_template(const Json& json, const TokenToId& token_to_id);
    void add_pair(const Json& json, std::string_view type);

    std::vector<std::int32_t> m_before;
    std::vector<std::int32_t> m_behind;
};

} // namespace engine
