// Moves files into the trash and back; a note beside them remembers their places.
#include "app/catalog/trash.h"

#include <algorithm>

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>

#include "app/files.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr QLatin1StringView kNoteSuffix{".deleted.json"};

// A note moves nothing from or to a place outside the workspace.
bool isInside(const QString& place)
{
    return QDir::isRelativePath(place) && place != ".."_L1 && !place.startsWith("../"_L1);
}

// Places are kept relative to the workspace, so that it can be moved.
Outcome<Done> writeNote(const Paths& paths, const Deleted& deleted)
{
    const QDir workspace(paths.workspace());
    QJsonArray files;
    for (const Deleted::Moved& each : deleted.files) {
        files.append(QJsonObject{{u"from"_s, workspace.relativeFilePath(each.from)},
                                 {u"to"_s, workspace.relativeFilePath(each.to)}});
    }
    return writeJsonObject(deleted.note, {{u"files"_s, files}});
}

} // namespace

Deleted deletionOf(const Paths& paths, const QStringList& files)
{
    const QString stamp = paths.trash() + u'/'
                          + QDateTime::currentDateTimeUtc().toString(u"yyyyMMddHHmmsszzz"_s) + u'-';
    Deleted deleted{stamp + QFileInfo(files.first()).fileName() + kNoteSuffix, {}};
    for (const QString& file : files) {
        deleted.files.append({file, stamp + QFileInfo(file).fileName()});
    }
    return deleted;
}

Outcome<Done> moveToTrash(const Paths& paths, const Deleted& deleted)
{
    if (Outcome<Done> noted = writeNote(paths, deleted); !noted) {
        return noted;
    }
    for (const Deleted::Moved& each : deleted.files) {
        if (QFileInfo::exists(each.from) && !QDir().rename(each.from, each.to)) {
            (void)bringBack(deleted);
            return writeProblem(
                each.from,
                QCoreApplication::translate("app::Trash", "cannot be moved to the trash"));
        }
    }
    return Done{};
}

Outcome<Done> bringBack(const Deleted& deleted)
{
    for (const Deleted::Moved& each : deleted.files) {
        if (QFileInfo::exists(each.to) && !QDir().rename(each.to, each.from)) {
            return writeProblem(
                each.from,
                QCoreApplication::translate("app::Trash", "cannot be brought back from the trash"));
        }
    }
    QFile::remove(deleted.note);
    return Done{};
}

QList<Deleted> readTrash(const Paths& paths)
{
    QList<Deleted> found;
    const QDir trash(paths.trash());
    const QDir workspace(paths.workspace());
    for (const QString& name : trash.entryList({u"*"_s + kNoteSuffix}, QDir::Files, QDir::Name)) {
        Deleted deleted{trash.filePath(name), {}};
        const Outcome<QJsonObject> note = readJsonObject(deleted.note);
        for (const QJsonValue file : note ? note->value("files"_L1).toArray() : QJsonArray()) {
            const QString from = QDir::cleanPath(file["from"_L1].toString());
            const QString to = QDir::cleanPath(file["to"_L1].toString());
            if (isInside(from) && isInside(to)) {
                deleted.files.append({workspace.filePath(from), workspace.filePath(to)});
            }
        }
        const bool isThere =
            std::any_of(deleted.files.begin(), deleted.files.end(), [](const auto& each) {
                return QFileInfo::exists(each.to);
            });
        if (isThere) {
            found.append(deleted);
        }
    }
    return found;
}

Outcome<Done> clearTrash(const Paths& paths)
{
    for (const QFileInfo& each : QDir(paths.trash())
                                     .entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::System
                                                    | QDir::NoDotAndDotDot)) {
        const bool isGone = each.isDir() && !each.isSymLink()
                                ? QDir(each.filePath()).removeRecursively()
                                : QFile::remove(each.filePath());
        if (!isGone) {
            return writeProblem(each.filePath(),
                                QCoreApplication::translate("app::Trash", "cannot be removed"));
        }
    }
    return Done{};
}

} // namespace app
