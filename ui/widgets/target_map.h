// The map: target matrices by layers, a view of a RunSpec; click, drag, headers and keyboard choose
// what is trained.
#pragma once

#include <QWidget>

#include "app/runs/run_spec.h"
#include "ui/theme/theme.h"

namespace ui {

// Rows are matrices, columns layers. A click switches one cell by RunSpec's rule, a drag selects
// exactly the rectangle: a selection is always targets x layers, as PEFT writes it.
class TargetMap final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(TargetMap)

public:
    TargetMap(const Theme& theme, app::RunSpec& spec, QWidget* parent = nullptr);

    [[nodiscard]] int layers() const { return static_cast<int>(m_spec.shape().numLayers); }

    [[nodiscard]] bool isSelected(int target, int layer) const;
    [[nodiscard]] int selectedCount() const;
    [[nodiscard]] QRect cellRect(int target, int layer) const;
    // What a cell is, and what a click does: for screen readers, tooltips and the line below.
    [[nodiscard]] QString cellText(int target, int layer) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    // The pointer or the cursor is on another cell, or the cell changed: what it is and what a
    // click or Space does. Empty: on none.
    void pointed(const QString& text);
    // Somebody wants to set the rank of one matrix, or in every layer (-1).
    void rankRequested(const QString& target, int layer);

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    struct Cell
    {
        int target = -1; // -1: the header row
        int layer = -1;  // -1: the header column

        friend bool operator==(const Cell&, const Cell&) = default;
    };

    [[nodiscard]] static int rows();
    [[nodiscard]] int cellWidth() const;
    [[nodiscard]] Cell cellAt(const QPoint& position) const;
    void selectRectangle(const Cell& from, const Cell& to);
    void toggleAtCursor(Qt::KeyboardModifiers modifiers);
    void openMenu(const Cell& cell, const QPoint& position);
    void pointAt(const Cell& cell);
    void moveCursor(int targetSteps, int layerSteps);
    void announceCursor();
    void onMapChanged();
    void drawHeaders(QPainter& painter) const;
    void drawCell(QPainter& painter, int target, int layer) const;
    void drawMark(QPainter& painter, const QRectF& rect, const app::MapCell& cell) const;

    const Theme& m_theme;
    app::RunSpec& m_spec;
    Cell m_cursor = {0, 0};
    Cell m_hover;
    Cell m_dragStart;
    bool m_isDragging = false;
    bool m_hasDragged = false;
};

} // namespace ui
