// Names and values in two columns: the details of a record.
#pragma once

#include <QList>
#include <QPair>
#include <QWidget>

class QFormLayout;

namespace ui {

class Facts final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Facts)

public:
    explicit Facts(QWidget* parent = nullptr);
    // Rows with an empty value are left out. Values can be selected and copied.
    void setFacts(const QList<QPair<QString, QString>>& facts);

private:
    QFormLayout* m_form = nullptr;
};

} // namespace ui
