// What an empty page shows: what belongs here and what to do next.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

class QPushButton;
class QLabel;

namespace ui {

class EmptyState final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(EmptyState)

public:
    EmptyState(const Theme& theme,
               const QString& iconName,
               const QString& heading,
               const QString& text,
               const QString& action,
               QWidget* parent = nullptr);

    [[nodiscard]] QPushButton* action() const { return m_action; }

Q_SIGNALS:
    void actionTriggered();

private:
    QPushButton* m_action = nullptr;
};

} // namespace ui
