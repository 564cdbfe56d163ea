// The emulated cuDNN's objects: what was set, checked as cuDNN's reference describes it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/cuda/cudnn_names.h"

namespace emulator {

using engine::cuda::CudnnAttribute;
using engine::cuda::CudnnData;
using engine::cuda::CudnnKind;
using engine::cuda::CudnnPointwise;
using engine::cuda::CudnnReduction;
using engine::cuda::CudnnType;

// cudnnStatus_t.
inline constexpr int kCudnnBadParameter = 2000;
inline constexpr int kCudnnNotFinalized = 2002;
inline constexpr int kCudnnNotSupported = 3000;
inline constexpr int kCudnnExecutionFailed = 5000;

struct CudnnObject;
using CudnnPointer = std::shared_ptr<const CudnnObject>;
// What the program holds is a pointer to one of these: a finalized object lives on in what it is
// part of.
using CudnnOwner = std::shared_ptr<CudnnObject>;

struct CudnnObject
{
    CudnnKind kind;
    bool finalized = false;
    // By attribute; whole numbers, pointers and enumerations as numbers.
    std::map<CudnnAttribute, std::vector<std::int64_t>> numbers = {};
    std::map<CudnnAttribute, std::vector<CudnnPointer>> objects = {};
    std::int64_t workspace_bytes = 0; // of configs and plans

    [[nodiscard]] std::int64_t number(CudnnAttribute attribute, std::int64_t otherwise = -1) const;
    // Null when it was not set.
    [[nodiscard]] CudnnPointer object(CudnnAttribute attribute) const;
};

// A tensor's attributes, read once.
struct CudnnTensor
{
    using Sizes = std::array<std::int64_t, 4>;

    Sizes sizes = {};
    Sizes strides = {};
    CudnnData type = CudnnData::F32;
    std::int64_t id = 0;
    bool is_virtual = false;
    bool is_by_value = false;
    CudnnPointer starts;

    explicit CudnnTensor(const CudnnObject& object);

    [[nodiscard]] std::int64_t count() const;
    [[nodiscard]] std::int64_t bytes_of_element() const;
};

// Status of setting; the reason of a failure goes to set_cudnn_error().
[[nodiscard]] int set_attribute(CudnnObject& object,
                                CudnnAttribute attribute,
                                CudnnType type,
                                std::int64_t count,
                                const void* values);
[[nodiscard]] int finalize(CudnnObject& object);

// The text that cudnnGetLastErrorString gives next; returns the status.
int set_cudnn_error(int status, const std::string& reason);
[[nodiscard]] const std::string& cudnn_error();

} // namespace emulator
