// Ownership of a tensor's memory.
#include "engine/tensor/tensor.h"

#include <utility>

namespace engine {

Tensor::Tensor(Allocator& allocator, DType dtype, Shape shape)
    : m_allocator(&allocator)
{
    const std::size_t bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    m_view = TensorView(allocator.allocate(bytes), dtype, shape, allocator.device());
}

Tensor Tensor::part(TensorView view)
{
    Tensor tensor;
    tensor.m_view = view;
    return tensor;
}

Tensor::Tensor(Tensor&& other) noexcept
    : m_view(std::exchange(other.m_view, {}))
    , m_allocator(std::exchange(other.m_allocator, nullptr))
{}

Tensor& Tensor::operator=(Tensor&& other) noexcept
{
    std::swap(m_view, other.m_view);
    std::swap(m_allocator, other.m_allocator);
    return *this;
}

Tensor::~Tensor()
{
    if (m_allocator != nullptr) {
        m_allocator->deallocate(m_view.raw(), m_view.bytes());
    }
}

} // namespace engine
