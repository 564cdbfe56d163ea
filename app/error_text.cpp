// Engine error codes to advice, and refused writes to what is wrong with the place.
#include "app/error_text.h"

#include <algorithm>
#include <array>

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStorageInfo>

#include "engine/core/error.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// Below this a write that was refused is taken to have met a full disk.
constexpr qint64 kFullBelowBytes = 1 << 20;

// lupdate takes the context from here.
struct ErrorTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::ErrorText)
};

struct Advice
{
    QLatin1StringView code;
    const char* text = nullptr;
};

constexpr std::array<Advice, 9> kAdvice = {{
    {"not_found"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText", "Check that the file or folder still exists.")},
    {"io"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText", "Check the disk's free space and the folder's rights.")},
    {"format"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText",
                       "Copy or download the file again, or correct it at the place named.")},
    {"unsupported"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText", "Choose a model or file of another kind.")},
    {"out_of_host_memory"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText",
                       "Make the micro batch or the length smaller, or close other programs.")},
    {"out_of_device_memory"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText", "Make the micro batch or the length smaller.")},
    {"device_lost"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText", "Continue the run from its last checkpoint.")},
    {"crashed"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText",
                       "Try again, and close other programs if memory is short.")},
    {"internal"_L1,
     QT_TRANSLATE_NOOP("app::ErrorText",
                       "This is a fault of the program: please report it with the run's log.")},
}};

QString adviceFor(const QString& code)
{
    for (const Advice& each : kAdvice) {
        if (code == each.code) {
            return ErrorTexts::tr(each.text);
        }
    }
    return {};
}

// The nearest folder above a path that exists: a new file's folder may be missing too.
QString existingFolder(const QString& path)
{
    QFileInfo info(path);
    while (!info.isDir()) {
        const QString above = info.path();
        if (above == info.filePath()) {
            break;
        }
        info = QFileInfo(above);
    }
    return info.filePath();
}

// With a capital letter, unless it begins with a setting's key or a path.
QString asSentence(const QString& text)
{
    const QString first = text.section(u' ', 0, 0);
    const bool isWord =
        std::all_of(first.begin(), first.end(), [](QChar each) { return each.isLetter(); });
    return isWord ? first.left(1).toUpper() + text.sliced(1) : text;
}

} // namespace

QString Problem::text() const
{
    if (hint.isEmpty()) {
        return message;
    }
    const bool ended = message.endsWith(u'.') || message.endsWith(u'!') || message.endsWith(u'?');
    return message + (ended ? u" "_s : u". "_s) + asSentence(hint);
}

Problem problemFromEvent(const QString& code, const QString& message, const QString& hint)
{
    return {code, message, hint.isEmpty() ? adviceFor(code) : hint, {}};
}

Problem problemFrom(const engine::Error& error)
{
    const std::string_view code = engine::to_string(error.code);
    return problemFromEvent(QString::fromUtf8(code.data(), static_cast<qsizetype>(code.size())),
                            QString::fromStdString(error.message),
                            QString::fromStdString(error.hint));
}

Problem writeProblem(const QString& path, const QString& systemText)
{
    const QString folder = existingFolder(path);
    const QStorageInfo storage(folder);
    const QString shown = QDir::toNativeSeparators(path);
    if (storage.isValid() && storage.isReadOnly()) {
        return {u"read_only"_s,
                ErrorTexts::tr("%1: this disk can only be read.").arg(shown),
                ErrorTexts::tr("Choose a workspace folder on another disk in Settings.")};
    }
    if (storage.isValid() && storage.bytesAvailable() < kFullBelowBytes) {
        return {
            u"disk_full"_s,
            ErrorTexts::tr("%1: the disk is full (%2 KB free).")
                .arg(shown)
                .arg(storage.bytesAvailable() / 1024),
            ErrorTexts::tr("Free some space and try again; what was there before is unharmed.")};
    }
    if (!QFileInfo(folder).isWritable()) {
        return {
            u"read_only"_s,
            ErrorTexts::tr("%1: you may not write in this folder.").arg(shown),
            ErrorTexts::tr("Change the folder's rights, or choose another workspace in Settings.")};
    }
    return {u"io"_s, ErrorTexts::tr("%1: %2.").arg(shown, systemText), adviceFor(u"io"_s)};
}

std::optional<Problem> placeProblem(const QString& path)
{
    const QFileInfo info(path);
    const QString shown = QDir::toNativeSeparators(path);
    if (!info.isAbsolute()) {
        return Problem{u"invalid_argument"_s,
                       ErrorTexts::tr("\u201c%1\u201d is not a whole path.").arg(shown)};
    }
    QString nearest = path; // what there is of it
    while (!QFileInfo::exists(nearest) && nearest != QFileInfo(nearest).path()) {
        nearest = QFileInfo(nearest).path();
    }
    if (!QFileInfo(nearest).isDir()) {
        return Problem{u"invalid_argument"_s,
                       ErrorTexts::tr("%1 is a file.").arg(QDir::toNativeSeparators(nearest))};
    }
    const QStorageInfo storage(nearest);
    const bool isRefused = !storage.isValid() || storage.isReadOnly()
                           || storage.bytesAvailable() < kFullBelowBytes
                           || !QFileInfo(nearest).isWritable();
    return isRefused
               ? std::optional(writeProblem(path, ErrorTexts::tr("no folder can be made here")))
               : std::nullopt;
}

} // namespace app
