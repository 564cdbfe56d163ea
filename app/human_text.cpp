// Counts, bytes, spans and points of time with a unit and at most three digits that matter.
#include "app/human_text.h"

#include <array>
#include <cmath>

#include <QCoreApplication>
#include <QLocale>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct HumanTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::HumanText)
};

template <std::size_t Size>
QString scaled(double value, double base, const std::array<const char*, Size>& units)
{
    std::size_t unit = 0;
    while (unit + 1 < Size && std::abs(value) >= base) {
        value /= base;
        ++unit;
    }
    const bool whole = unit == 0 || value >= 99.95;
    const QString number = QLocale().toString(value, 'f', whole ? 0 : 1);
    const QString suffix = QString::fromUtf8(units[unit]);
    return suffix.isEmpty() ? number : number + u' ' + suffix;
}

} // namespace

QString humanCount(qint64 count)
{
    return scaled<4>(static_cast<double>(count), 1000.0, {"", "K", "M", "B"});
}

QString humanBytes(qint64 bytes)
{
    return scaled<5>(static_cast<double>(bytes), 1024.0, {"B", "KB", "MB", "GB", "TB"});
}

QString humanSeconds(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0.0) {
        return u"-"_s;
    }
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60) {
        return HumanTexts::tr("%1 s").arg(whole);
    }
    if (whole < 3600) {
        return HumanTexts::tr("%1 min %2 s")
            .arg(whole / 60)
            .arg(whole % 60, 2, 10, QLatin1Char('0'));
    }
    return HumanTexts::tr("%1 h %2 min")
        .arg(whole / 3600)
        .arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

QString humanTime(const QDateTime& time)
{
    return time.isValid() ? time.toLocalTime().toString(u"yyyy-MM-dd HH:mm"_s) : u"-"_s;
}

QString humanReal(double value, int decimals)
{
    return std::isnan(value) ? u"-"_s : QLocale().toString(value, 'f', decimals);
}

QString dtypeName(const QString& dtype)
{
    const QString plain = dtype.toLower();
    return plain == "f32"_L1    ? u"float32"_s
           : plain == "bf16"_L1 ? u"bfloat16"_s
           : plain == "f16"_L1  ? u"float16"_s
                                : dtype;
}

} // namespace app
