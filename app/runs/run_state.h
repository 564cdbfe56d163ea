// RunState: queued -> starting -> loading -> training <-> paused -> stopping -> finished |
// cancelled | failed | crashed; and interrupted, for a run found on disk that ended without a word.
#pragma once

#include <QMetaType>
#include <QString>

namespace app {

enum class RunState {
    Queued,
    Starting,
    Loading, // the base model, the data, LoRA-GA's initialisation
    Training,
    Paused,
    Stopping,
    Finished,  // the worker said so and exited 0
    Cancelled, // stopped by a person; saved
    Failed,    // the worker said why
    Crashed,   // the worker ended without saying why
    Interrupted,
};

[[nodiscard]] QString stateName(RunState state); // "queued", ...: in files and the catalog
[[nodiscard]] RunState runStateFromString(const QString& text); // Interrupted when unknown
[[nodiscard]] QString displayName(RunState state);              // for people, translated
// What a worker says that it does, for people; empty where the state's own name says it all. Words
// that this studio does not know stay as they are.
[[nodiscard]] QString workText(const QString& state, const QString& detail);
[[nodiscard]] bool isEnded(RunState state);   // Finished to Interrupted
[[nodiscard]] bool isLive(RunState state);    // Starting to Stopping
[[nodiscard]] bool canResume(RunState state); // Cancelled to Interrupted

} // namespace app

Q_DECLARE_METATYPE(app::RunState)
