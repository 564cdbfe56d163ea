// Small parts every page is put together from: labels, buttons, cards, banners, columns.
#include "ui/widgets/parts.h"

#include <cmath>

#include <QHeaderView>
#include <QKeyEvent>
#include <QLocale>
#include <QStyle>
#include <QTableView>

#include "ui/theme/icons.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

// Return presses the button that has the focus, as Space does; Qt does so in dialogs only.
class ReturnPresses final : public QObject
{
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        auto* button = qobject_cast<QPushButton*>(watched);
        if (event->type() != QEvent::KeyPress || button == nullptr) {
            return QObject::eventFilter(watched, event);
        }
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key != Qt::Key_Return && key != Qt::Key_Enter) {
            return QObject::eventFilter(watched, event);
        }
        button->click(); // last: it may take the button away
        return true;
    }
};

QPushButton* newButton(const QString& text, QWidget* parent)
{
    auto* button = new QPushButton(text, parent);
    button->setAutoDefault(false);
    button->installEventFilter(new ReturnPresses(button));
    return button;
}

} // namespace

QLabel* makeLabel(const QString& text, const QString& role, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setProperty("role", role);
    label->setTextFormat(Qt::PlainText);
    return label;
}

QLabel* makeText(const QString& text, const QString& role, QWidget* parent)
{
    QLabel* label = makeLabel(text, role, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QPushButton*
makeButton(const QString& text, const QString& iconName, const Theme& theme, QWidget* parent)
{
    QPushButton* button = newButton(text, parent);
    if (!iconName.isEmpty()) {
        button->setIcon(icon(iconName, theme));
        QObject::connect(&theme, &Theme::changed, button, [button, iconName, &theme] {
            button->setIcon(icon(iconName, theme));
        });
    }
    return button;
}

QPushButton* makePrimaryButton(const QString& text, QWidget* parent)
{
    QPushButton* button = newButton(text, parent);
    button->setProperty("primary", true);
    return button;
}

QPushButton*
makeFlatButton(const QString& text, const QString& iconName, const Theme& theme, QWidget* parent)
{
    QPushButton* button = makeButton(text, iconName, theme, parent);
    button->setProperty("flat", true);
    return button;
}

Card::Card(const QString& heading, QWidget* parent)
    : QFrame(parent)
{
    setProperty("card", true);
    m_body = new QVBoxLayout(this);
    m_body->setContentsMargins(space::kLarge, space::kMedium, space::kLarge, space::kLarge);
    m_body->setSpacing(space::kMedium);
    if (!heading.isEmpty()) {
        m_header = new QHBoxLayout;
        m_header->setSpacing(space::kSmall);
        m_header->addWidget(makeLabel(heading, u"heading"_s, this));
        m_header->addStretch(1);
        m_body->addLayout(m_header);
        setAccessibleName(heading);
    }
}

Banner::Banner(QWidget* parent)
    : QFrame(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(space::kMedium, space::kSmall, space::kMedium, space::kSmall);
    row->setSpacing(space::kMedium);
    m_label = makeText({}, u"banner"_s, this);
    m_action = newButton({}, this);
    row->addWidget(m_label, 1);
    row->addWidget(m_action);
    connect(m_action, &QPushButton::clicked, this, [this] {
        const std::function<void()> onAction = m_onAction; // it may replace or clear itself
        if (onAction) {
            onAction();
        }
    });
    hide();
}

void Banner::showText(const QString& tone,
                      const QString& text,
                      const QString& action,
                      std::function<void()> onAction)
{
    setProperty("banner", tone);
    style()->unpolish(this);
    style()->polish(this);
    m_label->setText(text);
    setAccessibleName(text);
    m_action->setText(action);
    m_action->setVisible(!action.isEmpty());
    m_onAction = std::move(onAction);
    show();
}

void Banner::clear()
{
    m_label->clear();
    m_onAction = {};
    hide();
}

QString Banner::text() const
{
    return m_label->text();
}

NumberTile::NumberTile(const QString& caption, QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_value = makeLabel(u"-"_s, u"number"_s, this);
    m_caption = makeLabel(caption, u"small"_s, this);
    m_note = makeLabel({}, u"small"_s, this);
    m_note->hide();
    layout->addWidget(m_value);
    layout->addWidget(m_caption);
    layout->addWidget(m_note);
    layout->addStretch(1);
}

void NumberTile::setValue(const QString& text)
{
    if (m_value->text() != text) {
        m_value->setText(text);
        setAccessibleName(m_caption->text() + u": "_s + text);
    }
}

void NumberTile::setCaption(const QString& text)
{
    m_caption->setText(text);
}

void NumberTile::setNote(const QString& text)
{
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
    setAccessibleDescription(text);
}

QString NumberTile::value() const
{
    return m_value->text();
}

QString titleOf(const QString& name, const QString& id)
{
    return name.isEmpty() ? id : name;
}

void styleTable(QTableView* table)
{
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(size::kControlHeight);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setStretchLastSection(true);
}

QString countText(qint64 count)
{
    return QLocale(QLocale::English).toString(count);
}

QString numberText(double value, int digits)
{
    return std::isfinite(value) ? QString::number(value, 'g', digits) : u"-"_s;
}

} // namespace ui
