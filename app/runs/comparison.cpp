// Settings side by side; a setting whose values are all equal is not shown.
#include "app/runs/comparison.h"

#include <algorithm>

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <QSet>

#include "app/human_text.h"
#include "app/runs/run_fields.h"
#include "app/runs/run_metrics.h"
#include "app/runs/setting_text.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

const QSet<QString> kLeftOut = {u"name"_s, u"notes"_s, u"facts"_s};

// lupdate takes the context from here.
struct ComparisonTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Comparison)
};

QString labelOf(const QString& key)
{
    static const QMap<QString, const char*> kOthers = {
        {u"base"_s, QT_TRANSLATE_NOOP("app::Comparison", "Base model")},
        {u"data"_s, QT_TRANSLATE_NOOP("app::Comparison", "Data set")},
        {u"targets"_s, QT_TRANSLATE_NOOP("app::Comparison", "Target matrices")},
        {u"layers"_s, QT_TRANSLATE_NOOP("app::Comparison", "Layers")},
        {u"rank_pattern"_s, QT_TRANSLATE_NOOP("app::Comparison", "Other ranks")}};
    for (const FieldInfo& field : runFields()) {
        if (field.name == key) {
            return field.label;
        }
    }
    return kOthers.contains(key) ? ComparisonTexts::tr(kOthers.value(key)) : key;
}

QStringList keysOf(const QList<RunRecord>& runs)
{
    QStringList keys; // in the order of the form, then what the form does not have
    for (const FieldInfo& field : runFields()) {
        keys.append(field.name);
    }
    for (const RunRecord& run : runs) {
        for (const QString& key : run.config.keys()) {
            if (!keys.contains(key)) {
                keys.append(key);
            }
        }
    }
    keys.removeIf([](const QString& key) { return kLeftOut.contains(key); });
    return keys;
}

// Between runs that have begun: what another's worker will choose is not known to differ.
bool differs(const QList<RunRecord>& runs, const QString& key)
{
    QList<QJsonValue> known;
    for (const RunRecord& run : runs) {
        const QJsonValue value = run.config.value(key);
        if (!isOpenSetting(key, value)) {
            known.append(value);
        }
    }
    return std::any_of(
        known.begin(), known.end(), [&](const QJsonValue& each) { return each != known.front(); });
}

using NumberText = QString (*)(const RunNumbers&);

struct NumberRow
{
    const char* name = nullptr;
    const char* label = nullptr;
    NumberText text = nullptr;
    Metric metric = Metric::Count; // the curve it sums up; Count: none
};

const NumberRow kNumbers[] = {
    {"global_step",
     QT_TRANSLATE_NOOP("app::Comparison", "Steps"),
     [](const RunNumbers& each) { return QLocale().toString(each.step); }},
    {"loss",
     QT_TRANSLATE_NOOP("app::Comparison", "Training loss"),
     [](const RunNumbers& each) { return humanReal(each.loss, 4); },
     Metric::Loss},
    {"eval_loss",
     QT_TRANSLATE_NOOP("app::Comparison", "Evaluation loss"),
     [](const RunNumbers& each) { return humanReal(each.evalLoss, 4); },
     Metric::EvalLoss},
    {"perplexity",
     QT_TRANSLATE_NOOP("app::Comparison", "Perplexity"),
     [](const RunNumbers& each) { return humanReal(each.perplexity, 3); }},
    {"trainable_parameters",
     QT_TRANSLATE_NOOP("app::Comparison", "Trainable parameters"),
     [](const RunNumbers& each) {
         return each.trainableParameters > 0 ? humanCount(each.trainableParameters) : u"-"_s;
     }},
    {"tokens",
     QT_TRANSLATE_NOOP("app::Comparison", "Tokens"),
     [](const RunNumbers& each) { return each.tokens > 0 ? humanCount(each.tokens) : u"-"_s; }},
    {"tokens_per_second",
     QT_TRANSLATE_NOOP("app::Comparison", "Tokens per second"),
     [](const RunNumbers& each) { return humanReal(each.tokensPerSecond, 0); },
     Metric::TokensPerSecond},
    {"seconds",
     QT_TRANSLATE_NOOP("app::Comparison", "Time"),
     [](const RunNumbers& each) { return humanSeconds(each.seconds); }},
    {"peak_memory",
     QT_TRANSLATE_NOOP("app::Comparison", "Peak memory"),
     [](const RunNumbers& each) {
         return each.peakMemory > 0 ? humanBytes(each.peakMemory) : u"-"_s;
     }},
};

} // namespace

Comparison compareRuns(const QList<RunRecord>& runs)
{
    Comparison comparison;
    for (const RunRecord& run : runs) {
        comparison.runs.append(run.name);
    }
    for (const QString& key : keysOf(runs)) {
        ComparisonRow row{key, labelOf(key), {}};
        for (const RunRecord& run : runs) {
            const QString text = settingText(key, run.config.value(key));
            const bool isPath = key == "base"_L1 || key == "data"_L1;
            row.values.append(isPath ? QFileInfo(text).fileName() : text);
        }
        if (differs(runs, key)) {
            comparison.settings.append(row);
        }
    }
    for (const NumberRow& number : kNumbers) {
        ComparisonRow row{QString::fromUtf8(number.name),
                          ComparisonTexts::tr(number.label),
                          {},
                          metricMeaning(number.metric)};
        for (const RunRecord& run : runs) {
            row.values.append(number.text(run.numbers));
        }
        const bool known = std::any_of(row.values.begin(),
                                       row.values.end(),
                                       [](const QString& each) { return each != "-"_L1; });
        if (known) {
            comparison.numbers.append(row);
        }
    }
    return comparison;
}

} // namespace app
