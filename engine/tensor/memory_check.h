// Whether what is about to be made fits the memory that is left: asked before the work, because a
// system that promises more than it has ends the process in the middle of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/tensor/backend.h"

namespace engine {

// What of the free memory the process may take: other programs grow too.
[[nodiscard]] std::int64_t usable_memory(std::int64_t available_bytes);

// "3.10 GiB".
[[nodiscard]] std::string gibibytes(std::int64_t bytes);

// "memory: `what` needs 3.10 GiB, 2.00 GiB can be used", or the GPU's.
[[nodiscard]] Error out_of_memory(const Device& device,
                                  std::string_view what,
                                  std::int64_t bytes,
                                  std::int64_t usable_bytes,
                                  std::string hint);

// Errors: OutOfHostMemory, OutOfDeviceMemory.
[[nodiscard]] Result<void>
check_memory(Backend& backend, std::string_view what, std::int64_t bytes, const char* hint);

} // namespace engine
