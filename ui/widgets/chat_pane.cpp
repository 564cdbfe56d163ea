// One side of the playground: who answers, and the conversation so far.
#include "ui/widgets/chat_pane.h"

#include <QComboBox>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTextBrowser>

#include "ui/widgets/elided_label.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

ChatPane::ChatPane(const Theme& theme, const QString& name, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_name(name)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kSmall);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kSmall);
    m_choice = new QComboBox(this);
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setAccessibleName(tr("%1: who answers").arg(name));
    m_title = new ElidedLabel(name, u"strong"_s, this);
    row->addWidget(m_title);
    row->addWidget(m_choice, 1);
    column->addLayout(row);
    m_view = new QTextBrowser(this);
    m_view->setAccessibleName(tr("%1: conversation").arg(name));
    m_view->setOpenLinks(false);
    m_view->document()->setDocumentMargin(space::kMedium);
    column->addWidget(m_view, 1);
    connect(m_choice, &QComboBox::activated, this, [this] { Q_EMIT adapterChosen(adapterId()); });
    connect(m_choice, &QComboBox::currentIndexChanged, this, [this] {
        m_failure.clear();
        render();
        Q_EMIT choiceChanged();
    });
    connect(&theme, &Theme::changed, this, &ChatPane::render);
}

void ChatPane::setChoices(const QList<QPair<QString, QString>>& choices)
{
    const QString chosen = adapterId();
    {
        const QSignalBlocker blocker(m_choice);
        m_choice->clear();
        for (const auto& [label, id] : choices) {
            m_choice->addItem(label, id);
        }
        m_choice->setCurrentIndex(std::max(0, m_choice->findData(chosen)));
    }
    Q_EMIT choiceChanged();
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

void ChatPane::hideNames(const QString& word)
{
    m_word = word;
    m_title->setText(word);
    m_choice->hide();
}

void ChatPane::reveal(const QString& adapter)
{
    m_title->setText(tr("%1: %2").arg(m_word, adapter));
    if (!m_exchanges.isEmpty()) {
        m_exchanges.last().who = m_title->text();
        render();
    }
}

void ChatPane::showNames()
{
    m_word.clear();
    m_title->setText(m_name);
    m_choice->show();
}

QString ChatPane::title() const
{
    return m_title->text();
}

QList<app::ChatTurn> ChatPane::history() const
{
    QList<app::ChatTurn> turns;
    for (const Exchange& exchange : m_exchanges) {
        if (exchange.progress == Progress::Whole) {
            turns.append({u"user"_s, exchange.question});
            turns.append({u"assistant"_s, exchange.answer});
        }
    }
    return turns;
}

void ChatPane::addQuestion(const QString& text)
{
    const QString who = m_word.isEmpty() ? adapterName() : m_word;
    m_exchanges.append({.question = text, .who = who, .answer = {}, .reason = {}});
    m_note.clear();
    m_failure.clear();
    render();
}

void ChatPane::beginAnswer()
{
    if (isOpen()) {
        m_exchanges.last().progress = Progress::Answering;
        render();
    }
}

void ChatPane::addToken(const QString& text)
{
    if (isOpen()) {
        m_exchanges.last().answer += text;
        render();
    }
}

void ChatPane::endAnswer(const QString& text, const QString& note)
{
    if (isOpen()) {
        m_exchanges.last().progress = Progress::Whole;
        m_exchanges.last().answer = text;
        m_note = note;
        m_failure.clear();
        render();
    }
}

void ChatPane::breakAnswer(const QString& reason)
{
    if (isOpen()) {
        m_exchanges.last().progress = Progress::Broken;
        m_exchanges.last().reason = reason;
        render();
    }
}

void ChatPane::showFailure(const QString& text)
{
    m_failure = text;
    render();
}

void ChatPane::clear()
{
    m_exchanges.clear();
    m_note.clear();
    m_failure.clear();
    render();
}

bool ChatPane::isOpen() const
{
    return !m_exchanges.isEmpty()
           && (m_exchanges.last().progress == Progress::Asked
               || m_exchanges.last().progress == Progress::Answering);
}

bool ChatPane::isAnswered() const
{
    return !m_exchanges.isEmpty() && m_exchanges.last().progress == Progress::Whole;
}

QString ChatPane::lastAnswer() const
{
    return m_exchanges.isEmpty() ? QString() : m_exchanges.last().answer;
}

QString ChatPane::shownText() const
{
    return m_view->toPlainText();
}

QString ChatPane::turnHtml(const QString& who, const QString& text, bool isUser) const
{
    const Colors& c = m_theme.colors();
    QString escaped = text.toHtmlEscaped();
    escaped.replace(u'\n', u"<br>"_s);
    return u"<p style='margin:0 0 2px 0;color:%1'><b>%2</b></p><p style='margin:0 0 14px 0;white-space:pre-wrap'>%3</p>"_s
        .arg((isUser ? c.textMuted : c.accent).name(), who.toHtmlEscaped(), escaped);
}

void ChatPane::render()
{
    const auto noteHtml = [](const QColor& color, const QString& text) {
        return u"<p style='color:%1'>%2</p>"_s.arg(color.name(), text.toHtmlEscaped());
    };
    const Colors& c = m_theme.colors();
    QString html;
    for (const Exchange& exchange : std::as_const(m_exchanges)) {
        html += turnHtml(tr("You"), exchange.question, true);
        if (exchange.progress == Progress::Answering) {
            html += turnHtml(exchange.who, exchange.answer + u'\u258f', false);
        } else if (exchange.progress == Progress::Whole || !exchange.answer.isEmpty()) {
            html += turnHtml(exchange.who, exchange.answer, false);
        }
        if (!exchange.reason.isEmpty()) {
            html += noteHtml(c.danger, exchange.reason);
        }
    }
    if (!m_note.isEmpty()) {
        html += noteHtml(c.textMuted, m_note);
    }
    if (!m_failure.isEmpty()) {
        html += noteHtml(c.danger, m_failure);
    }
    m_view->setHtml(html);
    m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->maximum());
}

} // namespace ui
