// Label, editor, help, warning and error: one row of any form.
#include "ui/widgets/form_field.h"

#include <QLabel>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/theme/theme.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

QLabel* addLine(QVBoxLayout* layout, const QString& role, QWidget* parent)
{
    auto* label = makeLabel(QString(), role, parent);
    label->setWordWrap(true);
    label->hide();
    layout->addWidget(label);
    return label;
}

void setLine(QLabel* label, const QString& mark, const QString& text)
{
    label->setText(text.isEmpty() ? QString() : mark + text);
    label->setVisible(!text.isEmpty());
}

} // namespace

FormField::FormField(const QString& label, QWidget* editor, const QString& help, QWidget* parent)
    : QWidget(parent)
    , m_editor(editor)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::kTiny);
    auto* title = makeLabel(label, u"strong"_s, this);
    title->setBuddy(editor);
    layout->addWidget(title);
    layout->addWidget(editor);
    m_error = addLine(layout, u"error"_s, this);
    m_warning = addLine(layout, u"warning"_s, this);
    m_help = addLine(layout, u"small"_s, this);
    layout->addStretch(1);
    setHelp(help);
    QString plain = label;
    plain.remove(u'&');
    if (editor->accessibleName().isEmpty()) {
        editor->setAccessibleName(plain);
    }
    editor->setAccessibleDescription(help);
}

void FormField::setError(const QString& text)
{
    setLine(m_error, tr("Error: "), text);
    if (m_editor->property("invalid").toBool() != !text.isEmpty()) {
        m_editor->setProperty("invalid", !text.isEmpty());
        m_editor->style()->unpolish(m_editor);
        m_editor->style()->polish(m_editor);
    }
}

void FormField::setWarning(const QString& text)
{
    setLine(m_warning, tr("Note: "), text);
}

void FormField::setHelp(const QString& text)
{
    setLine(m_help, {}, text);
}

QString FormField::error() const
{
    return m_error->text();
}

QString FormField::warning() const
{
    return m_warning->text();
}

} // namespace ui
