// Text for people and JSON for programs.
#include "engine/cli/print.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "engine/model/base_fingerprint.h"

namespace cli {

void print_json(engine::Json answer)
{
    if (answer.is_object()) {
        answer.erase("event");
    }
    std::cout << answer.dump(2, ' ', false, engine::Json::error_handler_t::replace) << "\n";
}

engine::Result<void> flush_output()
{
    std::cout.flush();
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0;
    const std::string reason = errno != 0 ? ": " + std::generic_category().message(errno) : "";
    if (flushed && std::cout.good() && std::ferror(stdout) == 0) {
        return {};
    }
    return engine::Error{engine::ErrorCode::Io,
                         "stdout: not everything could be written" + reason,
                         "free some disk space, or write to another place"};
}

std::string bytes_text(std::int64_t bytes)
{
    constexpr std::array<const char*, 4> kUnits = {"B", "KiB", "MiB", "GiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    std::array<char, 32> text = {};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text.data();
}

std::string count_text(std::int64_t count)
{
    const std::string digits = std::to_string(count);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const bool group = i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0;
        text += group ? "," : "";
        text += digits[i];
    }
    return text;
}

int report(const engine::Error& error)
{
    std::cout.flush();
    std::cerr << "lowrank: " << error.message;
    if (!error.hint.empty()) {
        std::cerr << " (" << error.hint << ")";
    }
    std::cerr << "\n";
    return engine::exit_code(error.code);
}

void note_base_quant(const engine::LoraAdapter& adapter, const engine::BaseModel& base)
{
    const auto trained = to_string(adapter.base_quant());
    const auto here = to_string(base.base_quant());
    // Without a record nobody knows: adapters of other software have none.
    if (adapter.base_quant() != engine::ops::QuantType::None && trained != here) {
        std::cerr << "note: the adapter was trained on the base in base_quant " << trained
                  << ", this is " << here << "; --base-quant " << trained
                  << " computes as training did\n";
    }
}

void note_other_base(const std::string& adapter, const std::string& base)
{
    if (const std::string warning = engine::other_base_warning(adapter, base); !warning.empty()) {
        std::cerr << "warning: " << warning << "\n";
    }
}

} // namespace cli
