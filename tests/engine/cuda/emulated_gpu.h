// The emulated GPU in this process: opened, asked what it was told to do, and told how to behave.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "engine/core/shared_library.h"
#include "engine/tensor/cuda_backend.h"

namespace engine {

// Without cuDNN, and without times of products from other programs.
inline CudaOptions emulated_options()
{
    static constexpr std::byte kAnything[1] = {};
    CudaOptions options;
    options.driver = EMULATED_DRIVER;
    options.cublas_lt = EMULATED_CUBLAS;
    options.cudnn = "";
    options.code = kAnything;
    options.algorithms.file.clear();
    return options;
}

inline std::unique_ptr<CudaBackend> open_emulated(const std::string& cudnn = "")
{
    CudaOptions options = emulated_options();
    options.cudnn = cudnn;
    return value_or_throw(CudaBackend::open(0, options));
}

inline std::uint64_t ask_emulator(const char* what, const char* library = EMULATED_DRIVER)
{
    const SharedLibrary emulator = value_or_throw(SharedLibrary::open(library));
    return reinterpret_cast<std::uint64_t (*)()>(emulator.symbol(what))();
}

// How often somebody had to wait for the emulated device.
inline std::uint64_t waits()
{
    return ask_emulator("emulated_waits");
}

inline std::uint64_t graph_launches()
{
    return ask_emulator("emulated_graph_launches");
}

// A word of the environment while it lives.
class Behaviour
{
public:
    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    Behaviour(const char* name, const char* word)
        : m_name(name)
    {
        ::setenv(name, word, 1);
    }

    Behaviour(const Behaviour&) = delete;
    Behaviour& operator=(const Behaviour&) = delete;

    ~Behaviour() { ::unsetenv(m_name); }

    // NOLINTEND(concurrency-mt-unsafe)

private:
    const char* m_name;
};

} // namespace engine
