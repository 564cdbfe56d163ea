// Order, coalescing, and a reader that is slow or gone.
#include <atomic>
#include <future>
#include <gtest/gtest.h>

#include "engine/worker/event_writer.h"

namespace {

using engine::EventWriter;
using engine::Json;
using engine::StateEvent;
using engine::StepEvent;
using engine::TrainEvent;

StepEvent step(std::int64_t number)
{
    StepEvent event;
    event.step = number;
    return event;
}

// Collects lines; the first line waits until release() is called.
class SlowReader
{
public:
    EventWriter::Output output()
    {
        return [this](std::string_view line) {
            m_gate.wait();
            const std::lock_guard lock(m_mutex);
            m_lines.push_back(engine::value_or_throw(engine::parse_json(line, "line")));
            return true;
        };
    }

    void release() { m_open.set_value(); }

    std::vector<Json> lines()
    {
        const std::lock_guard lock(m_mutex);
        return m_lines;
    }

private:
    std::promise<void> m_open;
    std::shared_future<void> m_gate = m_open.get_future().share();
    std::mutex m_mutex;
    std::vector<Json> m_lines;
};

TEST(EventWriter, CoalescesStepsBehindASlowReader)
{
    SlowReader reader;
    {
        EventWriter writer(reader.output());
        for (int i = 1; i <= 100000; ++i) {
            writer.post(TrainEvent(step(i)), 5);
        }
        writer.post(TrainEvent(StateEvent{"stopping"}), 5);
        reader.release();
    }
    const std::vector<Json> lines = reader.lines();
    ASSERT_GE(lines.size(), 2U);
    EXPECT_LE(lines.size(), 4U); // what was being written, the newest step, the state
    EXPECT_EQ(lines[lines.size() - 2]["step"], 100000);
    EXPECT_EQ(lines.back()["state"], "stopping");
    EXPECT_EQ(lines.back()["id"], 5);
}

TEST(EventWriter, NeverDropsOtherEventsAndKeepsTheirOrder)
{
    SlowReader reader;
    {
        EventWriter writer(reader.output());
        for (int i = 1; i <= 50; ++i) {
            writer.post(TrainEvent(step(i)), 1);
            writer.post(TrainEvent(engine::EvalEvent{i, 0.0, 1.0, false}), 1);
        }
        reader.release();
    }
    int next = 1;
    for (const Json& line : reader.lines()) {
        if (line["event"] == "eval") {
            EXPECT_EQ(line["step"], next++);
        } else {
            EXPECT_EQ(line["step"], next);
        }
    }
    EXPECT_EQ(next, 51);
}

TEST(EventWriter, SendsTheFirstStepAtOnceAndAtMostTenASecond)
{
    std::atomic<int> lines = 0;
    const auto start = std::chrono::steady_clock::now();
    {
        EventWriter writer([&](std::string_view) {
            ++lines;
            return true;
        });
        int number = 0;
        while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(450)) {
            writer.post(TrainEvent(step(++number)), 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_GE(lines, 2);
    EXPECT_LE(lines, static_cast<int>(seconds.count() * 10.0) + 2);
}

TEST(EventWriter, FlushWaitsForTheLastStep)
{
    std::atomic<int> lines = 0;
    EventWriter writer([&](std::string_view) {
        ++lines;
        return true;
    });
    writer.post(TrainEvent(step(1)), 0);
    writer.flush();
    writer.post(TrainEvent(step(2)), 0);
    writer.flush();
    EXPECT_EQ(lines, 2);
}

TEST(EventWriter, ABrokenPipeIsKnownAndHarmless)
{
    EventWriter writer([](std::string_view) { return false; });
    writer.post(TrainEvent(StateEvent{"a"}), 0);
    writer.post(TrainEvent(StateEvent{"b"}), 0);
    writer.flush();
    EXPECT_TRUE(writer.broken());
}

} // namespace
