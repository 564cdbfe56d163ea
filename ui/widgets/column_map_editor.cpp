// Which column of a data file plays which role.
#include "ui/widgets/column_map_editor.h"

#include <QComboBox>
#include <QFormLayout>

#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

ColumnMapEditor::ColumnMapEditor(QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, space::kMedium, 0, 0);
    layout->setSpacing(space::kMedium);
    layout->addWidget(makeText(tr("Columns are recognised by name. Give a column its role here "
                                  "when the names are unusual; the preview follows."),
                               u"muted"_s,
                               this));
    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(space::kLarge);
    m_form->setVerticalSpacing(space::kSmall);
    m_form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    layout->addLayout(m_form);
    m_none = makeText(tr("No columns are known of this file."), u"small"_s, this);
    layout->addWidget(m_none);
    m_reset = new QPushButton(tr("&Reset mapping"), this);
    m_reset->setToolTip(tr("Recognise every column by its name again."));
    m_reset->hide();
    layout->addWidget(m_reset, 0, Qt::AlignLeft);
    connect(m_reset, &QPushButton::clicked, this, &ColumnMapEditor::reset);
    layout->addStretch(1);
}

void ColumnMapEditor::setColumns(const QStringList& columns, const QJsonObject& map)
{
    if (columns == m_columns && map == this->map()) {
        return;
    }
    m_columns = columns;
    m_none->setVisible(columns.isEmpty());
    m_reset->setVisible(!columns.isEmpty());
    m_roles.clear();
    while (m_form->rowCount() > 0) {
        m_form->removeRow(0);
    }
    const QStringList roles = {u"prompt"_s,
                               u"completion"_s,
                               u"instruction"_s,
                               u"input"_s,
                               u"output"_s,
                               u"system"_s,
                               u"text"_s,
                               u"messages"_s};
    for (const QString& column : columns) {
        auto* box = new QComboBox(this);
        box->addItem(tr("by its name"), QString());
        for (const QString& role : roles) {
            box->addItem(role, role);
        }
        box->setCurrentIndex(std::max(0, box->findData(map.value(column).toString())));
        box->setAccessibleName(tr("Role of column %1").arg(column));
        connect(box, &QComboBox::activated, this, &ColumnMapEditor::mapChanged);
        m_form->addRow(makeLabel(column, u"strong"_s, this), box);
        m_roles.append(box);
    }
}

void ColumnMapEditor::reset()
{
    for (QComboBox* box : std::as_const(m_roles)) {
        box->setCurrentIndex(0);
    }
    Q_EMIT mapChanged();
}

QJsonObject ColumnMapEditor::map() const
{
    QJsonObject result;
    for (qsizetype i = 0; i < m_roles.size(); ++i) {
        const QString role = m_roles.at(i)->currentData().toString();
        if (!role.isEmpty()) {
            result.insert(m_columns.at(i), role);
        }
    }
    return result;
}

} // namespace ui
