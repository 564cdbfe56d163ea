// Numbers and times as people read them: one spelling everywhere in the studio.
#pragma once

#include <QDateTime>
#include <QString>

namespace app {

[[nodiscard]] QString humanCount(qint64 count);     // "812", "1.2 K", "3.4 M", "1.1 B"
[[nodiscard]] QString humanBytes(qint64 bytes);     // "812 B", "1.5 KB", "12.5 MB", "3.2 GB"
[[nodiscard]] QString humanSeconds(double seconds); // "1 h 05 min", "3 min 20 s"; "-" when unknown
[[nodiscard]] QString humanTime(const QDateTime& time); // "2026-11-27 08:14", where it is read
// With that many decimals, in the person's locale; "-" when it is not a number.
[[nodiscard]] QString humanReal(double value, int decimals = 4);

// "float32" for "f32" and "F32", "bfloat16", "float16"; anything else as it is.
[[nodiscard]] QString dtypeName(const QString& dtype);

} // namespace app
