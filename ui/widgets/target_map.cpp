// The map: target matrices by layers, a view of a RunSpec; click, drag, headers and keyboard choose
// what is trained. One file because it draws and drives one widget.
#include "ui/widgets/target_map.h"

#include <algorithm>

#include <QAccessible>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kHeaderWidth = 74;
constexpr int kHeaderHeight = 22;
constexpr int kCellHeight = 22;
constexpr int kWidestCell = 44;
constexpr int kNarrowestCell = 7;
constexpr int kGap = 2;
constexpr int kLabelWidth = 26; // of a layer number

} // namespace

TargetMap::TargetMap(const Theme& theme, app::RunSpec& spec, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_spec(spec)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Map of target matrices and layers"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&spec, &app::RunSpec::mapChanged, this, &TargetMap::onMapChanged);
}

int TargetMap::rows()
{
    return static_cast<int>(app::RunSpec::targetNames().size());
}

void TargetMap::onMapChanged()
{
    m_cursor.layer = std::clamp(m_cursor.layer, 0, std::max(0, layers() - 1));
    announceCursor();
    if (m_hover != Cell{}) {
        pointAt(m_hover); // a second click does something else
    }
    updateGeometry();
    update();
}

bool TargetMap::isSelected(int target, int layer) const
{
    return m_spec.cell(layer, app::RunSpec::targetNames().at(target)).targeted;
}

int TargetMap::selectedCount() const
{
    int count = 0;
    for (int target = 0; target < rows(); ++target) {
        for (int layer = 0; layer < layers(); ++layer) {
            count += isSelected(target, layer) ? 1 : 0;
        }
    }
    return count;
}

void TargetMap::selectRectangle(const Cell& from, const Cell& to)
{
    QStringList targets;
    for (int t = std::min(from.target, to.target); t <= std::max(from.target, to.target); ++t) {
        targets.append(app::RunSpec::targetNames().at(t));
    }
    QList<qint64> chosen;
    for (int l = std::min(from.layer, to.layer); l <= std::max(from.layer, to.layer); ++l) {
        chosen.append(l);
    }
    m_spec.setSelection(targets, chosen);
}

int TargetMap::cellWidth() const
{
    return layers() == 0
               ? kWidestCell
               : std::clamp((width() - kHeaderWidth) / layers(), kNarrowestCell, kWidestCell);
}

QRect TargetMap::cellRect(int target, int layer) const
{
    return QRect(kHeaderWidth + layer * cellWidth(),
                 kHeaderHeight + target * kCellHeight,
                 cellWidth(),
                 kCellHeight);
}

TargetMap::Cell TargetMap::cellAt(const QPoint& position) const
{
    Cell cell;
    if (position.x() >= kHeaderWidth) {
        cell.layer = (position.x() - kHeaderWidth) / cellWidth();
    }
    if (position.y() >= kHeaderHeight) {
        cell.target = (position.y() - kHeaderHeight) / kCellHeight;
    }
    const bool isOutside = cell.layer >= layers() || cell.target >= rows();
    return isOutside ? Cell{} : cell;
}

QSize TargetMap::sizeHint() const
{
    return {kHeaderWidth + std::max(1, layers()) * kWidestCell,
            kHeaderHeight + rows() * kCellHeight + kGap};
}

QSize TargetMap::minimumSizeHint() const
{
    return {kHeaderWidth + std::max(1, layers()) * kNarrowestCell, sizeHint().height()};
}

QString TargetMap::cellText(int target, int layer) const
{
    const QString name = app::RunSpec::targetNames().at(target);
    const app::MapCell cell = m_spec.cell(layer, name);
    const QString state = cell.targeted ? tr("%1, layer %2: trained, rank %3, %4 parameters")
                                              .arg(name)
                                              .arg(layer)
                                              .arg(cell.rank)
                                              .arg(app::humanCount(cell.parameters))
                                        : tr("%1, layer %2: frozen").arg(name).arg(layer);
    return tr("%1. A click or Space %2.").arg(state, m_spec.toggleText(layer, name));
}

void TargetMap::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event)
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    drawHeaders(painter);
    if (layers() == 0) {
        painter.setPen(m_theme.colors().textMuted);
        painter.setFont(m_theme.font(TextStyle::Body));
        painter.drawText(rect().adjusted(kHeaderWidth, 0, 0, 0),
                         Qt::AlignCenter,
                         tr("Choose a base model to see its layers."));
    }
    for (int target = 0; target < rows(); ++target) {
        for (int layer = 0; layer < layers(); ++layer) {
            drawCell(painter, target, layer);
        }
    }
}

void TargetMap::drawHeaders(QPainter& painter) const
{
    const Colors& c = m_theme.colors();
    painter.setFont(m_theme.font(TextStyle::Mono));
    for (int target = 0; target < rows(); ++target) {
        const bool isHovered = m_hover == Cell{target, -1};
        painter.setPen(isHovered ? c.accent : c.text);
        painter.drawText(
            QRect(
                0, kHeaderHeight + target * kCellHeight, kHeaderWidth - space::kSmall, kCellHeight),
            Qt::AlignRight | Qt::AlignVCenter,
            app::RunSpec::targetNames().at(target));
    }
    painter.setFont(m_theme.font(TextStyle::Small));
    const int every = std::max(1, (kLabelWidth + cellWidth() - 1) / cellWidth());
    for (int layer = 0; layer < layers(); ++layer) {
        const bool isHovered = m_hover == Cell{-1, layer};
        if (layer % every == 0 || isHovered) {
            painter.setPen(isHovered ? c.accent : c.textMuted);
            const int center = kHeaderWidth + layer * cellWidth() + cellWidth() / 2;
            painter.drawText(QRect(center - kLabelWidth / 2, 0, kLabelWidth, kHeaderHeight),
                             Qt::AlignCenter,
                             QString::number(layer));
        }
    }
    painter.setPen(c.textMuted);
    painter.drawText(QRect(0, 0, kHeaderWidth - space::kSmall, kHeaderHeight),
                     Qt::AlignRight | Qt::AlignVCenter,
                     tr("layer"));
}

void TargetMap::drawCell(QPainter& painter, int target, int layer) const
{
    const Colors& c = m_theme.colors();
    const int gap = cellWidth() > 10 ? kGap : 1;
    const QRectF rect = QRectF(cellRect(target, layer)).adjusted(gap / 2.0, 1, -gap / 2.0, -1);
    const bool isOn = isSelected(target, layer);
    const Cell cell{target, layer};
    const bool isHovered =
        m_hover == cell || m_hover == Cell{target, -1} || m_hover == Cell{-1, layer};
    painter.setPen(isOn ? QPen(c.accent) : QPen(isHovered ? c.borderStrong : c.border));
    QColor fillColor = isOn ? c.accent : c.sunken;
    if (isOn && isHovered) {
        fillColor = c.accentHover;
    }
    painter.setBrush(fillColor);
    painter.drawRoundedRect(rect, 3, 3);
    if (isOn) {
        drawMark(painter, rect, m_spec.cell(layer, app::RunSpec::targetNames().at(target)));
    }
    if (hasFocus() && m_cursor == cell) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.text, 2));
        painter.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), 4, 4);
    }
}

// What says "trained" besides the colour: a check, or the rank where it is the matrix's own.
void TargetMap::drawMark(QPainter& painter, const QRectF& rect, const app::MapCell& cell) const
{
    const Colors& c = m_theme.colors();
    if (cell.hasOwnRank) {
        painter.setFont(m_theme.font(TextStyle::Small));
        painter.setPen(c.onAccent);
        const QString rank = QString::number(cell.rank);
        const bool fits = painter.fontMetrics().horizontalAdvance(rank) <= rect.width();
        painter.drawText(rect, Qt::AlignCenter, fits ? rank : u"\u2022"_s);
    } else if (cellWidth() >= 14) {
        painter.setPen(QPen(c.onAccent, 1.8, Qt::SolidLine, Qt::RoundCap));
        const QPointF m = rect.center();
        painter.drawLine(m + QPointF(-3.5, 0.5), m + QPointF(-1, 3));
        painter.drawLine(m + QPointF(-1, 3), m + QPointF(4, -3));
    }
}

void TargetMap::contextMenuEvent(QContextMenuEvent* event)
{
    if (layers() == 0) {
        return;
    }
    if (event->reason() == QContextMenuEvent::Keyboard) {
        const QRect rect = cellRect(m_cursor.target, m_cursor.layer);
        openMenu(m_cursor, mapToGlobal(rect.bottomLeft()));
    } else if (const Cell cell = cellAt(event->pos()); cell.target >= 0) {
        openMenu(cell, event->globalPos());
    }
}

void TargetMap::openMenu(const Cell& cell, const QPoint& position)
{
    const QString target = app::RunSpec::targetNames().at(cell.target);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto add = [&](const QString& text, int layer) {
        connect(menu->addAction(text), &QAction::triggered, this, [this, target, layer] {
            Q_EMIT rankRequested(target, layer);
        });
    };
    if (cell.layer >= 0) {
        add(tr("Rank of %1, layer %2...").arg(target).arg(cell.layer), cell.layer);
    }
    add(tr("Rank of %1 in every layer...").arg(target), -1);
    menu->popup(position);
}

void TargetMap::mousePressEvent(QMouseEvent* event)
{
    const Cell cell = cellAt(event->pos());
    if (event->button() != Qt::LeftButton || (cell.target < 0 && cell.layer < 0)) {
        return;
    }
    if (cell.layer < 0) {
        m_spec.toggleTarget(app::RunSpec::targetNames().at(cell.target));
    } else if (cell.target < 0) {
        m_spec.toggleLayer(cell.layer);
    } else {
        m_isDragging = true;
        m_hasDragged = false;
        m_dragStart = cell;
        m_cursor = cell;
        update();
    }
}

void TargetMap::mouseMoveEvent(QMouseEvent* event)
{
    const Cell cell = cellAt(event->pos());
    if (cell == m_hover) {
        return;
    }
    m_hover = cell;
    const bool isCell = cell.target >= 0 && cell.layer >= 0;
    pointAt(cell);
    if (m_isDragging && isCell && (m_hasDragged || cell != m_dragStart)) {
        m_hasDragged = true;
        m_cursor = cell;
        selectRectangle(m_dragStart, cell);
    }
    update();
}

void TargetMap::pointAt(const Cell& cell)
{
    const bool isCell = cell.target >= 0 && cell.layer >= 0;
    const QString text = isCell ? cellText(cell.target, cell.layer) : QString();
    setToolTip(text);
    Q_EMIT pointed(text);
}

void TargetMap::mouseReleaseEvent(QMouseEvent* event)
{
    Q_UNUSED(event)
    if (m_isDragging && !m_hasDragged) {
        m_spec.toggleCell(m_dragStart.layer, app::RunSpec::targetNames().at(m_dragStart.target));
    }
    m_isDragging = false;
}

void TargetMap::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    m_hover = {};
    pointAt(m_hover);
    update();
}

void TargetMap::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    announceCursor();
}

void TargetMap::moveCursor(int targetSteps, int layerSteps)
{
    if (layers() == 0 || rows() == 0) {
        return;
    }
    m_cursor.target = std::clamp(m_cursor.target + targetSteps, 0, rows() - 1);
    m_cursor.layer = std::clamp(m_cursor.layer + layerSteps, 0, layers() - 1);
    announceCursor();
    update();
}

void TargetMap::announceCursor()
{
    if (layers() > 0 && rows() > 0) {
        setAccessibleDescription(cellText(m_cursor.target, m_cursor.layer));
        if (hasFocus() && m_hover == Cell{}) {
            pointAt(m_cursor);
        }
        QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&changed);
    }
}

void TargetMap::toggleAtCursor(Qt::KeyboardModifiers modifiers)
{
    const QString target = app::RunSpec::targetNames().at(m_cursor.target);
    if (modifiers.testFlag(Qt::ControlModifier)) {
        m_spec.toggleTarget(target);
    } else if (modifiers.testFlag(Qt::ShiftModifier)) {
        m_spec.toggleLayer(m_cursor.layer);
    } else {
        m_spec.toggleCell(m_cursor.layer, target);
    }
}

void TargetMap::keyPressEvent(QKeyEvent* event)
{
    const bool hasCells = layers() > 0 && rows() > 0;
    switch (event->key()) {
    case Qt::Key_Left:
        moveCursor(0, -1);
        return;
    case Qt::Key_Right:
        moveCursor(0, 1);
        return;
    case Qt::Key_Up:
        moveCursor(-1, 0);
        return;
    case Qt::Key_Down:
        moveCursor(1, 0);
        return;
    case Qt::Key_Home:
        moveCursor(0, -layers());
        return;
    case Qt::Key_End:
        moveCursor(0, layers());
        return;
    case Qt::Key_R:
        if (hasCells) {
            const bool isWholeRow = event->modifiers().testFlag(Qt::ControlModifier);
            Q_EMIT rankRequested(app::RunSpec::targetNames().at(m_cursor.target),
                                 isWholeRow ? -1 : m_cursor.layer);
        }
        return;
    case Qt::Key_Space:
        if (hasCells) {
            toggleAtCursor(event->modifiers());
        }
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace ui
