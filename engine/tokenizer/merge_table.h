// Pairs of ids to what they merge into: a flat hash table, at most half full.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace engine {

struct Merge
{
    std::uint32_t rank;
    std::int32_t id;
};

class MergeTable
{
public:
    // Room for `count` pairs; what was there is gone.
    void reserve(std::size_t count)
    {
        m_slots.assign(std::bit_ceil(std::max<std::size_t>(2 * count, 16)), {});
    }

    // A pair that is there already takes the new merge.
    void insert(std::int32_t left, std::int32_t right, Merge merge)
    {
        const std::uint64_t pair = pair_of(left, right);
        m_slots[slot_of(pair)] = {pair, merge};
    }

    // Null when the pair does not merge.
    [[nodiscard]] const Merge* find(std::int32_t left, std::int32_t right) const
    {
        const Slot& slot = m_slots[slot_of(pair_of(left, right))];
        return slot.pair == kEmpty ? nullptr : &slot.merge;
    }

    template <typename Visit>
    void for_each(Visit visit) const
    {
        for (const Slot& slot : m_slots) {
            if (slot.pair != kEmpty) {
                visit(slot.merge);
            }
        }
    }

private:
    static constexpr std::uint64_t kEmpty = ~std::uint64_t{0}; // ids are not negative

    struct Slot
    {
        std::uint64_t pair = kEmpty;
        Merge merge{};
    };

    [[nodiscard]] static std::uint64_t pair_of(std::int32_t left, std::int32_t right)
    {
        return std::uint64_t{static_cast<std::uint32_t>(left)} << 32U
               | static_cast<std::uint32_t>(right);
    }

    [[nodiscard]] std::size_t slot_of(std::uint64_t pair) const
    {
        const std::size_t mask = m_slots.size() - 1;
        std::size_t i = (pair * 0x9E3779B97F4A7C15U) >> 20U & mask;
        while (m_slots[i].pair != pair && m_slots[i].pair != kEmpty) {
            i = (i + 1) & mask;
        }
        return i;
    }

    std::vector<Slot> m_slots;
};

} // namespace engine
