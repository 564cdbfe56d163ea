// A PEFT folder's files, copied to a temporary folder and renamed when whole.
#include "app/jobs/adapter_import.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "app/files.h"
#include "app/runs/adapter_fit.h"
#include "app/runs/run_folder.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr auto kWeights = "adapter_model.safetensors"_L1;
constexpr auto kConfig = "adapter_config.json"_L1;

} // namespace

struct AdapterImport::CopyWork final : ThreadJob::Work
{
    CopyWork(Paths place, const QString& source)
        : paths(std::move(place))
        , folder(QDir::cleanPath(source))
    {}

    Outcome<Done> process(JobControl& control) override
    {
        for (const QLatin1StringView needed : {kConfig, kWeights}) {
            if (!QFileInfo::exists(folder + u'/' + needed)) {
                return Problem{u"not_found"_s,
                               AdapterImport::tr("%1: there is no %2 here.").arg(folder, needed),
                               AdapterImport::tr("Choose a folder that PEFT saved.")};
            }
        }
        if (const Outcome<QJsonObject> config = readJsonObject(folder + u'/' + kConfig); !config) {
            return config.problem();
        }
        if (const Outcome<Done> whole = checkAdapterFile(folder); !whole) {
            return whole.problem();
        }
        const QString name = freeName(paths.adapters(), QFileInfo(folder).fileName());
        const QString target = paths.adapters() + u'/' + name;
        const QString temporary = paths.adapters() + u"/.import-"_s + name;
        QDir(temporary).removeRecursively();
        if (!QDir().mkpath(temporary)) {
            return writeProblem(temporary, AdapterImport::tr("cannot make this folder"));
        }
        Outcome<Done> copied = copyInto(temporary, control);
        if (copied && QDir().rename(temporary, target)) {
            id = u"imported/"_s + name;
            return copied;
        }
        QDir(temporary).removeRecursively();
        return copied ? writeProblem(target, AdapterImport::tr("cannot make this folder"))
                      : copied.problem();
    }

    Outcome<Done> copyInto(const QString& target, JobControl& control) const
    {
        const QFileInfoList files = QDir(folder).entryInfoList(QDir::Files);
        int done = 0;
        for (const QFileInfo& each : files) {
            if (control.isCancelled()) {
                return Problem{u"cancelled"_s, AdapterImport::tr("Cancelled.")};
            }
            const QString copy = target + u'/' + each.fileName();
            if (!QFile::copy(each.filePath(), copy)) {
                return writeProblem(copy, AdapterImport::tr("cannot be copied"));
            }
            control.setProgress(static_cast<double>(++done) / static_cast<double>(files.size()));
        }
        return rememberHash(target, control);
    }

    // For AdapterVerify: later changes of the file are seen.
    static Outcome<Done> rememberHash(const QString& target, JobControl& control)
    {
        const Outcome<QString> hash = hashFile(
            target + u'/' + kWeights, [&control](qint64) { return !control.isCancelled(); });
        if (!hash) {
            return hash.problem();
        }
        const QJsonObject entry{{u"hash"_s, *hash}};
        return RunFolder(target).setStudioValues({{u"adapters"_s, QJsonObject{{u"."_s, entry}}}});
    }

    Paths paths;
    QString folder;
    QString id;
};

AdapterImport::AdapterImport(const Paths& paths, const QString& folder, QObject* parent)
    : AdapterImport(std::make_shared<CopyWork>(paths, folder), parent)
{}

AdapterImport::AdapterImport(std::shared_ptr<CopyWork> work, QObject* parent)
    : ThreadJob(tr("Import the adapter %1").arg(work->folder), work, parent)
    , m_copy(std::move(work))
{}

const QString& AdapterImport::adapterId() const
{
    return m_copy->id;
}

namespace {

struct VerifyWork final : ThreadJob::Work
{
    explicit VerifyWork(AdapterRecord record)
        : adapter(std::move(record))
    {}

    Outcome<Done> process(JobControl& control) override
    {
        const QString file = adapter.folder + u'/' + kWeights;
        const double size = static_cast<double>(std::max<qint64>(QFileInfo(file).size(), 1));
        const Outcome<QString> hash = hashFile(file, [&](qint64 done) {
            control.setProgress(static_cast<double>(done) / size);
            return !control.isCancelled();
        });
        if (!hash) {
            return hash.problem();
        }
        if (adapter.hash.isEmpty()) {
            return Problem{u"not_found"_s,
                           AdapterVerify::tr("%1: the catalog has no checksum to compare with; the "
                                             "file's is %2.")
                               .arg(file, *hash),
                           adapter.kind == AdapterRecord::Kind::Imported
                               ? AdapterVerify::tr("Import the adapter again to have one.")
                               : QString()};
        }
        if (*hash != adapter.hash) {
            return Problem{
                u"format"_s,
                AdapterVerify::tr("%1: its SHA-256 is %2, the catalog has %3.")
                    .arg(file, *hash, adapter.hash),
                AdapterVerify::tr("The file was changed after the run; export again from "
                                  "a checkpoint if you did not change it.")};
        }
        return Done{};
    }

    AdapterRecord adapter;
};

} // namespace

AdapterVerify::AdapterVerify(const AdapterRecord& adapter, QObject* parent)
    : ThreadJob(tr("Verify %1").arg(adapter.name), std::make_shared<VerifyWork>(adapter), parent)
{}

} // namespace app
