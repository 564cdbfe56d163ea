// Comparison: the settings in which runs differ, and their final numbers.
#pragma once

#include <QList>
#include <QStringList>

#include "app/catalog/records.h"

namespace app {

struct ComparisonRow
{
    QString name;         // key of run.json, or of a number
    QString label;        // for people
    QStringList values;   // one per run, as shown; "-" where a run has none
    QString meaning = {}; // what the number is, where the label does not say it
};

struct Comparison
{
    QStringList runs;              // names, in the order given
    QList<ComparisonRow> settings; // only those that differ
    QList<ComparisonRow> numbers;  // every number that at least one run has
};

// Keys that always differ and say nothing (name, notes, out) are left out.
[[nodiscard]] Comparison compareRuns(const QList<RunRecord>& runs);

} // namespace app
