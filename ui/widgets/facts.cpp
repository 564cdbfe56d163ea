// Names and values in two columns: the details of a record.
#include "ui/widgets/facts.h"

#include <QFormLayout>

#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

// A long path or hash has no blank to wrap at: zero-width spaces let it break after separators.
QString breakable(const QString& text)
{
    QString result;
    int since = 0;
    for (const QChar character : text) {
        result += character;
        ++since;
        if (character.isSpace()) {
            since = 0;
        } else if (since >= 12
                   && (character == u'/' || character == u'-' || character == u'_'
                       || since >= 32)) {
            result += QChar(0x200b);
            since = 0;
        }
    }
    return result;
}

} // namespace

Facts::Facts(QWidget* parent)
    : QWidget(parent)
{
    m_form = new QFormLayout(this);
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setHorizontalSpacing(space::kMedium);
    m_form->setVerticalSpacing(space::kTiny);
    m_form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
}

void Facts::setFacts(const QList<QPair<QString, QString>>& facts)
{
    while (m_form->rowCount() > 0) {
        m_form->removeRow(0);
    }
    for (const auto& [name, value] : facts) {
        if (!value.isEmpty()) {
            QLabel* label = makeText(breakable(value), u"value"_s, this);
            label->setAccessibleName(name + u": "_s + value);
            QLabel* caption = makeLabel(name, u"small"_s, this);
            caption->setAlignment(Qt::AlignLeft | Qt::AlignTop);
            caption->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
            m_form->addRow(caption, label);
        }
    }
}

} // namespace ui
