// Carving views out of one allocation.
#include "engine/tensor/arena.h"

#include <algorithm>
#include <utility>

namespace engine {

Arena::Arena(Allocator& allocator, std::size_t bytes)
    : m_allocator(&allocator)
    , m_base(static_cast<std::byte*>(allocator.allocate(std::max<std::size_t>(bytes, 1))))
    , m_capacity(std::max<std::size_t>(bytes, 1))
{}

Arena::Arena(Arena&& other) noexcept
    : m_allocator(std::exchange(other.m_allocator, nullptr))
    , m_base(std::exchange(other.m_base, nullptr))
    , m_capacity(std::exchange(other.m_capacity, 0))
    , m_used(std::exchange(other.m_used, 0))
    , m_high_water(std::exchange(other.m_high_water, 0))
{}

Arena& Arena::operator=(Arena&& other) noexcept
{
    std::swap(m_allocator, other.m_allocator);
    std::swap(m_base, other.m_base);
    std::swap(m_capacity, other.m_capacity);
    std::swap(m_used, other.m_used);
    std::swap(m_high_water, other.m_high_water);
    return *this;
}

Arena::~Arena()
{
    if (m_allocator != nullptr) {
        m_allocator->deallocate(m_base, m_capacity);
    }
}

TensorView Arena::take(DType dtype, Shape shape)
{
    const std::size_t bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    constexpr std::size_t kMask = Allocator::kAlignment - 1;
    const std::size_t begin = m_used;
    m_used = (begin + bytes + kMask) & ~kMask;
    m_high_water = std::max(m_high_water, m_used);
    if (measuring()) {
        return {nullptr, dtype, shape, {}};
    }
    if (begin + bytes > m_capacity) {
        throw EngineError(
            {ErrorCode::Internal,
             concat("arena: ", bytes, " bytes asked at ", begin, ", capacity is ", m_capacity)});
    }
    return {m_base + begin, dtype, shape, m_allocator->device()};
}

} // namespace engine
