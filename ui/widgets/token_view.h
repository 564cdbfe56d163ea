// Tokens with their loss mask: trained tokens are coloured and underlined, the prompt is not.
#pragma once

#include <QAbstractScrollArea>
#include <QList>
#include <QString>

#include "ui/theme/theme.h"

namespace ui {

class TokenView final : public QAbstractScrollArea
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(TokenView)

public:
    struct Token
    {
        QString text; // as decoded; blanks and newlines are drawn as marks
        qint64 id = 0;
        bool isTrained = false;
    };

    explicit TokenView(const Theme& theme, QWidget* parent = nullptr);
    void setTokens(QList<Token> tokens);

    [[nodiscard]] int tokenCount() const { return static_cast<int>(m_tokens.size()); }

    [[nodiscard]] int trainedCount() const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void layoutTokens();

    const Theme& m_theme;
    QList<Token> m_tokens;
    QList<QRect> m_rects; // content coordinates
    int m_contentHeight = 0;
};

} // namespace ui
