// Levels to stderr.
#include "engine/core/log.h"

#include <atomic>
#include <cstdio>
#include <string>

namespace engine {

namespace {

std::atomic<LogLevel> g_level = LogLevel::Info;

std::string_view prefix(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug:
        return "debug: ";
    case LogLevel::Info:
        return "";
    case LogLevel::Warning:
        return "warning: ";
    case LogLevel::Error:
        return "error: ";
    }
    return "";
}

} // namespace

void set_log_level(LogLevel level)
{
    g_level = level;
}

void log(LogLevel level, std::string_view message)
{
    if (level < g_level.load()) {
        return;
    }
    std::string line(prefix(level));
    line += message;
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace engine
