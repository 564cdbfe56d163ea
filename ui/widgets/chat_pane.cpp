// One side of the playground: who answers, and the conversation so far.
#include "ui/widgets/chat_pane.h"

#include <QComboBox>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTextBrowser>

#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

ChatPane::ChatPane(const Theme& theme, const QString& name, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kSmall);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kSmall);
    m_choice = new QComboBox(this);
    m_choice->setAccessibleName(tr("%1: who answers").arg(name));
    row->addWidget(makeLabel(name, u"strong"_s, this));
    row->addWidget(m_choice, 1);
    column->addLayout(row);
    m_view = new QTextBrowser(this);
    m_view->setAccessibleName(tr("%1: conversation").arg(name));
    m_view->setOpenLinks(false);
    m_view->document()->setDocumentMargin(space::kMedium);
    column->addWidget(m_view, 1);
    connect(m_choice, &QComboBox::activated, this, [this] { Q_EMIT adapterChosen(adapterId()); });
    connect(&theme, &Theme::changed, this, &ChatPane::render);
}

void ChatPane::setChoices(const QList<QPair<QString, QString>>& choices)
{
    const QString chosen = adapterId();
    const QSignalBlocker blocker(m_choice);
    m_choice->clear();
    for (const auto& [label, id] : choices) {
        m_choice->addItem(label, id);
    }
    m_choice->setCurrentIndex(std::max(0, m_choice->findData(chosen)));
}

void ChatPane::choose(const QString& adapterId)
{
    m_choice->setCurrentIndex(std::max(0, m_choice->findData(adapterId)));
}

QString ChatPane::adapterId() const
{
    return m_choice->currentData().toString();
}

QString ChatPane::adapterName() const
{
    return m_choice->currentText();
}

void ChatPane::addQuestion(const QString& text)
{
    m_turns.append({u"user"_s, text});
    m_who.append(tr("You"));
    m_note.clear();
    render();
}

void ChatPane::beginAnswer()
{
    m_turns.append({u"assistant"_s, QString()});
    m_who.append(adapterName());
    m_isAnswering = true;
    render();
}

void ChatPane::addToken(const QString& text)
{
    if (m_isAnswering) {
        m_turns.last().content += text;
        render();
    }
}

void ChatPane::endAnswer(const QString& text, const QString& note)
{
    if (m_isAnswering) {
        m_isAnswering = false;
        m_turns.last().content = text;
        m_note = note;
        render();
    }
}

void ChatPane::showNote(const QString& text)
{
    m_note = text;
    render();
}

void ChatPane::clear()
{
    m_turns.clear();
    m_who.clear();
    m_note.clear();
    m_isAnswering = false;
    render();
}

QString ChatPane::lastAnswer() const
{
    return !m_turns.isEmpty() && m_turns.last().role == u"assistant"_s ? m_turns.last().content
                                                                       : QString();
}

void ChatPane::render()
{
    const Colors& c = m_theme.colors();
    QString html;
    for (qsizetype i = 0; i < m_turns.size(); ++i) {
        const bool isUser = m_turns.at(i).role == u"user"_s;
        const QString color = (isUser ? c.textMuted : c.accent).name();
        QString text = m_turns.at(i).content.toHtmlEscaped();
        text.replace(u'\n', u"<br>"_s);
        if (!isUser && m_isAnswering && i + 1 == m_turns.size()) {
            text += u"\u258f"_s;
        }
        html +=
            u"<p style='margin:0 0 2px 0;color:%1'><b>%2</b></p><p style='margin:0 0 14px 0;white-space:pre-wrap'>%3</p>"_s
                .arg(color, m_who.at(i).toHtmlEscaped(), text);
    }
    if (!m_note.isEmpty()) {
        html += u"<p style='color:%1'>%2</p>"_s.arg(c.textMuted.name(), m_note.toHtmlEscaped());
    }
    m_view->setHtml(html);
    m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->maximum());
}

} // namespace ui
