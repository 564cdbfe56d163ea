// Reading, writing and hashing files, with what went wrong as a Problem.
#include "app/files.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QSaveFile>

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr qint64 kMaxJsonBytes = 64 << 20;
constexpr int kMaxSameName = 1000;

// lupdate takes the context from here.
struct FileTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Files)
};

} // namespace

Outcome<QJsonObject> readJsonObject(const QString& path)
{
    QFile file(path);
    if (!file.exists()) {
        return problemFromEvent(
            u"not_found"_s, FileTexts::tr("%1: there is no such file.").arg(path), {});
    }
    if (!file.open(QIODevice::ReadOnly)) {
        return problemFromEvent(
            u"io"_s, FileTexts::tr("%1: %2.").arg(path, file.errorString()), {});
    }
    if (file.size() > kMaxJsonBytes) {
        return problemFromEvent(u"format"_s,
                                FileTexts::tr("%1: %2 bytes, at most %3 are read.")
                                    .arg(path)
                                    .arg(file.size())
                                    .arg(kMaxJsonBytes),
                                {});
    }
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &error);
    if (!document.isObject()) {
        return problemFromEvent(u"format"_s,
                                FileTexts::tr("%1: not a JSON object (%2 at byte %3).")
                                    .arg(path, error.errorString())
                                    .arg(error.offset),
                                {});
    }
    return document.object();
}

Outcome<Done> writeJsonObject(const QString& path, const QJsonObject& object)
{
    QSaveFile file(path);
    const QByteArray text = QJsonDocument(object).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        return writeProblem(path, file.errorString());
    }
    return Done{};
}

Outcome<QString> hashFile(const QString& path, const std::function<bool(qint64)>& proceed)
{
    constexpr qint64 kChunk = 4 << 20;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return problemFromEvent(
            u"io"_s, FileTexts::tr("%1: %2.").arg(path, file.errorString()), {});
    }
    QCryptographicHash hash(QCryptographicHash::Sha256);
    qint64 done = 0;
    while (!file.atEnd()) {
        const QByteArray chunk = file.read(kChunk);
        if (chunk.isEmpty()) {
            return problemFromEvent(
                u"io"_s, FileTexts::tr("%1: %2.").arg(path, file.errorString()), {});
        }
        hash.addData(chunk);
        done += chunk.size();
        if (proceed && !proceed(done)) {
            return Problem{u"cancelled"_s, FileTexts::tr("Cancelled.")};
        }
    }
    return QString::fromLatin1(hash.result().toHex());
}

QString idForPath(const QString& path, const QString& name)
{
    static const QRegularExpression kUnsafe(u"[^\\p{L}\\p{N}._-]+"_s);
    const QByteArray hash =
        QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex().left(8);
    return QString(name).replace(kUnsafe, u"-"_s) + u'-' + QString::fromLatin1(hash);
}

QString freeName(const QString& folder, const QString& base, const QString& suffix)
{
    QString name = base + suffix;
    for (int number = 2; number < kMaxSameName && QFileInfo::exists(folder + u'/' + name);
         ++number) {
        name = u"%1-%2%3"_s.arg(base).arg(number).arg(suffix);
    }
    return name;
}

qint64 folderSize(const QString& folder)
{
    qint64 size = 0;
    QDirIterator each(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (each.hasNext()) {
        each.next();
        size += each.fileInfo().size();
    }
    return size;
}

QStringList stringsFrom(const QJsonValue& list)
{
    QStringList strings;
    for (const QJsonValue each : list.toArray()) {
        strings.append(each.toString());
    }
    return strings;
}

} // namespace app
