// The default system text that a chat template's text holds, and texts that are none.
#include <gtest/gtest.h>

#include "engine/data/chat_template.h"

namespace engine {
namespace {

// In the shape of Qwen2.5's: the text after else, behind the branch for tools.
constexpr const char* kTemplateWithElse = R"({%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] }}
    {%- else %}{{- 'You are Ann. You help.' }}
    {%- endif %}
    {{- "\n\n# Tools\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Ann. You\'re kind.\nYou help.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}{{- '<|im_start|>' + message.role }}{%- endfor %})";

TEST(ChatTemplate, FindsTheDefaultSystemText)
{
    EXPECT_EQ(default_system_text(kTemplateWithElse), "You are Ann. You're kind.\nYou help.");
    // In the shape of SmolLM2's.
    EXPECT_EQ(
        default_system_text(
            R"({% for m in messages %}{% if loop.first and messages[0]['role'] != 'system' %})"
            R"({{ "<|im_start|>system\nBe good.<|im_end|>\n" }}{% endif %}{% endfor %})"),
        "Be good.");
    // Outside a literal.
    EXPECT_EQ(default_system_text("{% if not messages[0].role == 'system' %}<|im_start|>system\n"
                                  "Be good.<|im_end|>\n{% endif %}"),
              "Be good.");
    for (const char* none :
         {"",
          "{{ '<|im_start|>system\\n' + system + '<|im_end|>\\n' }}",
          "{% if tools %}{{ '<|im_start|>system\\nUse tools.<|im_end|>' }}{% endif %}",
          "{% if messages[0].role == 'system' %}{% endif %}"
          "{{ '<|im_start|>system\\nAlways.<|im_end|>' }}",
          "{% if messages[0].role == 'system' %}"
          "{{ '<|im_start|>system\\nNever.<|im_end|>' }}{% else %}{% endif %}",
          "{% if messages[0].role != 'system' %}"
          "{{ '<|im_start|>system\\n' }}{{ text }}{{ '<|im_end|>' }}{% endif %}"}) {
        EXPECT_EQ(default_system_text(none), "") << none;
    }
}

} // namespace
} // namespace engine
