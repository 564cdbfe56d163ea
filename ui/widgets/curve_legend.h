// The legend of a chart: each curve's colour, dash and name, wrapped to the width.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

class CurveLegend final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(CurveLegend)

public:
    struct Entry
    {
        QString name;
        int color = 0;
        Qt::PenStyle dash = Qt::SolidLine;
    };

    explicit CurveLegend(const Theme& theme, QWidget* parent = nullptr);
    void setEntries(QList<Entry> entries);

    [[nodiscard]] QSize sizeHint() const override;

    [[nodiscard]] bool hasHeightForWidth() const override { return true; }

    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    // Places of the entries for a width; the height used.
    int place(int width, QList<QRect>* rects) const;

    const Theme& m_theme;
    QList<Entry> m_entries;
};

} // namespace ui
