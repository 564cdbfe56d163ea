// Finds records that say the same: hashes in a flat table, equality by comparing the records.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/data/record.h"

namespace engine {

// Of everything that training sees: kind, roles, texts and which turns are trained.
[[nodiscard]] std::uint64_t hash_record(const Record& record);
[[nodiscard]] bool same_content(const Record& a, const Record& b);

// A record of the evaluation data that says what a record of the training data says, by index.
struct SharedRecord
{
    std::size_t train = 0; // the first such one
    std::size_t eval = 0;
};

// In the order of the evaluation data, each of its records once at most.
[[nodiscard]] std::vector<SharedRecord> find_shared(const std::vector<Record>& train,
                                                    const std::vector<Record>& eval);

// Indices into a vector of records that the caller keeps; about 16 bytes a record.
class RecordIndex
{
public:
    // The index of an equal record among those inserted.
    [[nodiscard]] std::optional<std::size_t>
    find(const std::vector<Record>& records, const Record& record, std::uint64_t hash) const;

    void insert(std::size_t index, std::uint64_t hash);

private:
    struct Slot
    {
        std::uint32_t hash = 0;  // upper half; the lower half chose the slot
        std::uint32_t index = 0; // 1 + index; 0 is free
    };

    void grow();

    std::vector<Slot> m_slots;
    std::vector<std::uint64_t> m_hashes; // by insertion, for growing
    std::vector<std::uint32_t> m_indices;
};

} // namespace engine
