// Remembers the ids of short pieces of text: natural text repeats its words.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// A bounded table; when it is full it is emptied, so hostile text costs no more than no cache.
class WordCache
{
public:
    static constexpr std::size_t kMaxWord = 48; // bytes; longer pieces seldom repeat

    // The ids of the word; null when it is not there.
    [[nodiscard]] const std::span<const std::int32_t>* find(std::string_view word)
    {
        if (m_slots.empty()) {
            return nullptr;
        }
        const std::uint64_t hash = std::hash<std::string_view>{}(word);
        for (std::size_t i = hash & kMask;; i = (i + 1) & kMask) {
            const Slot& slot = m_slots[i];
            if (slot.length == 0) {
                return nullptr;
            }
            if (slot.hash == hash
                && word == std::string_view(m_words).substr(slot.word, slot.length)) {
                m_found = std::span(m_ids).subspan(slot.ids, slot.count);
                return &m_found;
            }
        }
    }

    // `word` must not be empty nor be there already.
    void insert(std::string_view word, std::span<const std::int32_t> ids)
    {
        if (m_slots.empty() || m_count == kMaxWords) {
            m_slots.assign(kSlots, {});
            m_words.clear();
            m_ids.clear();
            m_count = 0;
        }
        const std::uint64_t hash = std::hash<std::string_view>{}(word);
        std::size_t i = hash & kMask;
        while (m_slots[i].length != 0) {
            i = (i + 1) & kMask;
        }
        m_slots[i] = {hash,
                      static_cast<std::uint32_t>(m_words.size()),
                      static_cast<std::uint32_t>(m_ids.size()),
                      static_cast<std::uint16_t>(word.size()),
                      static_cast<std::uint16_t>(ids.size())};
        m_words.append(word);
        m_ids.insert(m_ids.end(), ids.begin(), ids.end());
        ++m_count;
    }

private:
    struct Slot
    {
        std::uint64_t hash = 0;
        std::uint32_t word = 0; // offset into m_words
        std::uint32_t ids = 0;  // offset into m_ids
        std::uint16_t length = 0;
        std::uint16_t count = 0;
    };

    static constexpr std::size_t kSlots = std::size_t{1} << 17U;
    static constexpr std::size_t kMaxWords = kSlots / 2;
    static constexpr std::size_t kMask = kSlots - 1;

    std::vector<Slot> m_slots;
    std::string m_words;
    std::vector<std::int32_t> m_ids;
    std::span<const std::int32_t> m_found;
    std::size_t m_count = 0;
};

} // namespace engine
