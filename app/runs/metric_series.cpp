// The pyramid: level k holds, for each whole block of 16^(k+1) points, where its extremes are.
#include "app/runs/metric_series.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace app {

namespace {

constexpr std::size_t kBlock = 16;

std::size_t blockSize(std::size_t level)
{
    std::size_t size = kBlock;
    for (std::size_t each = 0; each < level; ++each) {
        size *= kBlock;
    }
    return size;
}

bool before(const MetricPoint& point, double x)
{
    return point.x < x;
}

bool after(double x, const MetricPoint& point)
{
    return x < point.x;
}

} // namespace

void MetricSeries::append(double x, double y)
{
    if (!std::isfinite(x) || !std::isfinite(y)) {
        return;
    }
    if (!m_points.empty() && x <= m_points.back().x) {
        const auto first = std::lower_bound(m_points.begin(), m_points.end(), x, before);
        truncateTo(static_cast<std::size_t>(first - m_points.begin()));
    }
    m_points.push_back({x, y});
    addToPyramid();
}

void MetricSeries::clear()
{
    truncateTo(0);
}

void MetricSeries::truncateTo(std::size_t size)
{
    m_points.resize(size);
    for (std::size_t level = 0; level < m_levels.size(); ++level) {
        m_levels[level].resize(std::min(m_levels[level].size(), size / blockSize(level)));
    }
    ++m_revision;
}

MetricSeries::Extreme MetricSeries::merged(const Extreme& a, const Extreme& b) const
{
    return {m_points[b.lowest].y < m_points[a.lowest].y ? b.lowest : a.lowest,
            m_points[b.highest].y > m_points[a.highest].y ? b.highest : a.highest};
}

// Closes every block that the last point completes.
void MetricSeries::addToPyramid()
{
    const std::size_t size = m_points.size();
    for (std::size_t level = 0; size % blockSize(level) == 0; ++level) {
        if (level == m_levels.size()) {
            m_levels.emplace_back();
        }
        Extreme extreme;
        if (level == 0) {
            const auto first = static_cast<quint32>(size - kBlock);
            extreme = {first, first};
            for (quint32 index = first + 1; index < size; ++index) {
                extreme = merged(extreme, {index, index});
            }
        } else {
            const std::vector<Extreme>& below = m_levels[level - 1];
            extreme = below[below.size() - kBlock];
            for (std::size_t index = below.size() - kBlock + 1; index < below.size(); ++index) {
                extreme = merged(extreme, below[index]);
            }
        }
        m_levels[level].push_back(extreme);
    }
}

// Greedy: from the left, the largest whole block that starts here and ends within the range.
MetricSeries::Extreme MetricSeries::extremeOf(std::size_t from, std::size_t to) const
{
    Extreme extreme{static_cast<quint32>(from), static_cast<quint32>(from)};
    std::size_t at = from;
    while (at < to) {
        std::size_t step = 1;
        Extreme next{static_cast<quint32>(at), static_cast<quint32>(at)};
        for (std::size_t level = 0; level < m_levels.size(); ++level) {
            const std::size_t size = blockSize(level);
            if (at % size != 0 || at + size > to) {
                break;
            }
            step = size;
            next = m_levels[level][at / size];
        }
        extreme = merged(extreme, next);
        at += step;
    }
    return extreme;
}

MetricBounds MetricSeries::bounds() const
{
    return isEmpty() ? MetricBounds{} : boundsWithin(m_points.front().x, m_points.back().x);
}

MetricBounds MetricSeries::boundsWithin(double fromX, double toX) const
{
    const auto first = std::lower_bound(m_points.begin(), m_points.end(), fromX, before);
    const auto last = std::upper_bound(first, m_points.end(), toX, after);
    if (first == last) {
        return {};
    }
    const Extreme extreme = extremeOf(static_cast<std::size_t>(first - m_points.begin()),
                                      static_cast<std::size_t>(last - m_points.begin()));
    return {first->x, (last - 1)->x, m_points[extreme.lowest].y, m_points[extreme.highest].y};
}

std::vector<MetricPoint> MetricSeries::decimate(double fromX, double toX, int columns) const
{
    std::vector<MetricPoint> drawn;
    if (isEmpty() || columns < 1 || !(toX >= fromX)) {
        return drawn;
    }
    const auto begin = m_points.begin();
    const auto first = std::lower_bound(begin, m_points.end(), fromX, before);
    const auto last = std::upper_bound(first, m_points.end(), toX, after);
    drawn.reserve(2 * static_cast<std::size_t>(columns) + 2);
    if (first != begin) {
        drawn.push_back(*(first - 1));
    }
    if (last - first <= 2 * static_cast<std::ptrdiff_t>(columns)) {
        drawn.insert(drawn.end(), first, last);
    } else {
        const double width = (toX - fromX) / columns;
        auto from = first;
        for (int column = 0; column < columns && from != last; ++column) {
            const bool rest = column == columns - 1;
            const auto to =
                rest ? last : std::lower_bound(from, last, fromX + width * (column + 1), before);
            if (to == from) {
                continue;
            }
            const Extreme extreme = extremeOf(static_cast<std::size_t>(from - begin),
                                              static_cast<std::size_t>(to - begin));
            const auto [left, right] = std::minmax(extreme.lowest, extreme.highest);
            drawn.push_back(m_points[left]);
            if (right != left) {
                drawn.push_back(m_points[right]);
            }
            from = to;
        }
    }
    if (last != m_points.end()) {
        drawn.push_back(*last);
    }
    return drawn;
}

double MetricSeries::valueAt(double x) const
{
    const auto next = std::upper_bound(m_points.begin(), m_points.end(), x, after);
    return next == m_points.begin() ? std::numeric_limits<double>::quiet_NaN() : (next - 1)->y;
}

qsizetype MetricSeries::nearest(double x) const
{
    if (isEmpty()) {
        return -1;
    }
    const auto next = std::lower_bound(m_points.begin(), m_points.end(), x, before);
    if (next == m_points.end()) {
        return size() - 1;
    }
    const bool previous = next != m_points.begin() && x - (next - 1)->x < next->x - x;
    return (next - m_points.begin()) - (previous ? 1 : 0);
}

void SmoothedSeries::setWeight(double weight)
{
    if (weight != m_weight) {
        m_weight = std::clamp(weight, 0.0, 0.999);
        m_revision = std::numeric_limits<quint64>::max(); // start again
    }
}

const MetricSeries& SmoothedSeries::update(const MetricSeries& source)
{
    if (source.revision() != m_revision || source.size() < m_taken) {
        m_series.clear();
        m_taken = 0;
        m_average = 0.0;
        m_debias = 0.0;
        m_revision = source.revision();
    }
    for (; m_taken < source.size(); ++m_taken) {
        const MetricPoint& point = source.at(m_taken);
        m_average = m_weight * m_average + (1.0 - m_weight) * point.y;
        m_debias = m_weight * m_debias + (1.0 - m_weight);
        m_series.append(point.x, m_average / m_debias);
    }
    return m_series;
}

} // namespace app
