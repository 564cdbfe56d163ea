// The device that --device names, opened.
#pragma once

#include <memory>
#include <string>

#include "engine/tensor/backend.h"

namespace engine {

struct ChosenDevice
{
    std::unique_ptr<Backend> backend;
    // One sentence where "auto" was asked for: what computes, and why no GPU does. Else empty.
    std::string note;
    bool saw_gpu = false; // whether there was a choice
};

// "auto" is the first GPU that can be used and computes a small problem as the CPU does, else the
// CPU; "cpu", "cuda" and "cuda:N" are what they say. Errors: those of find_device and
// make_backend, not with "auto".
[[nodiscard]] Result<ChosenDevice> choose_device(const std::string& name,
                                                 const BackendOptions& options = {});

} // namespace engine
