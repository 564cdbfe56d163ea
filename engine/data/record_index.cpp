// FNV-1a over a record's parts, finished by a mixer, and linear probing at a load below one half.
#include "engine/data/record_index.h"

#include <algorithm>
#include <string_view>

namespace engine {

namespace {

constexpr std::uint64_t kPrime = 0x100000001b3ULL;

std::uint64_t add_text(std::uint64_t hash, std::string_view text)
{
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    }
    // A length between texts keeps ("ab", "c") and ("a", "bc") apart.
    return (hash ^ text.size()) * kPrime;
}

bool same_message(const Message& a, const Message& b)
{
    return a.role == b.role && a.train == b.train && a.content == b.content;
}

} // namespace

std::uint64_t hash_record(const Record& record)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL ^ static_cast<std::uint64_t>(record.kind);
    for (const Message& message : record.messages) {
        hash =
            (hash ^ static_cast<std::uint64_t>(message.role) ^ (message.train ? 16U : 0U)) * kPrime;
        hash = add_text(hash, message.content);
    }
    hash = add_text(hash, record.prompt);
    hash = add_text(hash, record.completion);
    hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 33U);
}

bool same_content(const Record& a, const Record& b)
{
    return a.kind == b.kind && a.prompt == b.prompt && a.completion == b.completion
           && std::equal(a.messages.begin(),
                         a.messages.end(),
                         b.messages.begin(),
                         b.messages.end(),
                         same_message);
}

std::vector<SharedRecord> find_shared(const std::vector<Record>& train,
                                      const std::vector<Record>& eval)
{
    RecordIndex index;
    for (std::size_t i = 0; i < train.size(); ++i) {
        const std::uint64_t hash = hash_record(train[i]);
        if (!index.find(train, train[i], hash)) {
            index.insert(i, hash);
        }
    }
    std::vector<SharedRecord> shared;
    for (std::size_t i = 0; i < eval.size(); ++i) {
        if (const auto twin = index.find(train, eval[i], hash_record(eval[i])); twin) {
            shared.push_back({*twin, i});
        }
    }
    return shared;
}

std::optional<std::size_t> RecordIndex::find(const std::vector<Record>& records,
                                             const Record& record,
                                             std::uint64_t hash) const
{
    if (m_slots.empty()) {
        return std::nullopt;
    }
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t at = hash & mask; m_slots[at].index != 0; at = (at + 1) & mask) {
        const Slot& slot = m_slots[at];
        if (slot.hash == hash >> 32U && same_content(records[slot.index - 1], record)) {
            return slot.index - 1;
        }
    }
    return std::nullopt;
}

void RecordIndex::insert(std::size_t index, std::uint64_t hash)
{
    if (2 * (m_hashes.size() + 1) > m_slots.size()) {
        grow();
    }
    m_hashes.push_back(hash);
    m_indices.push_back(static_cast<std::uint32_t>(index + 1));
    const std::size_t mask = m_slots.size() - 1;
    std::size_t at = hash & mask;
    while (m_slots[at].index != 0) {
        at = (at + 1) & mask;
    }
    m_slots[at] = {static_cast<std::uint32_t>(hash >> 32U), m_indices.back()};
}

void RecordIndex::grow()
{
    m_slots.assign(std::max<std::size_t>(64, 2 * m_slots.size()), {});
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t i = 0; i < m_hashes.size(); ++i) {
        std::size_t at = m_hashes[i] & mask;
        while (m_slots[at].index != 0) {
            at = (at + 1) & mask;
        }
        m_slots[at] = {static_cast<std::uint32_t>(m_hashes[i] >> 32U), m_indices[i]};
    }
}

} // namespace engine
