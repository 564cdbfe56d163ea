// Starting and interrupting a process that is not a child of the studio.
#include "app/worker/detached_run.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QProcess>

#include "engine/core/platform.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct DetachedRunTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::DetachedRun)
};

bool systemKnowsCommandLines()
{
    return QFileInfo::exists(u"/proc/self/cmdline"_s);
}

} // namespace

Outcome<qint64> startDetachedRun(const QString& program, const QString& runFolder)
{
    QProcess process;
    process.setProgram(program);
    process.setArguments({u"resume"_s, runFolder, u"--progress"_s, u"none"_s});
    // Its words are in log.txt; the studio's own streams may be gone by then.
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice());
    qint64 processId = 0;
    if (!process.startDetached(&processId)) {
        return Problem{
            u"not_found"_s,
            DetachedRunTexts::tr("%1 could not be started: %2.")
                .arg(program, process.errorString()),
            DetachedRunTexts::tr("The run is saved; resume it when the studio starts again.")};
    }
    return processId;
}

bool detachedRunLives(qint64 processId, const QString& runFolder)
{
    // Process ids are used again: on Linux the command line tells whether it still is that run.
    QFile commandLine(u"/proc/%1/cmdline"_s.arg(processId));
    return processId > 0 && systemKnowsCommandLines() && commandLine.open(QIODevice::ReadOnly)
           && commandLine.readAll().contains(runFolder.toUtf8());
}

Outcome<Done> stopDetachedRun(qint64 processId, const QString& runFolder)
{
    // Where the system does not know, the folder's lock has been looked at before.
    if (processId <= 0 || (systemKnowsCommandLines() && !detachedRunLives(processId, runFolder))) {
        return Problem{
            u"not_found"_s,
            DetachedRunTexts::tr("Another program trains in %1.").arg(runFolder),
            DetachedRunTexts::tr(
                "Stop it where it was started: in the other studio, or with Ctrl-C in its "
                "terminal.")};
    }
    const auto asked = engine::interrupt_process(processId);
    if (!asked) {
        return problemFrom(asked.error());
    }
    return Done{};
}

} // namespace app
