// LogModel: a run's log lines with their time, the newest last; old lines are let go beyond a
// bound.
#pragma once

#include <deque>

#include <QAbstractListModel>
#include <QDateTime>

namespace app {

class LogModel final : public QAbstractListModel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(LogModel)

public:
    enum class Level { Info, Warning, Error };

    struct Line
    {
        Level level = Level::Info;
        QDateTime time; // invalid: not known
        QString text;
    };

    enum Role { LevelRole = Qt::UserRole + 1, TimeRole };

    static constexpr int kMaxLines = 5000;

    explicit LogModel(QObject* parent = nullptr);

    void append(Level level, const QString& text); // now
    void prepend(const QList<Line>& lines);        // as far as there is room
    void clear();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;

private:
    std::deque<Line> m_lines;
};

} // namespace app
