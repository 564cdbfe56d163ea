// Examples to micro-batches: order by seed and epoch, packing into rows, and a position that a
// checkpoint stores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/chat_format.h"
#include "engine/data/token_statistics.h"
#include "engine/model/transformer.h"

namespace engine {

struct BatchConfig
{
    std::int64_t micro_batch_size = 1; // rows
    std::int64_t grad_accum_steps = 1;
    std::int64_t seq_len = 512; // longest sequence; longer examples are cut at the right
    bool packing = true;
    bool shuffle = true;
    std::uint64_t seed = 0;
};

// One optimizer step's micro-batches. Weights are 1 / (targets of the whole step), so the step's
// loss is the mean over its unmasked targets, summed over micro-batches and divided once.
struct StepBatch
{
    std::vector<MicroBatch> micro_batches;
    std::int64_t targets = 0;
    std::int64_t tokens = 0;
};

// The most that any micro-batch holds.
struct BatchExtent
{
    std::int64_t tokens = 0;
    std::int64_t targets = 0;
    std::int64_t longest = 0; // tokens of a sequence
};

// Of batches that exist.
[[nodiscard]] BatchExtent extent_of(std::span<const MicroBatch> batches);

// Of either.
[[nodiscard]] BatchExtent joined(const BatchExtent& a, const BatchExtent& b);

// How long a run is: `max_steps` steps, or, where that is 0, `epochs`.
struct RunLength
{
    std::int64_t max_steps = 0;
    double epochs = 1.0;
};

class BatchLoader
{
public:
    // Keeps the examples that have a target. Throws EngineError for a config that makes no batch.
    // With packing, the rows of an epoch are built from its order by first-fit
    // over a bounded window of open rows, so the result depends on (seed, epoch) alone.
    BatchLoader(std::vector<Example> examples, const BatchConfig& config);

    [[nodiscard]] std::int64_t rows_per_epoch(std::int64_t epoch);
    [[nodiscard]] std::int64_t steps_per_epoch(std::int64_t epoch);

    // The batch of a step, counted from 0 over all epochs; any step may be asked for, in any order.
    // The last step of an epoch may be smaller. `batch` is refilled without freeing its vectors.
    void step_batch(std::int64_t step, StepBatch& batch);

    [[nodiscard]] std::int64_t epoch_of_step(std::int64_t step);
    // Where a step lies on the scale of epochs: 1.25 is a quarter into the second one.
    [[nodiscard]] double epoch_position(std::int64_t step);

    // What a run's micro-batches of `micro_batch_size` rows hold at most, `grad_accum_steps` of
    // them a step: exact, by making every epoch's order, as long as that is quick; of a run of more
    // epochs than that, what no order can exceed.
    [[nodiscard]] BatchExtent
    extent(std::int64_t micro_batch_size, std::int64_t grad_accum_steps, const RunLength& length);

    // The same steps in other pieces. Throws EngineError when the rows of a step would change after
    // the first was asked for.
    void set_micro_batch(std::int64_t micro_batch_size, std::int64_t grad_accum_steps);

    [[nodiscard]] const BatchConfig& config() const { return m_config; }

    [[nodiscard]] std::int64_t examples() const
    {
        return static_cast<std::int64_t>(m_examples.size());
    }

private:
    struct Epoch
    {
        std::int64_t number = -1;
        std::vector<std::int32_t> order;      // example indices, row after row
        std::vector<std::int64_t> row_starts; // into order; rows + 1
    };

    struct OpenRow
    {
        std::int32_t row = 0;
        std::int64_t used = 0; // tokens
    };

    const Epoch& epoch(std::int64_t number);
    void pack();
    MicroBatch take_spare();
    void reserve_spares();
    // The largest micro-batch of an epoch.
    [[nodiscard]] BatchExtent epoch_extent(std::int64_t number, std::int64_t micro_batch_size);
    // What no order's micro-batch can exceed.
    [[nodiscard]] BatchExtent largest_extent(std::int64_t micro_batch_size) const;

    std::vector<Example> m_examples;     // those with a target
    std::vector<std::int64_t> m_targets; // of each example, within the cut
    BatchConfig m_config;
    std::vector<std::int64_t> m_epoch_first_step; // prefix sums, grown on demand
    Epoch m_cached;
    // Kept between epochs and steps so that refilling allocates nothing.
    std::vector<std::int32_t> m_shuffled;
    std::vector<std::int32_t> m_row_of;
    std::vector<std::int64_t> m_next;
    std::vector<OpenRow> m_open;
    std::vector<MicroBatch> m_spare;
};

// Micro-batches of fixed order for evaluation: every example with a target once, `seq_len`,
// `packing` and `micro_batch_size` as given. Weights are 1 / (targets of all of them), so the
// losses of the batches add up to the mean.
[[nodiscard]] std::vector<MicroBatch> evaluation_batches(std::span<const Example> examples,
                                                         const BatchConfig& config);

} // namespace engine
