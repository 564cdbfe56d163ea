// The levers, one after the other.
#include "app/runs/memory_fit.h"

#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

void MemoryFit::start()
{
    m_isGoing = true;
    m_changes.clear();
}

bool MemoryFit::pull(RunSpec& spec, qint64 estimatedLength)
{
    const QString change = pullLever(spec, estimatedLength);
    m_isGoing = !change.isEmpty();
    if (m_isGoing) {
        m_changes.append(change);
    }
    return m_isGoing;
}

// What it changed, for people; empty: nothing is left.
QString MemoryFit::pullLever(RunSpec& spec, qint64 estimatedLength)
{
    if (spec.value(u"micro_batch_size"_s).toLongLong() != 1) {
        spec.setValue(u"micro_batch_size"_s, 1);
        return tr("micro-batch 1, accumulated to the same effective batch");
    }
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
