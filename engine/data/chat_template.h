// The system text that a ChatML template writes into a conversation that has none of its own.
#pragma once

#include <string>
#include <string_view>

namespace engine {

// Of the first literal system turn in the template that stands where a condition found no system
// turn; empty when there is none. "You are a helpful assistant." of
//   {% if messages[0].role != 'system' %}
//   {{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}
[[nodiscard]] std::string default_system_text(std::string_view chat_template);

} // namespace engine
