// The driver's questions about devices. LOWRANK_EMULATED_GPU says how it behaves: "two" GPUs (when
// unset), "turing", "ampere", "blackwell" (the first is one), "none", "old", "broken", "uncounted",
// "silent" (the second GPU does not answer).
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace {

constexpr int kNoDevice = 100;
constexpr int kUnknown = 999;
constexpr int kMultiprocessorCount = 16;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

bool behaves(std::string_view how)
{
    const char* wanted = std::getenv("LOWRANK_EMULATED_GPU"); // NOLINT(concurrency-mt-unsafe)
    return wanted != nullptr && how == wanted;
}

// 10 * major + minor.
int capability(int device)
{
    if (device != 0) {
        return 61;
    }
    return behaves("turing") ? 75 : behaves("ampere") ? 80 : behaves("blackwell") ? 100 : 90;
}

bool answers(int device)
{
    return device == 0 || (device == 1 && !behaves("silent"));
}

} // namespace

namespace emulator {

bool multiplies_bf16()
{
    return !behaves("turing");
}

} // namespace emulator

extern "C" {

int cuInit(unsigned int /*flags*/)
{
    return behaves("none") ? kNoDevice : behaves("broken") ? kUnknown : 0;
}

int cuDriverGetVersion(int* version)
{
    *version = behaves("old") ? 12040 : 13010;
    return 0;
}

int cuGetErrorName(int error, const char** name)
{
    if (error != kUnknown) {
        return 1;
    }
    *name = "CUDA_ERROR_UNKNOWN";
    return 0;
}

int cuDeviceGetCount(int* count)
{
    *count = 2;
    return behaves("uncounted") ? 3 : 0;
}

int cuDeviceGet(int* device, int ordinal)
{
    *device = ordinal;
    return answers(ordinal) ? 0 : kUnknown;
}

int cuDeviceGetName(char* name, int length, int device)
{
    const std::string_view text = device == 0 ? "Emulated H100" : "Emulated GTX 1080";
    const std::size_t size = std::min(text.size(), static_cast<std::size_t>(length) - 1);
    std::copy_n(text.data(), size, name);
    name[size] = '\0';
    return 0;
}

int cuDeviceGetAttribute(int* value, int attribute, int device)
{
    switch (attribute) {
    case kMultiprocessorCount:
        *value = device == 0 ? 132 : 20;
        return 0;
    case kComputeCapabilityMajor:
        *value = capability(device) / 10;
        return 0;
    case kComputeCapabilityMinor:
        *value = capability(device) % 10;
        return 0;
    default:
        return kUnknown;
    }
}

#ifndef EMULATOR_WITHOUT_MEMORY
int cuDeviceTotalMem_v2(std::size_t* bytes, int device)
{
    *bytes = (device == 0 ? std::size_t{80} : std::size_t{8}) << 30U;
    return 0;
}
#endif

} // extern "C"
