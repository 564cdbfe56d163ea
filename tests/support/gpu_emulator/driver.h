// What the driver's functions share: their statuses, and the current context.
#pragma once

namespace emulator {

constexpr int kInvalidValue = 1;
constexpr int kOutOfMemory = 2;
constexpr int kInvalidHandle = 400;
constexpr int kNotFound = 500;
constexpr int kIllegalAddress = 700;
constexpr int kLaunchFailed = 719;
constexpr int kCaptureUnsupported = 900;
constexpr int kCaptureInvalidated = 901;
constexpr int kCaptureIsolation = 905;
constexpr int kCapturedEvent = 907;

// Calls that touch the device need a current context.
[[nodiscard]] bool has_context();

} // namespace emulator
