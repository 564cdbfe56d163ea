// Reads metrics.jsonl, samples.jsonl, log.txt, init_report.json and the checkpoints.
#include "app/runs/run_past.h"

#include <algorithm>

#include <QDir>
#include <QFile>
#include <QJsonDocument>

#include "app/runs/run_folder.h"
#include "app/runs/run_log.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr qint64 kLogBytes = 256 << 10;

} // namespace

QList<QPair<qint64, QString>> checkpointsIn(const QString& folder)
{
    QList<QPair<qint64, QString>> found;
    const QDir checkpoints(RunFolder(folder).checkpointsFolder());
    for (const QString& name :
         checkpoints.entryList({u"step-*"_s}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        found.append({name.section(u'-', 1).toLongLong(), checkpoints.filePath(name)});
    }
    std::sort(found.begin(), found.end());
    return found;
}

struct RunPastJob::ReadWork final : ThreadJob::Work
{
    explicit ReadWork(const QString& place)
        : folder(place)
        , past{{}, LineTail(folder.metricsFile()), {}, {}, {}, {}}
    {}

    Outcome<Done> process(JobControl& control) override
    {
        const qint64 size = std::max<qint64>(QFile(folder.metricsFile()).size(), 1);
        while (past.tail.read([this](const QByteArray& line) { past.metrics.addLine(line); })
               != LineTail::Result::Unchanged) {
            if (control.isCancelled()) {
                return Problem{u"cancelled"_s, RunPastJob::tr("Cancelled.")};
            }
            control.setProgress(static_cast<double>(past.tail.offset())
                                / static_cast<double>(size));
        }
        readSamples();
        readLog();
        past.checkpoints = checkpointsIn(folder.root());
        if (const Outcome<QJsonObject> report = readJsonObject(folder.initReportFile())) {
            past.initReport = initReportFrom(*report);
        }
        return Done{};
    }

    void readSamples()
    {
        QFile file(folder.samplesFile());
        if (!file.open(QIODevice::ReadOnly)) {
            return;
        }
        while (!file.atEnd()) {
            past.samples.append(sampleTextFrom(QJsonDocument::fromJson(file.readLine()).object()));
        }
    }

    void readLog()
    {
        QFile file(folder.logFile());
        if (!file.open(QIODevice::ReadOnly)) {
            return;
        }
        const bool cut = file.size() > kLogBytes;
        if (cut) {
            file.seek(file.size() - kLogBytes);
        }
        if (cut) {
            file.readLine(); // half a line
        }
        for (const QString& text :
             QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts)) {
            if (const std::optional<LogModel::Line> line = run_log::lineFrom(text)) {
                past.log.append(*line);
            }
        }
    }

    RunFolder folder;
    RunPast past;
};

RunPastJob::RunPastJob(const QString& folder, QObject* parent)
    : RunPastJob(std::make_shared<ReadWork>(folder), parent)
{}

RunPastJob::RunPastJob(std::shared_ptr<ReadWork> work, QObject* parent)
    : ThreadJob(tr("Read the run"), work, parent)
    , m_read(std::move(work))
{}

RunPast& RunPastJob::past()
{
    return m_read->past;
}

} // namespace app
