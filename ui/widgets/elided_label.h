// A line of text that gives way: cut with an ellipsis where there is no room, whole in its tooltip.
#pragma once

#include <QLabel>

namespace ui {

class ElidedLabel final : public QLabel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ElidedLabel)

public:
    ElidedLabel(const QString& text, const QString& role, QWidget* parent);

    // What is drawn at the present width.
    [[nodiscard]] QString shownText() const;

    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
};

} // namespace ui
