// RunState's names in files and for people.
#include "app/runs/run_state.h"

#include <array>
#include <utility>

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace app {

namespace {

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
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("app::RunState", text);
    };
    switch (state) {
    case RunState::Queued:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Waiting"));
    case RunState::Starting:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Starting"));
    case RunState::Loading:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Loading"));
    case RunState::Training:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Training"));
    case RunState::Paused:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Paused"));
    case RunState::Stopping:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Stopping"));
    case RunState::Finished:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Finished"));
    case RunState::Cancelled:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Stopped"));
    case RunState::Failed:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Failed"));
    case RunState::Crashed:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Crashed"));
    case RunState::Interrupted:
        return tr(QT_TRANSLATE_NOOP("app::RunState", "Interrupted"));
    }
    return {};
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
