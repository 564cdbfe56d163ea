// The levers, one after the other.
#include "app/runs/memory_fit.h"

#include <algorithm>

#include "app/runs/run_spec.h"
#include "app/worker/worker_answers.h"

using namespace Qt::StringLiterals;

namespace app {

void MemoryFit::start()
{
    m_isGoing = true;
    m_changes.clear();
    m_firstMicroBatch = 0;
}

bool MemoryFit::pull(RunSpec& spec, const MemoryEstimate& newest)
{
    if (lowerMicroBatch(spec, newest)) {
        return m_isGoing;
    }
    const QString change = pullLever(spec, newest.seqLen);
    m_isGoing = !change.isEmpty();
    if (m_isGoing) {
        m_changes.append(change);
    }
    return m_isGoing;
}

// By its smallest divisor, so that as many more of them make the same effective batch. One that is
// left to the estimate is the largest that fits already.
bool MemoryFit::lowerMicroBatch(RunSpec& spec, const MemoryEstimate& newest)
{
    const qint64 rows = spec.value(u"micro_batch_size"_s).toLongLong();
    if (rows <= 1) {
        return false;
    }
    qint64 parts = 2;
    while (rows % parts != 0) {
        ++parts;
    }
    const qint64 chosen = spec.value(u"grad_accum_steps"_s).toLongLong();
    const qint64 steps = std::max<qint64>(chosen > 0 ? chosen : newest.gradAccumSteps, 1) * parts;
    const FieldInfo* info = RunSpec::field(u"grad_accum_steps"_s);
    if (info != nullptr && static_cast<double>(steps) > info->maximum) {
        return false;
    }
    spec.setValue(u"micro_batch_size"_s, rows / parts);
    spec.setValue(u"grad_accum_steps"_s, steps);
    if (m_firstMicroBatch == 0) {
        m_firstMicroBatch = rows;
    } else {
        m_changes.removeLast(); // the step before this one, of the same lever
    }
    m_changes.append(tr("micro-batch %1 -> %2, accumulated %3 times")
                         .arg(m_firstMicroBatch)
                         .arg(rows / parts)
                         .arg(steps));
    return true;
}

// What it changed, for people; empty: nothing is left.
QString MemoryFit::pullLever(RunSpec& spec, qint64 estimatedLength)
{
    // Training every weight knows neither of the two levers in the middle.
    const bool adapts = spec.value(u"method"_s) != u"full"_s;
    if (adapts && !spec.value(u"grad_checkpointing"_s).toBool()) {
        spec.setValue(u"grad_checkpointing"_s, true);
        return tr("activations recomputed");
    }
    if (adapts && spec.value(u"base_quant"_s) != u"nf4"_s) {
        spec.setValue(u"base_quant"_s, u"nf4"_s);
        return tr("the base in 4 bits");
    }
    const qint64 chosen = spec.value(u"seq_len"_s).toLongLong();
    const qint64 length = (chosen > 0 ? chosen : estimatedLength) / 2;
    if (length >= kShortestLength) {
        spec.setValue(u"seq_len"_s, length);
        return tr("length %1").arg(length);
    }
    return {};
}

} // namespace app
