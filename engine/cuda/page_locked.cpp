// Page-locked memory of the driver's.
#include "engine/cuda/page_locked.h"

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

PageLocked::PageLocked(const Driver& driver, std::size_t bytes)
    : m_driver(driver)
    , m_bytes(bytes)
{
    const Status status = driver.functions().cuMemAllocHost_v2(&m_memory, bytes);
    if (status == kErrorOutOfMemory) {
        throw EngineError({ErrorCode::OutOfHostMemory,
                           concat("memory: ", bytes, " bytes asked for copies to the GPU"),
                           "close other programs, or raise the limit of locked memory"});
    }
    check(driver, status, "cuMemAllocHost");
}

PageLocked::~PageLocked()
{
    m_driver.functions().cuMemFreeHost(m_memory);
}

} // namespace engine::cuda
