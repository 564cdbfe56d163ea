// One axis of a chart: value to position, ticks at round values, labels; linear or logarithmic.
#include "ui/widgets/chart_axis.h"

#include <algorithm>
#include <cmath>

#include <QLocale>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr double kSmallestLog = 1e-12;
constexpr int kManyDecades = 3;
constexpr int kMostTicks = 100;         // asked for
constexpr int kMoreForTwo = 3;          // beyond what was asked for, until there are two
constexpr double kMostTickIndex = 1e15; // of a step: beyond it, neighbours are the same number

QList<AxisTick> linearTicks(double low, double high, int count, double smallestStep)
{
    const double step = std::max(niceStep(high - low, count), smallestStep);
    const double first = std::ceil(low / step - 1e-9);
    const double last = std::floor(high / step + 1e-9);
    if (!(high >= low) || !std::isfinite(step)
        || !(std::max(std::abs(first), std::abs(last)) < kMostTickIndex)) {
        return {}; // no range, or one without digits of its own
    }
    QList<AxisTick> ticks;
    for (auto i = static_cast<qint64>(first); i <= static_cast<qint64>(last); ++i) {
        const double value = static_cast<double>(i) * step;
        ticks.append({value, shortNumber(value, step)});
    }
    return ticks;
}

QList<AxisTick> logTicks(double low, double high, int count, double smallestStep)
{
    if (!(low > 0.0) || !(high >= low) || !std::isfinite(high)) {
        return {};
    }
    const double decades = std::log10(high) - std::log10(low); // a quotient may overflow
    if (decades < 1.0) {
        return linearTicks(low, high, count, smallestStep);
    }
    QList<AxisTick> ticks;
    const int every = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, count))));
    const int first = static_cast<int>(std::floor(std::log10(low)));
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    for (int decade = first; decade <= last; ++decade) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const bool isWanted = factor == 1.0 ? decade % every == 0 : decades <= kManyDecades;
            const double value = factor * std::pow(10.0, decade);
            if (isWanted && std::isfinite(value) && value >= low * (1.0 - 1e-9)
                && value <= high * (1.0 + 1e-9)) {
                ticks.append({value, shortNumber(value)});
            }
        }
    }
    return ticks;
}

} // namespace

void ChartAxis::setScale(AxisScale scale)
{
    m_scale = scale;
    setRange(m_low, m_high); // which the other scale may not be able to show
}

void ChartAxis::setRange(double low, double high)
{
    if (!std::isfinite(low) || !std::isfinite(high)) {
        low = 0.0;
        high = 1.0;
    }
    if (m_scale == AxisScale::Log) {
        high = std::max(high, kSmallestLog * 10.0);
        low = low > 0.0 ? low : high * 1e-6;
    }
    if (!(high > low)) {
        const double pad = low == 0.0 ? 1.0 : std::abs(low) * 0.05;
        low = m_scale == AxisScale::Log ? low / 1.1 : low - pad;
        high = m_scale == AxisScale::Log ? high * 1.1 : high + pad;
    }
    m_low = low;
    m_high = high;
}

double ChartAxis::toChart(double value) const
{
    return m_scale == AxisScale::Log ? std::log10(std::max(value, kSmallestLog)) : value;
}

double ChartAxis::fromChart(double coordinate) const
{
    return m_scale == AxisScale::Log ? std::pow(10.0, coordinate) : coordinate;
}

bool ChartAxis::canShow(double value) const
{
    return std::isfinite(value) && (m_scale == AxisScale::Linear || value > 0.0);
}

QList<AxisTick> ChartAxis::ticks(int count) const
{
    count = std::clamp(count, 1, kMostTicks);
    QList<AxisTick> found;
    for (int asked = count; asked <= count + kMoreForTwo && found.size() < 2; ++asked) {
        found = m_scale == AxisScale::Log ? logTicks(m_low, m_high, asked, m_smallestStep)
                                          : linearTicks(m_low, m_high, asked, m_smallestStep);
    }
    return found;
}

double niceStep(double span, int count)
{
    const double raw = std::max(span, 1e-300) / std::max(1, count);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
        if (raw <= factor * power * (1.0 + 1e-9)) {
            return factor * power;
        }
    }
    return 10.0 * power;
}

QString shortNumber(double value, double step)
{
    if (value == 0.0 || std::abs(value) < step * 1e-6) {
        return u"0"_s;
    }
    const double size = std::abs(value);
    const QLocale locale = QLocale::c();
    if (size >= 1e9 || size < 1e-4) {
        return locale.toString(value, 'g', 3);
    }
    if (size >= 1e6) {
        return locale.toString(value / 1e6, 'g', 4) + u"M"_s;
    }
    if (size >= 1e4) {
        return locale.toString(value / 1e3, 'g', 4) + u"k"_s;
    }
    const double unit = step > 0.0 ? step : size * 1e-3;
    int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(unit) - 1e-9)), 0, 6);
    // A step of 0.25 or 2.5 needs one digit more than its power of ten.
    if (step > 0.0
        && std::abs(step * std::pow(10.0, decimals) - std::round(step * std::pow(10.0, decimals)))
               > 1e-6) {
        ++decimals;
    }
    QString text = locale.toString(value, 'f', decimals);
    if (step <= 0.0 && text.contains(u'.')) {
        while (text.endsWith(u'0')) {
            text.chop(1);
        }
        if (text.endsWith(u'.')) {
            text.chop(1);
        }
    }
    return text;
}

} // namespace ui
