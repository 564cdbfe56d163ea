// Shape: up to four row-major dimensions, held without the heap.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>

namespace engine {

class Shape
{
public:
    static constexpr int kMaxRank = 4;

    Shape() = default;

    Shape(std::initializer_list<std::int64_t> sizes)
    {
        for (const std::int64_t size : sizes) {
            if (m_rank < kMaxRank) {
                m_sizes[static_cast<std::size_t>(m_rank++)] = size;
            }
        }
    }

    [[nodiscard]] int rank() const { return m_rank; }

    [[nodiscard]] std::int64_t operator[](int axis) const
    {
        return m_sizes[static_cast<std::size_t>(axis)];
    }

    // Product of the sizes; 1 for rank 0.
    [[nodiscard]] std::int64_t numel() const
    {
        std::int64_t count = 1;
        for (int axis = 0; axis < m_rank; ++axis) {
            count *= (*this)[axis];
        }
        return count;
    }

    friend bool operator==(const Shape&, const Shape&) = default;

    friend std::ostream& operator<<(std::ostream& out, const Shape& shape)
    {
        out << '[';
        for (int axis = 0; axis < shape.rank(); ++axis) {
            out << (axis == 0 ? "" : ", ") << shape[axis];
        }
        return out << ']';
    }

private:
    std::array<std::int64_t, kMaxRank> m_sizes = {};
    int m_rank = 0;
};

} // namespace engine
