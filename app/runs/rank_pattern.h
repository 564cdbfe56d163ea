// RankPattern: ranks of single matrices in PEFT's words: regular expressions for module paths.
#pragma once

#include <optional>

#include <QJsonObject>
#include <QList>
#include <QRegularExpression>
#include <QString>

namespace app {

// As the engine and PEFT read it: a key matches a module's path or its end after a dot, and the
// first match in order of key wins. The keys written here ("layers.3.mlp.up_proj" before
// "mlp.up_proj") are such that a single matrix goes before its target.
class RankPattern final
{
public:
    [[nodiscard]] static RankPattern fromJson(const QJsonObject& object);
    [[nodiscard]] QJsonObject toJson() const;

    [[nodiscard]] bool isEmpty() const { return m_entries.isEmpty(); }

    // Nothing: the run's own rank.
    [[nodiscard]] std::optional<qint64> rank(qint64 layer, const QString& target) const;

    // In every layer, or of one matrix; 0 takes it away again.
    void setTarget(const QString& target, qint64 rank);
    void setCell(qint64 layer, const QString& target, qint64 rank);

private:
    struct Entry
    {
        QString key;
        QRegularExpression pattern;
        qint64 rank = 0;
    };

    void set(const QString& key, qint64 rank);

    QList<Entry> m_entries; // in order of key
};

} // namespace app
