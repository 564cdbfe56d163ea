// Order, packing and micro-batches, all functions of (seed, epoch, step).
#include "engine/data/batch_loader.h"

#include <algorithm>
#include <numeric>

#include "engine/core/check.h"
#include "engine/core/random.h"

namespace engine {

namespace {

// Random stream of an epoch's order; dropout and initialisation use streams of their own.
constexpr std::uint64_t kShuffleStream = 0x73687566666c6500ULL;
constexpr std::size_t kOpenRows = 64;                 // rows that first-fit looks at
constexpr std::int64_t kOrderedExamples = 10'000'000; // put in order to find an extent: a second

// Appends one example as a sequence of its own; the caller sets the weights.
void append_sequence(const Example& example, std::int64_t seq_len, MicroBatch& batch)
{
    const std::int64_t length = cut_length(example, seq_len);
    for (std::int64_t i = 0; i < length; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool target = i + 1 < length && example.trained[at + 1] != 0;
        batch.tokens.push_back(example.tokens[at]);
        batch.labels.push_back(target ? example.tokens[at + 1] : -1);
        batch.positions.push_back(static_cast<std::int32_t>(i));
    }
    batch.offsets.push_back(static_cast<std::int32_t>(batch.tokens.size()));
}

void clear_batch(MicroBatch& batch)
{
    batch.tokens.clear();
    batch.labels.clear();
    batch.weights.clear();
    batch.positions.clear();
    batch.offsets.clear();
    batch.offsets.push_back(0);
}

std::int64_t labelled(const MicroBatch& batch)
{
    return std::count_if(
        batch.labels.begin(), batch.labels.end(), [](std::int32_t label) { return label >= 0; });
}

void set_weights(MicroBatch& batch, std::int64_t targets)
{
    const float weight = targets > 0 ? 1.0F / static_cast<float>(targets) : 0.0F;
    for (const std::int32_t label : batch.labels) {
        batch.weights.push_back(label >= 0 ? weight : 0.0F);
    }
}

} // namespace

BatchExtent joined(const BatchExtent& a, const BatchExtent& b)
{
    return {.tokens = std::max(a.tokens, b.tokens),
            .targets = std::max(a.targets, b.targets),
            .longest = std::max(a.longest, b.longest)};
}

BatchExtent extent_of(std::span<const MicroBatch> batches)
{
    BatchExtent extent;
    for (const MicroBatch& batch : batches) {
        extent = joined(extent,
                        {.tokens = batch.num_tokens(),
                         .targets = batch.num_targets(),
                         .longest = batch.max_sequence_length()});
    }
    return extent;
}

BatchLoader::BatchLoader(std::vector<Example> examples, const BatchConfig& config)
    : m_examples(std::move(examples))
    , m_config(config)
{
    ENGINE_CHECK(config.micro_batch_size > 0 && config.grad_accum_steps > 0 && config.seq_len > 1,
                 "batch_loader: micro_batch_size is ",
                 config.micro_batch_size,
                 ", grad_accum_steps ",
                 config.grad_accum_steps,
                 ", seq_len ",
                 config.seq_len,
                 "; at least 1, 1 and 2 are wanted");
    std::erase_if(m_examples, [&](const Example& example) {
        return count_targets(example, config.seq_len) == 0;
    });
    m_targets.reserve(m_examples.size());
    for (const Example& example : m_examples) {
        m_targets.push_back(count_targets(example, config.seq_len));
    }
    ENGINE_CHECK(m_examples.size() < INT32_MAX,
                 "batch_loader: ",
                 m_examples.size(),
                 " examples, fewer than ",
                 INT32_MAX,
                 " are wanted");
    // Room for what epochs and short steps fill, so that no step after the first allocates.
    constexpr std::size_t kEpochs = 1024;
    m_epoch_first_step.reserve(kEpochs);
    m_epoch_first_step.push_back(0);
    m_next.reserve(m_examples.size() + 1);
    m_open.reserve(kOpenRows);
    reserve_spares();
    m_shuffled.resize(m_examples.size());
    m_row_of.resize(m_examples.size());
    m_cached.order.resize(m_examples.size());
    m_cached.row_starts.reserve(m_examples.size() + 1);
}

// Assigns rows by first-fit over the latest rows that are still open, then sorts the examples by
// row, stably, so that a row keeps the epoch's order.
void BatchLoader::pack()
{
    m_cached.row_starts.clear();
    m_cached.row_starts.push_back(0);
    std::vector<std::int64_t>& counts = m_cached.row_starts; // counts first, prefix sums after
    m_open.clear();
    std::int32_t rows = 0;
    for (std::size_t i = 0; i < m_shuffled.size(); ++i) {
        const Example& example = m_examples[static_cast<std::size_t>(m_shuffled[i])];
        const std::int64_t length = cut_length(example, m_config.seq_len);
        auto fitting = std::find_if(m_open.begin(), m_open.end(), [&](const OpenRow& row) {
            return row.used + length <= m_config.seq_len;
        });
        if (!m_config.packing || fitting == m_open.end()) {
            if (m_open.size() == kOpenRows) {
                m_open.erase(m_open.begin());
            }
            m_open.push_back({rows++, 0});
            counts.push_back(0);
            fitting = m_open.end() - 1;
        }
        fitting->used += length;
        m_row_of[i] = fitting->row;
        ++counts[static_cast<std::size_t>(fitting->row) + 1];
    }
    std::partial_sum(counts.begin(), counts.end(), counts.begin());
    m_next.assign(m_cached.row_starts.begin(), m_cached.row_starts.end());
    for (std::size_t i = 0; i < m_shuffled.size(); ++i) {
        const auto at = static_cast<std::size_t>(m_next[static_cast<std::size_t>(m_row_of[i])]++);
        m_cached.order[at] = m_shuffled[i];
    }
}

const BatchLoader::Epoch& BatchLoader::epoch(std::int64_t number)
{
    if (m_cached.number == number) {
        return m_cached;
    }
    std::iota(m_shuffled.begin(), m_shuffled.end(), 0);
    if (m_config.shuffle) {
        Random random(m_config.seed, kShuffleStream + static_cast<std::uint64_t>(number));
        for (std::size_t left = m_shuffled.size(); left > 1; --left) {
            std::swap(m_shuffled[left - 1], m_shuffled[random.below(left)]);
        }
    }
    pack();
    m_cached.number = number;
    return m_cached;
}

std::int64_t BatchLoader::rows_per_epoch(std::int64_t number)
{
    return static_cast<std::int64_t>(epoch(number).row_starts.size()) - 1;
}

std::int64_t BatchLoader::steps_per_epoch(std::int64_t number)
{
    const std::int64_t rows_per_step = m_config.micro_batch_size * m_config.grad_accum_steps;
    return (rows_per_epoch(number) + rows_per_step - 1) / rows_per_step;
}

std::int64_t BatchLoader::epoch_of_step(std::int64_t step)
{
    ENGINE_CHECK(!m_examples.empty(), "batch_loader: no example has a target");
    while (m_epoch_first_step.back() <= step) {
        const auto next = static_cast<std::int64_t>(m_epoch_first_step.size()) - 1;
        m_epoch_first_step.push_back(m_epoch_first_step.back() + steps_per_epoch(next));
    }
    const auto after = std::upper_bound(m_epoch_first_step.begin(), m_epoch_first_step.end(), step);
    return after - m_epoch_first_step.begin() - 1;
}

double BatchLoader::epoch_position(std::int64_t step)
{
    const auto epoch = static_cast<std::size_t>(epoch_of_step(step));
    const std::int64_t first = m_epoch_first_step[epoch];
    return static_cast<double>(epoch)
           + static_cast<double>(step - first)
                 / static_cast<double>(m_epoch_first_step[epoch + 1] - first);
}

MicroBatch BatchLoader::take_spare()
{
    if (!m_spare.empty()) {
        MicroBatch batch = std::move(m_spare.back());
        m_spare.pop_back();
        return batch;
    }
    MicroBatch batch;
    const auto tokens = static_cast<std::size_t>(m_config.micro_batch_size * m_config.seq_len);
    batch.tokens.reserve(tokens);
    batch.labels.reserve(tokens);
    batch.weights.reserve(tokens);
    batch.positions.reserve(tokens);
    batch.offsets.reserve(tokens + 1);
    return batch;
}

void BatchLoader::set_micro_batch(std::int64_t micro_batch_size, std::int64_t grad_accum_steps)
{
    const std::int64_t rows = m_config.micro_batch_size * m_config.grad_accum_steps;
    const bool begun = m_epoch_first_step.size() > 1;
    ENGINE_CHECK(micro_batch_size > 0 && grad_accum_steps > 0
                     && (!begun || micro_batch_size * grad_accum_steps == rows),
                 "batches: micro_batch_size ",
                 micro_batch_size,
                 " with grad_accum_steps ",
                 grad_accum_steps,
                 " is not the ",
                 rows,
                 " rows of a step");
    m_config.micro_batch_size = micro_batch_size;
    m_config.grad_accum_steps = grad_accum_steps;
    reserve_spares();
}

// Two steps may be held at once.
void BatchLoader::reserve_spares()
{
    m_spare.reserve(2 * static_cast<std::size_t>(m_config.grad_accum_steps));
}

BatchExtent BatchLoader::epoch_extent(std::int64_t number, std::int64_t micro_batch_size)
{
    const Epoch& current = epoch(number);
    const std::int64_t rows = rows_per_epoch(number);
    BatchExtent extent;
    for (std::int64_t row = 0; row < rows; row += micro_batch_size) {
        const std::int64_t end = std::min(row + micro_batch_size, rows);
        BatchExtent batch;
        for (std::int64_t i = current.row_starts[static_cast<std::size_t>(row)];
             i < current.row_starts[static_cast<std::size_t>(end)];
             ++i) {
            const auto example =
                static_cast<std::size_t>(current.order[static_cast<std::size_t>(i)]);
            const std::int64_t tokens = cut_length(m_examples[example], m_config.seq_len);
            batch.tokens += tokens;
            batch.targets += m_targets[example];
            batch.longest = std::max(batch.longest, tokens);
        }
        extent = joined(extent, batch);
    }
    return extent;
}

BatchExtent BatchLoader::largest_extent(std::int64_t micro_batch_size) const
{
    std::vector<std::int64_t> tokens;
    std::vector<std::int64_t> targets = m_targets;
    for (const Example& example : m_examples) {
        tokens.push_back(cut_length(example, m_config.seq_len));
    }
    std::sort(tokens.rbegin(), tokens.rend());
    std::sort(targets.rbegin(), targets.rend());
    // Without packing a row is one example; with it, as many as fit.
    const auto examples = static_cast<std::int64_t>(m_examples.size());
    const auto count = m_config.packing ? examples : std::min(micro_batch_size, examples);
    const auto sum = [count](const std::vector<std::int64_t>& values) {
        return std::accumulate(values.begin(), values.begin() + count, std::int64_t{0});
    };
    const std::int64_t room = micro_batch_size * m_config.seq_len;
    return {.tokens = std::min(sum(tokens), room),
            .targets = std::min(sum(targets), room),
            .longest = tokens.front()};
}

BatchExtent BatchLoader::extent(std::int64_t micro_batch_size,
                                std::int64_t grad_accum_steps,
                                const RunLength& length)
{
    ENGINE_CHECK(micro_batch_size > 0 && grad_accum_steps > 0,
                 "batches: micro_batch_size ",
                 micro_batch_size,
                 " with grad_accum_steps ",
                 grad_accum_steps,
                 ", wanted 1 or more");
    BatchExtent extent;
    if (m_examples.empty()) {
        return extent;
    }
    const std::int64_t rows_per_step = micro_batch_size * grad_accum_steps;
    std::int64_t steps = 0;
    for (std::int64_t number = 0;
         length.max_steps > 0 ? steps < length.max_steps
                              : static_cast<double>(number) < length.epochs;
         ++number) {
        if (number > 0 && (number + 1) * examples() > kOrderedExamples) {
            return largest_extent(micro_batch_size);
        }
        extent = joined(extent, epoch_extent(number, micro_batch_size));
        steps += (rows_per_epoch(number) + rows_per_step - 1) / rows_per_step;
    }
    return extent;
}

void BatchLoader::step_batch(std::int64_t step, StepBatch& batch)
{
    const std::int64_t number = epoch_of_step(step);
    const Epoch& current = epoch(number);
    const std::int64_t rows = rows_per_epoch(number);
    const std::int64_t first_row = (step - m_epoch_first_step[static_cast<std::size_t>(number)])
                                   * m_config.micro_batch_size * m_config.grad_accum_steps;
    const std::int64_t count =
        std::min(m_config.grad_accum_steps,
                 (rows - first_row + m_config.micro_batch_size - 1) / m_config.micro_batch_size);
    // A short last step parks its micro-batches, so the next full one allocates nothing.
    while (static_cast<std::int64_t>(batch.micro_batches.size()) > count) {
        m_spare.push_back(std::move(batch.micro_batches.back()));
        batch.micro_batches.pop_back();
    }
    while (static_cast<std::int64_t>(batch.micro_batches.size()) < count) {
        batch.micro_batches.push_back(take_spare());
    }
    batch.targets = 0;
    batch.tokens = 0;
    std::int64_t row = first_row;
    for (MicroBatch& micro_batch : batch.micro_batches) {
        clear_batch(micro_batch);
        const std::int64_t end = std::min(row + m_config.micro_batch_size, rows);
        const auto first =
            static_cast<std::size_t>(current.row_starts[static_cast<std::size_t>(row)]);
        const auto last =
            static_cast<std::size_t>(current.row_starts[static_cast<std::size_t>(end)]);
        for (std::size_t i = first; i < last; ++i) {
            append_sequence(m_examples[static_cast<std::size_t>(current.order[i])],
                            m_config.seq_len,
                            micro_batch);
        }
        row = end;
        batch.targets += labelled(micro_batch);
        batch.tokens += micro_batch.num_tokens();
    }
    for (MicroBatch& micro_batch : batch.micro_batches) {
        set_weights(micro_batch, batch.targets);
    }
}

std::vector<MicroBatch> evaluation_batches(std::span<const Example> examples,
                                           const BatchConfig& config)
{
    BatchConfig ordered = config;
    ordered.shuffle = false;
    ordered.grad_accum_steps = 1;
    BatchLoader loader({examples.begin(), examples.end()}, ordered);
    std::vector<MicroBatch> batches;
    std::int64_t targets = 0;
    StepBatch step;
    const std::int64_t steps = loader.examples() > 0 ? loader.steps_per_epoch(0) : 0;
    for (std::int64_t i = 0; i < steps; ++i) {
        loader.step_batch(i, step);
        targets += step.targets;
        batches.push_back(step.micro_batches.front());
    }
    for (MicroBatch& batch : batches) {
        batch.weights.clear();
        set_weights(batch, targets);
    }
    return batches;
}

} // namespace engine
