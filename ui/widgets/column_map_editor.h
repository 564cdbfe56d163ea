// Which column of a data file plays which role.
#pragma once

#include <QJsonObject>
#include <QWidget>

class QComboBox;
class QFormLayout;

namespace ui {

class ColumnMapEditor final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ColumnMapEditor)

public:
    explicit ColumnMapEditor(QWidget* parent = nullptr);
    void setColumns(const QStringList& columns, const QJsonObject& map);
    // Column -> role; columns left to recognition are not in it.
    [[nodiscard]] QJsonObject map() const;

Q_SIGNALS:
    void mapChanged(); // by a person

private:
    QFormLayout* m_form = nullptr;
    QStringList m_columns;
    QList<QComboBox*> m_roles;
};

} // namespace ui
