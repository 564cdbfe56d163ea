// Arrays of f32, bf16 and f16 into one another, from memory of any alignment, over the thread team.
#pragma once

#include <cstdint>

#include "engine/core/dtype.h"

namespace engine {

// `source` may be misaligned; `destination` is aligned for its dtype (f32, bf16 or f16).
void convert_elements(const void* source,
                      DType source_dtype,
                      void* destination,
                      DType destination_dtype,
                      std::int64_t count);

} // namespace engine
