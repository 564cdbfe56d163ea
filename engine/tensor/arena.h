// A bump arena: one allocation that a run's activations and scratch are carved out of, step after
// step. A measuring arena hands out null views and counts, so the code that lays out memory also
// estimates it.
#pragma once

#include "engine/tensor/tensor.h"

namespace engine {

class Arena
{
public:
    // Measures: take() returns views without memory.
    Arena() = default;

    // Owns `bytes` of the allocator's device. Throws EngineError when there is no room.
    Arena(Allocator& allocator, std::size_t bytes);

    Arena(Arena&& other) noexcept;
    Arena& operator=(Arena&& other) noexcept;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    [[nodiscard]] bool measuring() const { return m_base == nullptr; }

    // Contents undefined, aligned to Allocator::kAlignment. Throws EngineError Internal when the
    // arena is full: a layout that outgrows its measurement is a bug.
    [[nodiscard]] TensorView take(DType dtype, Shape shape);

    // Everything taken after mark() is free again after release(mark).
    [[nodiscard]] std::size_t mark() const { return m_used; }

    void release(std::size_t mark) { m_used = mark; }

    void reset() { m_used = 0; }

    // The most bytes in use at one time since construction.
    [[nodiscard]] std::size_t high_water() const { return m_high_water; }

    [[nodiscard]] std::size_t capacity() const { return m_capacity; }

private:
    Allocator* m_allocator = nullptr;
    std::byte* m_base = nullptr;
    std::size_t m_capacity = 0;
    std::size_t m_used = 0;
    std::size_t m_high_water = 0;
};

// Releases what was taken in a scope.
class ArenaScope
{
public:
    explicit ArenaScope(Arena& arena)
        : m_arena(arena)
        , m_mark(arena.mark())
    {}

    ArenaScope(const ArenaScope&) = delete;
    ArenaScope& operator=(const ArenaScope&) = delete;

    ~ArenaScope() { m_arena.release(m_mark); }

private:
    Arena& m_arena;
    std::size_t m_mark;
};

} // namespace engine
