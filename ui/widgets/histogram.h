// A histogram of lengths with a mark at the chosen limit.
#pragma once

#include <QList>
#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

class Histogram final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Histogram)

public:
    struct Bin
    {
        qint64 from = 0; // inclusive
        qint64 to = 0;   // exclusive
        qint64 count = 0;
    };

    Histogram(const Theme& theme, const QString& unit, QWidget* parent = nullptr);
    // `mark`: a length to point at, with its label; negative: none.
    void setBins(QList<Bin> bins, qint64 mark, const QString& markLabel);

    [[nodiscard]] QSize sizeHint() const override { return {320, 130}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF barRect(int index) const;

    const Theme& m_theme;
    QString m_unit;
    QList<Bin> m_bins;
    qint64 m_mark = -1;
    QString m_markLabel;
};

} // namespace ui
