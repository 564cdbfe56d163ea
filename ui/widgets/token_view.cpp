// Tokens with their loss mask: trained tokens are coloured and underlined, the prompt is not.
#include "ui/widgets/token_view.h"

#include <algorithm>

#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kPadding = 3;
constexpr int kRow = 24;
constexpr int kMargin = 10;

QString shownText(const QString& text)
{
    QString shown = text;
    shown.replace(u' ', QChar(0x00b7));
    shown.replace(u'\n', QChar(0x21b5));
    shown.replace(u'\t', QChar(0x2192));
    return shown.isEmpty() ? QString(QChar(0x00b7)) : shown;
}

} // namespace

TokenView::TokenView(const Theme& theme, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_theme(theme)
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Tokens and loss mask"));
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void TokenView::setTokens(QList<Token> tokens)
{
    m_tokens = std::move(tokens);
    QString text;
    for (const Token& token : m_tokens) {
        text += token.isTrained ? u"["_s + token.text + u"]"_s : token.text;
    }
    setAccessibleDescription(tr("%1 of %2 tokens are trained, in brackets: %3")
                                 .arg(trainedCount())
                                 .arg(tokenCount())
                                 .arg(text.left(2000)));
    layoutTokens();
    verticalScrollBar()->setValue(0);
}

int TokenView::trainedCount() const
{
    return static_cast<int>(std::count_if(
        m_tokens.cbegin(), m_tokens.cend(), [](const Token& token) { return token.isTrained; }));
}

void TokenView::layoutTokens()
{
    const QFontMetrics metrics(m_theme.font(TextStyle::Mono));
    const int wide = viewport()->width() - kMargin;
    m_rects.clear();
    m_rects.reserve(m_tokens.size());
    int x = kMargin;
    int y = kMargin;
    for (const Token& token : m_tokens) {
        const int needed = metrics.horizontalAdvance(shownText(token.text)) + 2 * kPadding;
        if (x > kMargin && x + needed > wide) {
            x = kMargin;
            y += kRow;
        }
        m_rects.append(QRect(x, y, needed, kRow - 4));
        x += needed + 2;
        if (token.text.endsWith(u'\n')) {
            x = kMargin;
            y += kRow;
        }
    }
    m_contentHeight = y + kRow + kMargin;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(kRow);
    verticalScrollBar()->setRange(0, std::max(0, m_contentHeight - viewport()->height()));
    viewport()->update();
}

void TokenView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    layoutTokens();
}

void TokenView::paintEvent(QPaintEvent* event)
{
    const Colors& c = m_theme.colors();
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(event->rect(), c.sunken);
    painter.setFont(m_theme.font(TextStyle::Mono));
    const int offset = verticalScrollBar()->value();
    for (int i = 0; i < m_tokens.size(); ++i) {
        const QRect rect = m_rects.at(i).translated(0, -offset);
        if (!rect.intersects(event->rect())) {
            continue;
        }
        const bool isTrained = m_tokens.at(i).isTrained;
        painter.setPen(Qt::NoPen);
        painter.setBrush(isTrained ? c.accentSoft : c.surface);
        painter.drawRoundedRect(rect, 3, 3);
        painter.setPen(isTrained ? c.accent : c.textMuted);
        painter.drawText(rect, Qt::AlignCenter, shownText(m_tokens.at(i).text));
        if (isTrained) {
            painter.setPen(QPen(c.accent, 2));
            painter.drawLine(rect.left() + 1, rect.bottom(), rect.right() - 1, rect.bottom());
        }
    }
}

bool TokenView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QPoint at = help->pos() + QPoint(0, verticalScrollBar()->value());
        for (int i = 0; i < m_rects.size(); ++i) {
            if (m_rects.at(i).contains(at)) {
                const QString state = m_tokens.at(i).isTrained ? tr("trained") : tr("masked");
                QToolTip::showText(
                    help->globalPos(),
                    tr("token %1, id %2, %3").arg(i).arg(m_tokens.at(i).id).arg(state),
                    this);
                return true;
            }
        }
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace ui
