// PEFT's matching rules on PCRE2, whose limits keep a hostile pattern from hanging.
#include "engine/model/module_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace engine {

namespace {

// Steps of one match, about a millisecond: PEFT's own patterns take some hundred on such paths.
constexpr std::uint32_t kMatchLimit = 20'000;
constexpr std::uint32_t kDepthLimit = 10'000;
constexpr std::size_t kMaxPattern = 10'000;
constexpr std::size_t kShownPattern = 80;

bool is_plain(std::string_view key)
{
    return std::all_of(
        key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

Result<ModulePattern> compile_key(std::string_view key)
{
    return ModulePattern::compile(concat("(.*\\.)?(", key, ')'));
}

struct FreeCode
{
    void operator()(pcre2_code* code) const noexcept { pcre2_code_free(code); }
};

struct FreeMatchContext
{
    void operator()(pcre2_match_context* context) const noexcept
    {
        pcre2_match_context_free(context);
    }
};

struct FreeMatchData
{
    void operator()(pcre2_match_data* data) const noexcept { pcre2_match_data_free(data); }
};

} // namespace

struct ModulePattern::Impl
{
    std::string shown; // the pattern's beginning
    std::unique_ptr<pcre2_code, FreeCode> code;
    std::unique_ptr<pcre2_match_context, FreeMatchContext> context;
};

ModulePattern::ModulePattern() = default;
ModulePattern::ModulePattern(ModulePattern&&) noexcept = default;
ModulePattern& ModulePattern::operator=(ModulePattern&&) noexcept = default;
ModulePattern::~ModulePattern() = default;

Result<ModulePattern> ModulePattern::compile(std::string_view pattern)
{
    const std::string shown(pattern.substr(0, kShownPattern));
    if (pattern.size() > kMaxPattern) {
        return Error{ErrorCode::InvalidConfig,
                     concat("pattern \"",
                            shown,
                            "...\": ",
                            pattern.size(),
                            " bytes, at most ",
                            kMaxPattern,
                            " are read")};
    }
    int code = 0;
    PCRE2_SIZE at = 0;
    ModulePattern result;
    result.m_impl = std::make_unique<Impl>();
    result.m_impl->shown = shown;
    result.m_impl->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()),
                                            pattern.size(),
                                            PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                            &code,
                                            &at,
                                            nullptr));
    if (result.m_impl->code == nullptr) {
        std::array<PCRE2_UCHAR, 128> message = {};
        pcre2_get_error_message(code, message.data(), message.size());
        return Error{ErrorCode::InvalidConfig,
                     concat("pattern \"",
                            shown,
                            "\": ",
                            reinterpret_cast<const char*>(message.data()),
                            " at offset ",
                            at)};
    }
    result.m_impl->context.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(result.m_impl->context.get(), kMatchLimit);
    pcre2_set_depth_limit(result.m_impl->context.get(), kDepthLimit);
    return result;
}

int ModulePattern::match(std::string_view path) const
{
    const std::unique_ptr<pcre2_match_data, FreeMatchData> data(
        pcre2_match_data_create_from_pattern(m_impl->code.get(), nullptr));
    return pcre2_match(m_impl->code.get(),
                       reinterpret_cast<PCRE2_SPTR>(path.data()),
                       path.size(),
                       0,
                       0,
                       data.get(),
                       m_impl->context.get());
}

bool ModulePattern::matches(std::string_view path) const
{
    return match(path) >= 0;
}

Result<void> ModulePattern::check(std::int64_t num_layers) const
{
    for (std::int64_t layer = 0; layer < num_layers; ++layer) {
        for (const Target target : kAllTargets) {
            const std::string path = module_path(layer, target);
            if (const int code = match(path); code < 0 && code != PCRE2_ERROR_NOMATCH) {
                return Error{ErrorCode::InvalidConfig,
                             concat("pattern \"",
                                    m_impl->shown,
                                    "\": takes more than ",
                                    kMatchLimit,
                                    " steps to match ",
                                    path),
                             "write it with fewer * and +, or list the names"};
            }
        }
    }
    return {};
}

std::string module_path(std::int64_t layer, Target target)
{
    return concat("model.layers.", layer, '.', parent_module(target), '.', to_string(target));
}

bool matches_name(std::string_view path, std::string_view name)
{
    if (path == name) {
        return true;
    }
    return path.size() > name.size() && path.ends_with(name)
           && path[path.size() - name.size() - 1] == '.';
}

bool matches_pattern_key(std::string_view path, std::string_view key)
{
    if (is_plain(key)) {
        return matches_name(path, key);
    }
    const Result<ModulePattern> pattern = compile_key(key);
    return pattern && pattern->matches(path);
}

Result<void> check_pattern_key(std::string_view key, std::int64_t num_layers)
{
    if (is_plain(key)) {
        return {};
    }
    const std::string_view shown = key.substr(0, kShownPattern);
    const Result<ModulePattern> pattern = compile_key(key);
    if (!pattern) {
        return Error{ErrorCode::InvalidConfig,
                     concat("pattern \"", shown, "\" is no regular expression")};
    }
    if (const Result<void> checked = pattern->check(num_layers); !checked) {
        return Error{ErrorCode::InvalidConfig,
                     concat("pattern \"", shown, "\" takes too many steps to match"),
                     checked.error().hint};
    }
    return {};
}

} // namespace engine
