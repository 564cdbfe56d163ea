// A module's path against PEFT's patterns: names, suffixes and regular expressions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/model/target.h"

namespace engine {

// "model.layers.3.self_attn.q_proj".
[[nodiscard]] std::string module_path(std::int64_t layer, Target target);

// A compiled regular expression with bounded work; matches whole strings only.
class ModulePattern
{
public:
    // Errors: InvalidConfig with the pattern and where it is wrong.
    [[nodiscard]] static Result<ModulePattern> compile(std::string_view pattern);

    ModulePattern(ModulePattern&&) noexcept;
    ModulePattern& operator=(ModulePattern&&) noexcept;
    ~ModulePattern();

    // False also when the match would take too much work; check() rules that out.
    [[nodiscard]] bool matches(std::string_view path) const;
    // Errors: InvalidConfig when the path of some projection of `num_layers` layers would take too
    // much work to match.
    [[nodiscard]] Result<void> check(std::int64_t num_layers) const;

private:
    ModulePattern();
    [[nodiscard]] int match(std::string_view path) const; // PCRE2's code
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

// A list entry of target_modules: the whole path, or its end after a dot.
[[nodiscard]] bool matches_name(std::string_view path, std::string_view name);

// A key of rank_pattern or alpha_pattern: a regular expression for the path, or for its end after a
// dot. A key that check_pattern_key refuses matches nothing.
[[nodiscard]] bool matches_pattern_key(std::string_view path, std::string_view key);
// Errors: InvalidConfig when the key is no regular expression, or one that takes too much work.
[[nodiscard]] Result<void> check_pattern_key(std::string_view key, std::int64_t num_layers);

} // namespace engine
