// The argument checks that the ops share; every message starts with the op's name.
#pragma once

#include <initializer_list>

#include "engine/tensor/backend.h"

namespace engine::ops {

inline void
check_shape(const char* op, const char* name, const ConstTensorView& tensor, const Shape& wanted)
{
    ENGINE_CHECK(
        tensor.shape() == wanted, op, ": ", name, " is ", tensor.shape(), ", wanted ", wanted);
}

inline void check_rank(const char* op, const char* name, const ConstTensorView& tensor, int rank)
{
    ENGINE_CHECK(tensor.shape().rank() == rank,
                 op,
                 ": ",
                 name,
                 " is ",
                 tensor.shape(),
                 ", wanted ",
                 rank,
                 " dimensions");
}

inline void
check_dtype(const char* op, const char* name, const ConstTensorView& tensor, DType wanted)
{
    ENGINE_CHECK(
        tensor.dtype() == wanted, op, ": ", name, " is ", tensor.dtype(), ", wanted ", wanted);
}

// f32 or bf16: what the ops compute with.
inline void check_float(const char* op, const char* name, const ConstTensorView& tensor)
{
    ENGINE_CHECK(tensor.dtype() == DType::F32 || tensor.dtype() == DType::BF16,
                 op,
                 ": ",
                 name,
                 " is ",
                 tensor.dtype(),
                 ", wanted f32 or bf16");
}

// Every tensor lies on the backend's device.
inline void
check_device(const char* op, const Backend& backend, std::initializer_list<ConstTensorView> tensors)
{
    for (const ConstTensorView& tensor : tensors) {
        ENGINE_CHECK(!tensor.defined() || tensor.device() == backend.device(),
                     op,
                     ": a tensor is on ",
                     to_string(tensor.device()),
                     ", the backend is ",
                     to_string(backend.device()));
    }
}

} // namespace engine::ops
