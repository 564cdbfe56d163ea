// The engine's only logger: levels to stderr, one line a message.
#pragma once

#include <string_view>

namespace engine {

enum class LogLevel { Debug, Info, Warning, Error };

// Messages below the level are dropped; the default is Info.
void set_log_level(LogLevel level);

// Thread safe; writes "warning: message\n" in one call.
void log(LogLevel level, std::string_view message);

} // namespace engine
