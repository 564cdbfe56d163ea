// Which column of a data file plays which role.
#pragma once

#include <QJsonObject>
#include <QWidget>

class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;

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
    void reset(); // every column to recognition, as a person does with the button

    [[nodiscard]] bool hasColumns() const { return !m_columns.isEmpty(); }

    [[nodiscard]] const QStringList& columns() const { return m_columns; }

Q_SIGNALS:
    void mapChanged(); // by a person

private:
    QFormLayout* m_form = nullptr;
    QLabel* m_none = nullptr;
    QPushButton* m_reset = nullptr;
    QStringList m_columns;
    QList<QComboBox*> m_roles;
};

} // namespace ui
