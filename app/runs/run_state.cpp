// RunState's names in files and for people.
#include "app/runs/run_state.h"

#include <array>
#include <utility>

#include <QCoreApplication>
#include <QMap>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct StateTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::RunState)
};

using Name = std::pair<RunState, QLatin1StringView>;

constexpr std::array<Name, 11> kNames = {{
    {RunState::Queued, "queued"_L1},
    {RunState::Starting, "starting"_L1},
    {RunState::Loading, "loading"_L1},
    {RunState::Training, "training"_L1},
    {RunState::Paused, "paused"_L1},
    {RunState::Stopping, "stopping"_L1},
    {RunState::Finished, "finished"_L1},
    {RunState::Cancelled, "cancelled"_L1},
    {RunState::Failed, "failed"_L1},
    {RunState::Crashed, "crashed"_L1},
    {RunState::Interrupted, "interrupted"_L1},
}};

} // namespace

QString stateName(RunState state)
{
    for (const auto& [each, name] : kNames) {
        if (each == state) {
            return name;
        }
    }
    return {};
}

RunState runStateFromString(const QString& text)
{
    for (const auto& [each, name] : kNames) {
        if (text == name) {
            return each;
        }
    }
    return RunState::Interrupted;
}

QString displayName(RunState state)
{
    switch (state) {
    case RunState::Queued:
        return StateTexts::tr("Waiting");
    case RunState::Starting:
        return StateTexts::tr("Starting");
    case RunState::Loading:
        return StateTexts::tr("Loading");
    case RunState::Training:
        return StateTexts::tr("Training");
    case RunState::Paused:
        return StateTexts::tr("Paused");
    case RunState::Stopping:
        return StateTexts::tr("Stopping");
    case RunState::Finished:
        return StateTexts::tr("Finished");
    case RunState::Cancelled:
        return StateTexts::tr("Stopped");
    case RunState::Failed:
        return StateTexts::tr("Failed");
    case RunState::Crashed:
        return StateTexts::tr("Crashed");
    case RunState::Interrupted:
        return StateTexts::tr("Interrupted");
    }
    return {};
}

QString workText(const QString& state, const QString& detail)
{
    static const QMap<QString, const char*> kWords = {
        {u"loading"_s, ""},
        {u"training"_s, ""},
        {u"paused"_s, ""},
        {u"stopping"_s, ""},
        {u"initializing"_s, QT_TRANSLATE_NOOP("app::RunState", "preparing LoRA-GA's start")},
        {u"evaluating"_s, QT_TRANSLATE_NOOP("app::RunState", "evaluating")},
        {u"opening the device"_s, QT_TRANSLATE_NOOP("app::RunState", "opening the device")},
        {u"reading the data"_s, QT_TRANSLATE_NOOP("app::RunState", "reading the data")},
        {u"encoding the data"_s, QT_TRANSLATE_NOOP("app::RunState", "encoding the data")},
        {u"loading the model"_s, QT_TRANSLATE_NOOP("app::RunState", "loading the model")}};
    const QString said = detail.isEmpty() ? state : detail;
    const auto known = kWords.constFind(said);
    if (known == kWords.constEnd()) {
        return said;
    }
    return **known == '\0' ? QString() : StateTexts::tr(*known);
}

bool isEnded(RunState state)
{
    return state >= RunState::Finished;
}

bool isLive(RunState state)
{
    return state >= RunState::Starting && state <= RunState::Stopping;
}

bool canResume(RunState state)
{
    return state >= RunState::Cancelled;
}

} // namespace app
