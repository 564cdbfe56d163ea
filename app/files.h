// Small files of a workspace: JSON objects that appear whole, checksums, sizes.
#pragma once

#include <functional>

#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include "app/error_text.h"

namespace app {

// Errors: not_found, io, format (with the byte).
[[nodiscard]] Outcome<QJsonObject> readJsonObject(const QString& path);
// A write appears whole or not at all. Errors: as writeProblem().
[[nodiscard]] Outcome<Done> writeJsonObject(const QString& path, const QJsonObject& object);

// SHA-256 of a file in hex. `proceed` (may be empty) hears the bytes read and may say no: the
// problem is then "cancelled".
[[nodiscard]] Outcome<QString> hashFile(const QString& path,
                                        const std::function<bool(qint64)>& proceed = {});

// What a model or data set is known by: its name with what a file name may not hold left out, and
// eight digits of the checksum of its path.
[[nodiscard]] QString idForPath(const QString& path, const QString& name);

// `base` + `suffix`, or `base`-2 + `suffix` and so on: the first that the folder does not hold.
[[nodiscard]] QString
freeName(const QString& folder, const QString& base, const QString& suffix = {});

[[nodiscard]] qint64 folderSize(const QString& folder);        // bytes of every file below it
[[nodiscard]] QStringList stringsFrom(const QJsonValue& list); // of a JSON array

} // namespace app
