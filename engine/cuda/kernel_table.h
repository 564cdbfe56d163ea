// The kernels of a loaded module by their names.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

#include "engine/cuda/driver_api.h"

namespace engine::cuda {

// Owns the module. Used by one thread at a time, with the device's context current.
class KernelTable
{
public:
    // The driver must outlive it.
    KernelTable(const Driver& driver, ModuleHandle module)
        : m_driver(driver)
        , m_module(module)
    {}

    KernelTable(const KernelTable&) = delete;
    KernelTable& operator=(const KernelTable&) = delete;
    ~KernelTable();

    // The kernel `first` + `suffix`, two string literals, which takes one argument of so many
    // bytes. Allocates nothing once it was found. Throws EngineError.
    [[nodiscard]] FunctionHandle find(const char* first, const char* suffix, std::size_t bytes);

private:
    using Name = std::pair<const char*, const char*>; // by address

    struct Hash
    {
        std::size_t operator()(const Name& name) const
        {
            const std::hash<const void*> hash;
            return hash(name.first) * 31 + hash(name.second);
        }
    };

    const Driver& m_driver;
    ModuleHandle m_module;
    std::unordered_map<Name, FunctionHandle, Hash> m_found;
};

} // namespace engine::cuda
