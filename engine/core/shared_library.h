// A library that is opened while the program runs, so that the program starts without it.
// platform_posix.cpp and platform_windows.cpp implement it.
#pragma once

#include <string>

#include "engine/core/error.h"

namespace engine {

// The library stays in memory until the program ends: NVIDIA's have threads and exit handlers of
// their own, which would outlive it.
class SharedLibrary
{
public:
    // `name` is a file name that the system looks up ("libcuda.so.1"), or a path. Errors: NotFound,
    // with the system's reason.
    [[nodiscard]] static Result<SharedLibrary> open(const std::string& name);

    // The address of an exported function; null when the library has none of that name.
    [[nodiscard]] void* symbol(const char* name) const;

private:
    explicit SharedLibrary(void* handle)
        : m_handle(handle)
    {}

    void* m_handle;
};

// Looks up one function after the other and remembers the first that the library does not have.
class FunctionSearch
{
public:
    explicit FunctionSearch(const SharedLibrary& library)
        : m_library(library)
    {}

    template <typename Function>
    void need(const char* name, Function*& function)
    {
        function = reinterpret_cast<Function*>(m_library.symbol(name));
        if (function == nullptr && m_missing == nullptr) {
            m_missing = name;
        }
    }

    // Null when all were there.
    [[nodiscard]] const char* missing() const { return m_missing; }

private:
    SharedLibrary m_library;
    const char* m_missing = nullptr;
};

// The file names of NVIDIA's driver, of cuBLASLt (CUDA 13) and of cuDNN 9 on this system.
[[nodiscard]] const char* nvidia_driver_library();
[[nodiscard]] const char* cublas_lt_library();
[[nodiscard]] const char* cudnn_library();

} // namespace engine
