// A typed, device-tagged, contiguous row-major array: Tensor owns, TensorView and ConstTensorView
// borrow. One file because owner and views are one type seen three ways.
#pragma once

#include <cstddef>
#include <type_traits>

#include "engine/core/check.h"
#include "engine/core/device.h"
#include "engine/core/dtype.h"
#include "engine/tensor/allocator.h"
#include "engine/tensor/shape.h"

namespace engine {

// What a view knows apart from its pointer. A default view is empty: `defined()` is false.
template <typename Void>
class BasicTensorView
{
public:
    BasicTensorView() = default;

    BasicTensorView(Void* data, DType dtype, Shape shape, Device device = {})
        : m_data(data)
        , m_shape(shape)
        , m_device(device)
        , m_dtype(dtype)
    {}

    // A mutable view converts to a const one.
    template <typename Other>

    requires(std::is_const_v<Void> && !std::is_const_v<Other>)
        BasicTensorView(const BasicTensorView<Other>& other)
        : BasicTensorView(other.raw(), other.dtype(), other.shape(), other.device())
    {}

    [[nodiscard]] bool defined() const { return m_data != nullptr; }

    [[nodiscard]] Void* raw() const { return m_data; }

    [[nodiscard]] DType dtype() const { return m_dtype; }

    [[nodiscard]] const Shape& shape() const { return m_shape; }

    [[nodiscard]] Device device() const { return m_device; }

    [[nodiscard]] std::int64_t numel() const { return m_shape.numel(); }

    [[nodiscard]] std::int64_t size(int axis) const { return m_shape[axis]; }

    [[nodiscard]] std::size_t bytes() const
    {
        return static_cast<std::size_t>(numel()) * size_of(m_dtype);
    }

    template <typename T>
    [[nodiscard]] auto* data() const
    {
        using Element = std::conditional_t<std::is_const_v<Void>, const T, T>;
        return static_cast<Element*>(m_data);
    }

    // Rows [begin, end) of the first axis.
    [[nodiscard]] BasicTensorView rows(std::int64_t begin, std::int64_t end) const
    {
        ENGINE_CHECK(0 <= begin && begin <= end && m_shape.rank() > 0 && end <= m_shape[0],
                     "tensor: rows [",
                     begin,
                     ", ",
                     end,
                     ") of shape ",
                     m_shape);
        const std::int64_t stride = m_shape[0] == 0 ? 0 : numel() / m_shape[0];
        Shape shape = m_shape;
        switch (shape.rank()) {
        case 1:
            shape = {end - begin};
            break;
        case 2:
            shape = {end - begin, m_shape[1]};
            break;
        case 3:
            shape = {end - begin, m_shape[1], m_shape[2]};
            break;
        default:
            shape = {end - begin, m_shape[1], m_shape[2], m_shape[3]};
        }
        using Byte = std::conditional_t<std::is_const_v<Void>, const std::byte, std::byte>;
        auto* start = static_cast<Byte*>(static_cast<Void*>(m_data))
                      + static_cast<std::size_t>(begin * stride) * size_of(m_dtype);
        return {start, m_dtype, shape, m_device};
    }

    // The same elements under another shape of equal size.
    [[nodiscard]] BasicTensorView reshaped(Shape shape) const
    {
        ENGINE_CHECK(shape.numel() == numel(),
                     "tensor: shape ",
                     m_shape,
                     " has ",
                     numel(),
                     " elements, the new shape ",
                     shape,
                     " has ",
                     shape.numel());
        return {m_data, m_dtype, shape, m_device};
    }

private:
    Void* m_data = nullptr;
    Shape m_shape;
    Device m_device;
    DType m_dtype = DType::F32;
};

using TensorView = BasicTensorView<void>;
using ConstTensorView = BasicTensorView<const void>;

// Owns its memory, but for a part of another tensor, which must outlive it; move-only. Copying is
// spelled with ops::copy into a new Tensor.
class Tensor
{
public:
    Tensor() = default;

    // Contents undefined. Throws EngineError when the allocator has no memory.
    Tensor(Allocator& allocator, DType dtype, Shape shape);

    // Borrows.
    [[nodiscard]] static Tensor part(TensorView view);

    Tensor(Tensor&& other) noexcept;
    Tensor& operator=(Tensor&& other) noexcept;
    Tensor(const Tensor&) = delete;
    Tensor& operator=(const Tensor&) = delete;
    ~Tensor();

    [[nodiscard]] bool defined() const { return m_view.defined(); }

    [[nodiscard]] TensorView view() { return m_view; }

    [[nodiscard]] ConstTensorView view() const { return m_view; }

    [[nodiscard]] const Shape& shape() const { return m_view.shape(); }

    [[nodiscard]] DType dtype() const { return m_view.dtype(); }

    [[nodiscard]] std::int64_t numel() const { return m_view.numel(); }

    operator TensorView() { return m_view; } // NOLINT: a tensor is usable wherever a view is

    operator ConstTensorView() const { return m_view; } // NOLINT

    template <typename T>
    [[nodiscard]] T* data()
    {
        return m_view.data<T>();
    }

    template <typename T>
    [[nodiscard]] const T* data() const
    {
        return ConstTensorView(m_view).data<T>();
    }

private:
    TensorView m_view;
    Allocator* m_allocator = nullptr;
};

} // namespace engine
