// MemoryFit: what makes a run need less memory, the cheapest lever first.
#pragma once

#include <QCoreApplication>
#include <QStringList>

namespace app {

class RunSpec;
struct MemoryEstimate;

// A smaller micro-batch and recomputing cost only speed, a quantised base some exactness, a shorter
// length cuts data. Usage: start(); pull() after every estimate that does not fit.
class MemoryFit final
{
    Q_DECLARE_TR_FUNCTIONS(app::MemoryFit)

public:
    static constexpr qint64 kShortestLength = 128; // tokens: no lever goes lower

    void start();

    void stop() { m_isGoing = false; }

    [[nodiscard]] bool isGoing() const { return m_isGoing; }

    // Changes the spec by one lever; false, and the end, when none is left. `newest`: the estimate
    // that does not fit, for what the spec leaves to it.
    [[nodiscard]] bool pull(RunSpec& spec, const MemoryEstimate& newest);

    [[nodiscard]] const QStringList& changes() const { return m_changes; } // for people

private:
    [[nodiscard]] bool lowerMicroBatch(RunSpec& spec, const MemoryEstimate& newest);
    [[nodiscard]] static QString pullLever(RunSpec& spec, qint64 estimatedLength);

    QStringList m_changes;
    qint64 m_firstMicroBatch = 0; // before it was lowered; 0: it was not
    bool m_isGoing = false;
};

} // namespace app
