// The title cut to the section without the style sheet's padding.
#include "ui/widgets/elided_header.h"

#include <QFontMetrics>
#include <QStyleOptionHeader>

namespace ui {

namespace {

constexpr int kSectionPadding = 8; // of QHeaderView::section in studio.qss
constexpr int kLeastSection = 56;

} // namespace

ElidedHeader::ElidedHeader(QWidget* parent)
    : QHeaderView(Qt::Horizontal, parent)
{
    setSectionsClickable(false);
    setMinimumSectionSize(kLeastSection);
}

QString ElidedHeader::shownText(int section) const
{
    const QString title =
        model() != nullptr ? model()->headerData(section, Qt::Horizontal).toString() : QString();
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    return QFontMetrics(bold).elidedText(
        title, Qt::ElideMiddle, sectionSize(section) - 2 * kSectionPadding);
}

void ElidedHeader::initStyleOptionForIndex(QStyleOptionHeader* option, int section) const
{
    QHeaderView::initStyleOptionForIndex(option, section);
    option->text = shownText(section);
}

} // namespace ui
