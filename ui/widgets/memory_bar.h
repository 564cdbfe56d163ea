// The memory estimate against the device: one bar of terms, and each term in words and numbers.
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

class MemoryBar final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(MemoryBar)

public:
    struct Term
    {
        QString name;
        qint64 bytes = 0;
        QString note = {}; // how it comes about; a tooltip
    };

    explicit MemoryBar(const Theme& theme, QWidget* parent = nullptr);

    // `available`: what the device has free, 0 when it is not known.
    void setTerms(QList<Term> terms, qint64 available);
    void clear();
    [[nodiscard]] qint64 total() const;
    [[nodiscard]] bool fits() const;
    [[nodiscard]] QString summary() const;

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QList<int> shownTerms() const;

    const Theme& m_theme;
    QList<Term> m_terms;
    qint64 m_available = 0;
};

} // namespace ui
