// ENGINE_CHECK(condition, pieces...): the argument check every op uses; throws EngineError.
#pragma once

#include "engine/core/error.h"

// The pieces are concatenated into "op: what is, what was wanted".
#define ENGINE_CHECK(condition, ...)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            throw ::engine::EngineError(                                                           \
                {::engine::ErrorCode::InvalidArgument, ::engine::concat(__VA_ARGS__)});            \
        }                                                                                          \
    } while (false)
