// Copies through a temporary name, so that a cancelled or failed import leaves nothing behind.
#include "app/jobs/dataset_import.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include "app/files.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr qint64 kChunkBytes = 1 << 20;

} // namespace

struct DatasetImport::ImportWork final : ThreadJob::Work
{
    ImportWork(Paths place, DatasetImportOptions chosen)
        : paths(std::move(place))
        , options(std::move(chosen))
    {}

    Outcome<Done> process(JobControl& control) override
    {
        const QFileInfo info(options.file);
        QFile source(options.file);
        if (!info.isFile()) {
            return problemFromEvent(
                u"not_found"_s,
                DatasetImport::tr("%1: there is no such file.").arg(options.file),
                {});
        }
        if (!source.open(QIODevice::ReadOnly)) {
            return problemFromEvent(
                u"io"_s, DatasetImport::tr("%1: %2.").arg(options.file, source.errorString()), {});
        }
        const bool copies = options.place == DatasetImportOptions::Place::CopyIntoWorkspace;
        const QString suffix = info.suffix().isEmpty() ? QString() : u'.' + info.suffix();
        record.path = copies ? paths.datasets() + u'/'
                                   + freeName(paths.datasets(), info.completeBaseName(), suffix)
                             : QDir::cleanPath(info.absoluteFilePath());
        QSaveFile target(record.path);
        if (copies && !target.open(QIODevice::WriteOnly)) {
            return writeProblem(record.path, target.errorString());
        }
        QCryptographicHash hash(QCryptographicHash::Sha256);
        qint64 done = 0;
        while (!source.atEnd()) {
            const QByteArray chunk = source.read(kChunkBytes);
            hash.addData(chunk);
            done += chunk.size();
            if (copies && target.write(chunk) != chunk.size()) {
                return writeProblem(record.path, target.errorString());
            }
            if (control.isCancelled()) {
                return Problem{u"cancelled"_s, DatasetImport::tr("Cancelled.")};
            }
            control.setProgress(static_cast<double>(done) / static_cast<double>(info.size()));
        }
        if (copies && !target.commit()) {
            return writeProblem(record.path, target.errorString());
        }
        fill(info, hash.result());
        return Done{};
    }

    void fill(const QFileInfo& info, const QByteArray& hash)
    {
        record.id = idForPath(record.path, QFileInfo(record.path).completeBaseName());
        record.name = options.name.isEmpty() ? info.completeBaseName() : options.name;
        record.format = options.format;
        record.columnMap = options.columnMap;
        record.chatFormat = options.chatFormat;
        record.hash = QString::fromLatin1(hash.toHex());
        record.sizeBytes = info.size();
        record.added = QDateTime::currentDateTimeUtc();
    }

    Paths paths;
    DatasetImportOptions options;
    DatasetRecord record;
};

DatasetImport::DatasetImport(const Paths& paths,
                             const DatasetImportOptions& options,
                             QObject* parent)
    : DatasetImport(std::make_shared<ImportWork>(paths, options), parent)
{}

DatasetImport::DatasetImport(std::shared_ptr<ImportWork> work, QObject* parent)
    : ThreadJob(tr("Import %1").arg(work->options.file), work, parent)
    , m_import(std::move(work))
{}

const DatasetRecord& DatasetImport::record() const
{
    return m_import->record;
}

} // namespace app
