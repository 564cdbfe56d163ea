// LogModel: append at the end, forget at the front.
#include "app/models/log_model.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace app {

LogModel::LogModel(QObject* parent)
    : QAbstractListModel(parent)
{}

void LogModel::append(Level level, const QString& text)
{
    if (m_lines.size() >= static_cast<std::size_t>(kMaxLines)) {
        beginRemoveRows({}, 0, 0);
        m_lines.pop_front();
        endRemoveRows();
    }
    const int row = static_cast<int>(m_lines.size());
    beginInsertRows({}, row, row);
    m_lines.push_back({level, QDateTime::currentDateTime(), text});
    endInsertRows();
}

void LogModel::prepend(const QList<Line>& lines)
{
    const qsizetype room = kMaxLines - static_cast<qsizetype>(m_lines.size());
    const QList<Line> last = lines.last(std::min(room, lines.size()));
    if (last.isEmpty()) {
        return;
    }
    beginInsertRows({}, 0, static_cast<int>(last.size()) - 1);
    m_lines.insert(m_lines.begin(), last.begin(), last.end());
    endInsertRows();
}

void LogModel::clear()
{
    beginResetModel();
    m_lines.clear();
    endResetModel();
}

int LogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

QVariant LogModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const Line& line = m_lines[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return u"%1  %2"_s.arg(line.time.toString(u"HH:mm:ss"_s), line.text);
    case Qt::ToolTipRole:
        return line.text;
    case LevelRole:
        return static_cast<int>(line.level);
    case TimeRole:
        return line.time;
    default:
        return {};
    }
}

} // namespace app
