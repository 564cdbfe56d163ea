// The run's log: a list that follows the end unless scrolled away; copying takes the chosen lines.
#pragma once

#include <QListView>

namespace ui {

class LogView final : public QListView
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(LogView)

public:
    explicit LogView(QWidget* parent = nullptr);
    void setModel(QAbstractItemModel* model) override;
    [[nodiscard]] QString selectedText() const;

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    bool m_isAtEnd = true;
    QMetaObject::Connection m_before;
    QMetaObject::Connection m_after;
};

} // namespace ui
