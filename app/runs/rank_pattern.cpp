// Keys, their order, and which one a matrix takes.
#include "app/runs/rank_pattern.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// "self_attn.q_proj". The bare name would do for PEFT, but "k_proj" stands before "layers.3...".
QString targetKey(const QString& target)
{
    static const QStringList kMlp = {u"gate_proj"_s, u"up_proj"_s, u"down_proj"_s};
    return (kMlp.contains(target) ? u"mlp."_s : u"self_attn."_s) + target;
}

QString cellKey(qint64 layer, const QString& target)
{
    return u"layers.%1.%2"_s.arg(layer).arg(targetKey(target));
}

} // namespace

RankPattern RankPattern::fromJson(const QJsonObject& object)
{
    RankPattern pattern;
    for (auto each = object.begin(); each != object.end(); ++each) {
        pattern.set(each.key(), each.value().toInteger());
    }
    return pattern;
}

QJsonObject RankPattern::toJson() const
{
    QJsonObject object;
    for (const Entry& each : m_entries) {
        object.insert(each.key, each.rank);
    }
    return object;
}

std::optional<qint64> RankPattern::rank(qint64 layer, const QString& target) const
{
    if (m_entries.isEmpty()) {
        return std::nullopt;
    }
    const QString path = u"model."_s + cellKey(layer, target);
    for (const Entry& each : m_entries) {
        if (each.pattern.isValid() && each.pattern.match(path).hasMatch()) {
            return each.rank;
        }
    }
    return std::nullopt;
}

void RankPattern::setTarget(const QString& target, qint64 rank)
{
    set(target, 0); // as people type it on the command line
    set(targetKey(target), rank);
}

void RankPattern::setCell(qint64 layer, const QString& target, qint64 rank)
{
    const auto bare = std::find_if(
        m_entries.begin(), m_entries.end(), [&](const Entry& each) { return each.key == target; });
    if (bare != m_entries.end()) {
        setTarget(target, qint64{bare->rank}); // under a key that stands behind the matrix's
    }
    set(cellKey(layer, target), rank);
}

void RankPattern::set(const QString& key, qint64 rank)
{
    const auto at = std::lower_bound(
        m_entries.begin(), m_entries.end(), key, [](const Entry& each, const QString& wanted) {
            return each.key < wanted;
        });
    const bool isThere = at != m_entries.end() && at->key == key;
    if (rank <= 0) {
        if (isThere) {
            m_entries.erase(at);
        }
    } else if (isThere) {
        at->rank = rank;
    } else {
        m_entries.insert(at, {key, QRegularExpression(u"\\A(?:.*\\.)?(?:%1)\\z"_s.arg(key)), rank});
    }
}

} // namespace app
