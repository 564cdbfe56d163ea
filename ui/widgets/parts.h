// Small parts every page is put together from: labels, buttons, cards, banners, columns.
#pragma once

#include <functional>

#include <QBoxLayout>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QString>

#include "ui/theme/theme.h"

class QTableView;

namespace ui {

// Roles: "title", "heading", "strong", "muted", "small", "number", "error", "warning", "success".
[[nodiscard]] QLabel* makeLabel(const QString& text, const QString& role, QWidget* parent);
// The same, wrapping, with text that can be selected and copied.
[[nodiscard]] QLabel* makeText(const QString& text, const QString& role, QWidget* parent);

// `iconName` may be empty. The icon follows the theme.
[[nodiscard]] QPushButton*
makeButton(const QString& text, const QString& iconName, const Theme& theme, QWidget* parent);
[[nodiscard]] QPushButton* makePrimaryButton(const QString& text, QWidget* parent);
[[nodiscard]] QPushButton*
makeFlatButton(const QString& text, const QString& iconName, const Theme& theme, QWidget* parent);

// A bordered surface with a vertical layout, and a heading unless it is empty.
class Card final : public QFrame
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Card)

public:
    explicit Card(const QString& heading, QWidget* parent = nullptr);

    [[nodiscard]] QVBoxLayout* body() const { return m_body; }

    // The heading's row, for buttons at its right.
    [[nodiscard]] QHBoxLayout* header() const { return m_header; }

private:
    QVBoxLayout* m_body = nullptr;
    QHBoxLayout* m_header = nullptr;
};

// A line of news in a page: what happened and one action. Hidden until show is called.
class Banner final : public QFrame
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Banner)

public:
    explicit Banner(QWidget* parent = nullptr);
    // Tone: "info", "success", "warning", "danger".
    void showText(const QString& tone,
                  const QString& text,
                  const QString& action = {},
                  std::function<void()> onAction = {});
    void clear();
    [[nodiscard]] QString text() const;

    [[nodiscard]] QPushButton* action() const { return m_action; }

private:
    QLabel* m_label = nullptr;
    QPushButton* m_action = nullptr;
    std::function<void()> m_onAction;
};

// A number with its name below: the tiles of the run and home pages.
class NumberTile final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(NumberTile)

public:
    NumberTile(const QString& caption, QWidget* parent = nullptr);
    void setValue(const QString& text);
    void setCaption(const QString& text);
    void setNote(const QString& text); // below the caption: what the value is; empty: no line
    [[nodiscard]] QString value() const;

private:
    QLabel* m_value = nullptr;
    QLabel* m_caption = nullptr;
    QLabel* m_note = nullptr;
};

// A run without a name goes by its id.
[[nodiscard]] QString titleOf(const QString& name, const QString& id);

// House settings for tables: rows selected whole, no grid, no row numbers, sorted by click.
void styleTable(QTableView* table);

[[nodiscard]] QString countText(qint64 count);                  // "1,234,567"
[[nodiscard]] QString numberText(double value, int digits = 4); // "-" when it is not finite

} // namespace ui
