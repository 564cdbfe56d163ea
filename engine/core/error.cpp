// The names and exit codes of the error categories.
#include "engine/core/error.h"

namespace engine {

std::string_view to_string(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return "invalid_argument";
    case ErrorCode::InvalidConfig:
        return "invalid_config";
    case ErrorCode::NotFound:
        return "not_found";
    case ErrorCode::Io:
        return "io";
    case ErrorCode::Format:
        return "format";
    case ErrorCode::Unsupported:
        return "unsupported";
    case ErrorCode::OutOfHostMemory:
        return "out_of_host_memory";
    case ErrorCode::OutOfDeviceMemory:
        return "out_of_device_memory";
    case ErrorCode::DeviceLost:
        return "device_lost";
    case ErrorCode::Cancelled:
        return "cancelled";
    case ErrorCode::Internal:
        return "internal";
    }
    return "internal";
}

int exit_code(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidConfig:
    case ErrorCode::NotFound:
    case ErrorCode::Io:
    case ErrorCode::Format:
    case ErrorCode::Unsupported:
        return 2;
    case ErrorCode::Cancelled:
        return 3;
    case ErrorCode::OutOfHostMemory:
    case ErrorCode::OutOfDeviceMemory:
        return 4;
    case ErrorCode::DeviceLost:
        return 5;
    case ErrorCode::Internal:
        return 70;
    }
    return 70;
}

Error format_error(std::string message, std::string hint)
{
    return {ErrorCode::Format, std::move(message), std::move(hint)};
}

} // namespace engine
