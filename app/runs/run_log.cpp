// What the log says of each event.
#include "app/runs/run_log.h"

#include <QCoreApplication>
#include <QJsonDocument>

#include "app/human_text.h"

using namespace Qt::StringLiterals;

namespace app::run_log {

namespace {

using Level = LogModel::Level;
using Line = LogModel::Line;

// lupdate takes the context from here.
struct RunLogTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::RunLog)
};

std::optional<Line> lineOf(const QJsonObject& event, const QDateTime& time)
{
    const QString name = event.value("event"_L1).toString();
    if (name == "started"_L1) {
        return Line{Level::Info, time, startedText(runStartedFrom(event))};
    }
    if (name == "eval"_L1) {
        return Line{Level::Info, time, evalText(evalPointFrom(event))};
    }
    if (name == "checkpoint"_L1) {
        return Line{Level::Info, time, savedText(event.value("step"_L1).toInteger())};
    }
    if (name == "finished"_L1) {
        return Line{Level::Info, time, finishedText(runFinishedFrom(event))};
    }
    if (name == "warning"_L1) {
        return Line{Level::Warning, time, event.value("message"_L1).toString()};
    }
    if (name == "failed"_L1) {
        return Line{Level::Error, time, problemFromFailed(event).text()};
    }
    return {};
}

} // namespace

QString startedText(const RunStarted& event)
{
    return RunLogTexts::tr("Starts at step %1 of %2: %3 trainable parameters")
        .arg(event.startStep)
        .arg(event.maxSteps)
        .arg(humanCount(event.trainableParameters));
}

QString evalText(const EvalPoint& event)
{
    return RunLogTexts::tr("Step %1: evaluation loss %2")
        .arg(event.step)
        .arg(humanReal(event.loss));
}

QString savedText(qint64 step)
{
    return RunLogTexts::tr("Step %1: saved").arg(step);
}

QString finishedText(const RunFinished& event)
{
    const QString how = event.reason == "stopped"_L1 ? RunLogTexts::tr("Step %1: stopped")
                        : event.reason == "early_stopping"_L1
                            ? RunLogTexts::tr("Step %1: stopped early")
                            : RunLogTexts::tr("Step %1: finished");
    return RunLogTexts::tr("%1, training loss %2").arg(how.arg(event.step), humanReal(event.loss));
}

std::optional<LogModel::Line> lineFrom(const QString& line)
{
    const QString stamp = line.section(u' ', 0, 0);
    const QDateTime time = QDateTime::fromString(stamp, Qt::ISODate).toLocalTime();
    const QString text = time.isValid() ? line.mid(stamp.size() + 1) : line;
    const QJsonObject event = QJsonDocument::fromJson(text.toUtf8()).object();
    return event.isEmpty() ? Line{Level::Info, time, text} : lineOf(event, time);
}

QByteArray lineOfProblem(const Problem& problem)
{
    const QJsonObject event{{u"event"_s, u"failed"_s},
                            {u"code"_s, problem.code},
                            {u"message"_s, problem.message},
                            {u"hint"_s, problem.hint}};
    const QString now = QDateTime::currentDateTimeUtc().toString(Qt::ISODate);
    return now.toUtf8() + ' ' + QJsonDocument(event).toJson(QJsonDocument::Compact);
}

} // namespace app::run_log
