// The longest start and end that a name shares with any other of its column.
#include "ui/widgets/name_delegate.h"

#include <algorithm>

#include <QApplication>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr qsizetype kLeastShared = 4; // characters: less is not worth a sign that it is missing
constexpr int kMostOthers = 1000;

bool isInWord(QChar each)
{
    return each.isLetterOrNumber();
}

// Characters at the start that `name` shares with one of the others, up to a word's begin.
qsizetype sharedStart(const QString& name, const QStringList& others)
{
    qsizetype shared = 0;
    for (const QString& other : others) {
        const auto end = std::mismatch(name.begin(), name.end(), other.begin(), other.end()).first;
        shared = std::max(shared, static_cast<qsizetype>(end - name.begin()));
    }
    while (shared > 0 && isInWord(name.at(shared - 1))) {
        --shared;
    }
    return shared;
}

qsizetype sharedEnd(const QString& name, const QStringList& others)
{
    qsizetype shared = 0;
    for (const QString& other : others) {
        const auto end =
            std::mismatch(name.rbegin(), name.rend(), other.rbegin(), other.rend()).first;
        shared = std::max(shared, static_cast<qsizetype>(end - name.rbegin()));
    }
    while (shared > 0 && isInWord(name.at(name.size() - shared))) {
        --shared;
    }
    return shared;
}

} // namespace

QString
elideShared(const QString& name, const QStringList& others, const QFontMetrics& metrics, int width)
{
    if (metrics.horizontalAdvance(name) <= width) {
        return name;
    }
    QStringList different = others;
    different.removeAll(name);
    const qsizetype start = sharedStart(name, different);
    QString rest = start >= kLeastShared ? u'\u2026' + name.sliced(start) : name;
    if (metrics.horizontalAdvance(rest) > width) {
        const qsizetype end = sharedEnd(name, different);
        if (end >= kLeastShared && start + end < name.size()) {
            rest = rest.chopped(end) + u'\u2026';
        }
    }
    return metrics.elidedText(rest, Qt::ElideMiddle, width);
}

void NameDelegate::paint(QPainter* painter,
                         const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    QStyleOptionViewItem shown(option);
    initStyleOption(&shown, index);
    const QStyle* style = shown.widget != nullptr ? shown.widget->style() : QApplication::style();
    const int margin = style->pixelMetric(QStyle::PM_FocusFrameHMargin, &shown, shown.widget) + 1;
    const QRect room = style->subElementRect(QStyle::SE_ItemViewItemText, &shown, shown.widget);
    const int width = room.width() - 2 * margin;
    if (shown.fontMetrics.horizontalAdvance(shown.text) > width) {
        const QAbstractItemModel& model = *index.model();
        QStringList others;
        for (int row = 0; row < std::min(model.rowCount(), kMostOthers); ++row) {
            others.append(model.index(row, index.column()).data().toString());
        }
        shown.text = elideShared(shown.text, others, shown.fontMetrics, width);
    }
    style->drawControl(QStyle::CE_ItemViewItem, &shown, painter, shown.widget);
}

} // namespace ui
