// Looking kernels up, and whether they take what the program gives them.
#include "engine/cuda/kernel_table.h"

#include <string>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

KernelTable::~KernelTable()
{
    m_driver.functions().cuModuleUnload(m_module);
}

FunctionHandle KernelTable::find(const char* first, const char* suffix, std::size_t bytes)
{
    const auto found = m_found.find({first, suffix});
    if (found != m_found.end()) {
        return found->second;
    }
    const std::string name = std::string(first) + suffix;
    const DriverFunctions& f = m_driver.functions();
    FunctionHandle function = nullptr;
    check(m_driver, f.cuModuleGetFunction(&function, m_module, name.c_str()), name.c_str());
    // The code and this program must mean the same arguments.
    std::size_t offset = 0;
    std::size_t size = 0;
    check(m_driver, f.cuFuncGetParamInfo(function, 0, &offset, &size), "cuFuncGetParamInfo");
    if (size != bytes) {
        throw EngineError({ErrorCode::Internal,
                           concat("GPU: kernel ", name, " takes ", size, " bytes, given ", bytes)});
    }
    m_found.emplace(Name{first, suffix}, function);
    return function;
}

} // namespace engine::cuda
