// Stretches of work that come again just the same, each kept as one CUDA graph: one call starts
// what would take thousands, so a small model does not wait for the processor.
#pragma once

#include <cstdint>
#include <functional>
#include <list>

#include "engine/cuda/work_record.h"

namespace engine::cuda {

class GraphCache
{
public:
    // Queues one command on the stream.
    using Issue = std::function<void(WorkRecord&, const Command&)>;
    // Waits for what a command's issue would wait for, which cannot be captured.
    using Prepare = std::function<void(const Command&)>;

    GraphCache(const Driver& driver, StreamHandle stream, Prepare prepare, Issue issue);
    GraphCache(const GraphCache&) = delete;
    GraphCache& operator=(const GraphCache&) = delete;
    // Call with the device's context current.
    ~GraphCache();

    // Whether work of this key is worth writing down: it was seen before, and did not turn out
    // to be another several times in a row.
    [[nodiscard]] bool expects(std::uint64_t key);

    // Queues the work of a key that was expected: the second time it becomes a graph, from then on
    // the graph is started where the work is the same, and made anew where it is not. Throws
    // EngineError.
    void queue(std::uint64_t key, WorkRecord& work);

    // Queues the work command by command.
    void issue(WorkRecord& work) const;

private:
    struct Entry
    {
        std::uint64_t key = 0;
        bool given_up = false;
        int changes = 0; // how often in a row the same key was other work
        WorkRecord work;
        CapturedGraph graph = nullptr;
        ExecutableGraph executable = nullptr;
    };

    [[nodiscard]] bool capture(Entry& entry, WorkRecord& work);
    void give_up(Entry& entry, const Error& reason);
    void release(Entry& entry) const noexcept;
    void forget_oldest();

    const Driver& m_driver;
    StreamHandle m_stream;
    Prepare m_prepare;
    Issue m_issue;
    int m_failures = 0;         // of captures
    std::list<Entry> m_entries; // the last used first
};

} // namespace engine::cuda
