// A state in a word: text and a shape, so that colour is not the only carrier.
#pragma once

#include <QString>
#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

enum class PillTone { Neutral, Active, Success, Warning, Danger };

class StatusPill final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(StatusPill)

public:
    explicit StatusPill(const Theme& theme, QWidget* parent = nullptr);
    void setState(PillTone tone, const QString& text);

    [[nodiscard]] const QString& text() const { return m_text; }

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    PillTone m_tone = PillTone::Neutral;
    QString m_text;
};

[[nodiscard]] QColor toneColor(const Theme& theme, PillTone tone);
[[nodiscard]] QColor toneBackground(const Theme& theme, PillTone tone);
// Draws the pill's mark (dot, play, check, triangle, cross) in `rect`.
void drawToneMark(QPainter& painter, const QRectF& rect, PillTone tone, const QColor& color);

} // namespace ui
