// Capturing a stretch of work, and starting it again.
#include "engine/cuda/graph_cache.h"

#include <algorithm>
#include <optional>

#include "engine/core/log.h"
#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

// Steps of a run have one or two kinds of micro-batches; where lengths differ, keys come and go.
constexpr std::size_t kMostKeys = 64;
constexpr std::ptrdiff_t kMostGraphs = 8;
constexpr int kMostFailures = 3;
constexpr int kMostChanges = 3;
constexpr const char* kNewerDriver = "update NVIDIA's driver";

// A capture that the driver refuses is no lost device.
Error error_of(const Driver& driver, Status status, const char* call)
{
    const bool lacks_memory = status == kErrorOutOfMemory;
    return {lacks_memory ? ErrorCode::OutOfDeviceMemory : ErrorCode::Unsupported,
            concat(call, ": ", driver.error_name(status)),
            lacks_memory ? "use a smaller micro_batch_size, which leaves memory for it"
                         : kNewerDriver};
}

} // namespace

GraphCache::GraphCache(const Driver& driver, StreamHandle stream, Prepare prepare, Issue issue)
    : m_driver(driver)
    , m_stream(stream)
    , m_prepare(std::move(prepare))
    , m_issue(std::move(issue))
{}

GraphCache::~GraphCache()
{
    for (Entry& entry : m_entries) {
        release(entry);
    }
}

void GraphCache::release(Entry& entry) const noexcept
{
    if (entry.executable != nullptr) {
        m_driver.functions().cuGraphExecDestroy(entry.executable);
        entry.executable = nullptr;
    }
    if (entry.graph != nullptr) {
        m_driver.functions().cuGraphDestroy(entry.graph);
        entry.graph = nullptr;
    }
}

bool GraphCache::expects(std::uint64_t key)
{
    if (m_failures >= kMostFailures) {
        return false;
    }
    const auto found = std::find_if(
        m_entries.begin(), m_entries.end(), [&](const Entry& entry) { return entry.key == key; });
    if (found != m_entries.end()) {
        m_entries.splice(m_entries.begin(), m_entries, found);
        return !m_entries.front().given_up;
    }
    if (m_entries.size() >= kMostKeys) {
        release(m_entries.back());
        m_entries.pop_back();
    }
    m_entries.emplace_front().key = key;
    return false;
}

void GraphCache::issue(WorkRecord& work) const
{
    for (const Command& command : work.commands()) {
        m_issue(work, command);
    }
}

void GraphCache::queue(std::uint64_t key, WorkRecord& work)
{
    Entry& entry = m_entries.front();
    if (entry.key != key || work.empty()) {
        issue(work);
        return;
    }
    if (entry.executable != nullptr && entry.work == work) {
        entry.changes = 0;
    } else {
        if (entry.executable != nullptr) {
            release(entry);
            entry.work = {};
            entry.given_up = ++entry.changes == kMostChanges;
        }
        if (entry.given_up || !capture(entry, work)) {
            issue(work);
            return;
        }
        std::swap(entry.work, work);
        forget_oldest();
    }
    const Status status = m_driver.functions().cuGraphLaunch(entry.executable, m_stream);
    if (status == kErrorOutOfMemory) { // the first launch brings the graph to the device
        issue(entry.work);
        give_up(entry, error_of(m_driver, status, "cuGraphLaunch"));
        return;
    }
    check(m_driver, status, "cuGraphLaunch");
}

// False where the work cannot be captured.
bool GraphCache::capture(Entry& entry, WorkRecord& work)
{
    std::for_each(work.commands().begin(), work.commands().end(), m_prepare);
    const DriverFunctions& f = m_driver.functions();
    Status status = f.cuStreamBeginCapture_v2(m_stream, kCaptureRelaxed);
    const char* call = "cuStreamBeginCapture";
    std::optional<Error> refusal;
    if (status == kSuccess) {
        try {
            issue(work);
        } catch (const EngineError& error) {
            refusal = error.error();
        } catch (...) {
            f.cuStreamEndCapture(m_stream, &entry.graph);
            release(entry);
            throw;
        }
        status = f.cuStreamEndCapture(m_stream, &entry.graph);
        call = "cuStreamEndCapture";
    }
    if (status == kSuccess && !refusal) {
        status = f.cuGraphInstantiateWithFlags(&entry.executable, entry.graph, 0);
        call = "cuGraphInstantiate";
    }
    if (status == kSuccess && !refusal) {
        return true;
    }
    entry.executable = nullptr;
    give_up(entry, refusal ? *refusal : error_of(m_driver, status, call));
    return false;
}

// No attempts with this key any more; after a few such, with none.
void GraphCache::give_up(Entry& entry, const Error& reason)
{
    release(entry);
    entry.work = {};
    entry.given_up = true;
    if (++m_failures == kMostFailures) {
        log(LogLevel::Warning,
            concat("GPU: work that repeats is not kept as a CUDA graph: ",
                   reason.message,
                   "; the run goes on with the same results; if its steps are too slow, ",
                   reason.hint.empty() ? kNewerDriver : reason.hint));
    }
}

// Graphs take memory of the driver's.
void GraphCache::forget_oldest()
{
    const auto has_graph = [](const Entry& entry) { return entry.executable != nullptr; };
    if (std::count_if(m_entries.begin(), m_entries.end(), has_graph) <= kMostGraphs) {
        return;
    }
    const auto oldest = std::find_if(m_entries.rbegin(), m_entries.rend(), has_graph);
    release(*oldest);
    oldest->work = {};
}

} // namespace engine::cuda
