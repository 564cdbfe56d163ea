// Events around a few runs of each algorithm.
#include "engine/cuda/algorithm_trial.h"

#include <array>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

constexpr int kRuns = 3;
constexpr float kClearlyFaster = 0.98F; // of the first one's time

// Two events that tell the time between them.
class Stopwatch
{
public:
    explicit Stopwatch(const Driver& driver)
        : m_driver(driver)
    {
        try {
            for (EventHandle& event : m_events) {
                check(driver, driver.functions().cuEventCreate(&event, 0), "cuEventCreate");
            }
        } catch (...) {
            release();
            throw;
        }
    }

    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

    ~Stopwatch() { release(); }

    void start(StreamHandle stream) const { record(m_events[0], stream); }

    // Milliseconds of the stream's time since start(); waits for it.
    [[nodiscard]] float stop(StreamHandle stream) const
    {
        record(m_events[1], stream);
        const DriverFunctions& f = m_driver.functions();
        check(m_driver, f.cuEventSynchronize(m_events[1]), "cuEventSynchronize");
        float milliseconds = 0.0F;
        check(m_driver,
              f.cuEventElapsedTime_v2(&milliseconds, m_events[0], m_events[1]),
              "cuEventElapsedTime");
        return milliseconds;
    }

private:
    void record(EventHandle event, StreamHandle stream) const
    {
        check(m_driver, m_driver.functions().cuEventRecord(event, stream), "cuEventRecord");
    }

    void release() noexcept
    {
        for (const EventHandle event : m_events) {
            if (event != nullptr) {
                m_driver.functions().cuEventDestroy_v2(event);
            }
        }
    }

    const Driver& m_driver;
    std::array<EventHandle, 2> m_events = {};
};

// Memory for the time of a trial; the run's own figures know nothing of it.
class SpareOutput
{
public:
    SpareOutput(const Driver& driver, std::size_t bytes)
        : m_driver(driver)
    {
        const Status status = driver.functions().cuMemAlloc_v2(&m_address, bytes);
        if (status == kErrorOutOfMemory) {
            m_address = 0;
            return;
        }
        check(driver, status, "cuMemAlloc");
    }

    SpareOutput(const SpareOutput&) = delete;
    SpareOutput& operator=(const SpareOutput&) = delete;

    ~SpareOutput()
    {
        if (m_address != 0) {
            m_driver.functions().cuMemFree_v2(m_address);
        }
    }

    [[nodiscard]] bool exists() const { return m_address != 0; }

    [[nodiscard]] void* memory() const
    {
        return reinterpret_cast<void*>(m_address); // NOLINT(performance-no-int-to-ptr): as told
    }

private:
    const Driver& m_driver;
    DeviceAddress m_address = 0;
};

} // namespace

std::optional<LtAlgorithm> fastest_algorithm(const Driver& driver,
                                             const LtPlan& plan,
                                             const std::vector<LtAlgorithm>& candidates,
                                             const LtOperands& operands,
                                             const LtPlace& place)
{
    LtOperands tried = operands;
    std::optional<SpareOutput> spare;
    if (operands.d == nullptr || (plan.product().accumulate && operands.c == operands.d)) {
        spare.emplace(driver, plan.product().output_bytes());
        if (!spare->exists()) {
            return std::nullopt;
        }
        tried.d = spare->memory();
        if (operands.c == operands.d) {
            tried.c = tried.d;
        }
    }
    const Stopwatch watch(driver);
    std::optional<LtAlgorithm> best;
    float limit = 0.0F; // that a later one must stay under
    for (const LtAlgorithm& each : candidates) {
        const auto run = [&] { return plan.multiply(each, tried, place); };
        if (run() != kSuccess) { // also brings its code to the device
            continue;
        }
        watch.start(place.stream);
        for (int i = 0; i < kRuns; ++i) {
            check_cublas(run(), "cublasLtMatmul");
        }
        const float time = watch.stop(place.stream);
        if (!best || time < limit) {
            limit = best ? time : time * kClearlyFaster;
            best = each;
        }
    }
    return best;
}

} // namespace engine::cuda
