// The workspace's folders, and where the program finds its own files.
#include "app/paths.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryFile>

#include "app/build_paths.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct PathsTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Paths)
};

constexpr int kMaxNameLength = 40;
constexpr int kMaxTries = 1000;

QString fileNameFrom(const QString& name)
{
    static const QRegularExpression kUnsafe(u"[^\\p{L}\\p{N}._-]+"_s);
    QString safe = name.trimmed().left(kMaxNameLength);
    safe.replace(kUnsafe, u"-"_s);
    while (safe.startsWith(u'.') || safe.startsWith(u'-')) {
        safe.remove(0, 1);
    }
    return safe.isEmpty() ? u"run"_s : safe;
}

QString existing(const QStringList& candidates)
{
    for (const QString& each : candidates) {
        if (QFileInfo::exists(each)) {
            return QDir::cleanPath(each);
        }
    }
    return {};
}

} // namespace

Paths::Paths(const QString& workspace)
    : m_workspace(QDir::cleanPath(workspace))
{}

QString Paths::models() const
{
    return m_workspace + u"/models"_s;
}

QString Paths::datasets() const
{
    return m_workspace + u"/datasets"_s;
}

QString Paths::runs() const
{
    return m_workspace + u"/runs"_s;
}

QString Paths::adapters() const
{
    return m_workspace + u"/adapters"_s;
}

QString Paths::exports() const
{
    return m_workspace + u"/exports"_s;
}

QString Paths::trash() const
{
    return m_workspace + u"/trash"_s;
}

QString Paths::votes() const
{
    return m_workspace + u"/votes.jsonl"_s;
}

QString Paths::catalog() const
{
    return m_workspace + u"/catalog.sqlite"_s;
}

Outcome<Done> Paths::create() const
{
    for (const QString& folder :
         {m_workspace, models(), datasets(), runs(), adapters(), exports(), trash()}) {
        if (!QDir().mkpath(folder)) {
            return writeProblem(folder, PathsTexts::tr("cannot make this folder"));
        }
    }
    return Done{};
}

bool Paths::isWritable() const
{
    QTemporaryFile probe(m_workspace + u"/.write-test-XXXXXX"_s);
    return probe.open() && probe.write("x") == 1 && probe.flush();
}

Outcome<QString> Paths::createRunFolder(const QString& name) const
{
    const QString stem =
        QDateTime::currentDateTime().toString(u"yyyy-MM-dd-HHmmss"_s) + u'-' + fileNameFrom(name);
    // mkdir fails when the folder exists, so two studios never share one.
    for (int attempt = 1; attempt <= kMaxTries; ++attempt) {
        const QString folder =
            runs() + u'/' + stem + (attempt == 1 ? QString() : u"-%1"_s.arg(attempt));
        if (QDir().mkdir(folder)) {
            return folder;
        }
        if (!QFileInfo::exists(folder)) {
            return writeProblem(folder, PathsTexts::tr("cannot make this folder"));
        }
    }
    return Problem{u"io"_s,
                   PathsTexts::tr("%1: %2 folders of this name exist.").arg(runs()).arg(kMaxTries)};
}

QString Paths::defaultWorkspace()
{
    return QDir::homePath() + u"/LowRank Studio"_s;
}

QString Paths::configFile()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation)
           + u"/lowrank-studio/studio.ini"_s;
}

QString Paths::sampleFolder()
{
    const QString beside = QCoreApplication::applicationDirPath();
    return existing({beside + u"/../share/lowrank-studio/sample"_s,
                     beside + u"/resources/sample"_s,
                     QString::fromUtf8(kSourceFolder) + u"/resources/sample"_s});
}

QString Paths::sampleModel()
{
    const QString folder = sampleFolder();
    return folder.isEmpty() ? QString() : existing({folder + u"/base"_s, folder + u"/model"_s});
}

QStringList Paths::sampleDatasets()
{
    const QString folder = sampleFolder();
    if (folder.isEmpty()) {
        return {};
    }
    QStringList files;
    for (const QString& place : {folder, folder + u"/data"_s, folder + u"/datasets"_s}) {
        for (const QString& name : QDir(place).entryList({u"*.jsonl"_s}, QDir::Files, QDir::Name)) {
            files.append(QDir::cleanPath(place + u'/' + name));
        }
    }
    return files;
}

QString Paths::sampleEvalData()
{
    const QStringList files = sampleDatasets();
    return files.isEmpty() ? QString()
                           : existing({files.front().chopped(QStringView(u".jsonl").size())
                                       + u"_heldout.jsonl"_s});
}

QString Paths::workerProgram()
{
    const QString beside =
        QStandardPaths::findExecutable(u"lowrank"_s, {QCoreApplication::applicationDirPath()});
    return beside.isEmpty() ? QStandardPaths::findExecutable(u"lowrank"_s) : beside;
}

} // namespace app
