// Message, question, number, open, save and show: the only callers of Qt's modal dialogs and of the
// system's file manager; scriptable.
#pragma once

#include <deque>
#include <optional>

#include <QString>
#include <QStringList>

class QWidget;

namespace ui {

class Dialogs final
{
    Q_DISABLE_COPY_MOVE(Dialogs)

public:
    Dialogs() = default;

    enum class Tone { Information, Warning, Error };

    void message(QWidget* parent, Tone tone, const QString& title, const QString& text);

    // Index of the chosen option; the last option is what Escape and the close button mean.
    [[nodiscard]] int
    ask(QWidget* parent, const QString& title, const QString& text, const QStringList& options);

    // Empty when cancelled.
    [[nodiscard]] QString openFile(QWidget* parent, const QString& title, const QString& filter);
    [[nodiscard]] QString openFolder(QWidget* parent, const QString& title);
    [[nodiscard]] QString saveFile(QWidget* parent, const QString& title, const QString& proposal);

    // In the system's file manager; false when none opens.
    [[nodiscard]] bool showFolder(const QString& folder);

    // Nothing when cancelled.
    [[nodiscard]] std::optional<int> askNumber(QWidget* parent,
                                               const QString& title,
                                               const QString& label,
                                               int value,
                                               int minimum,
                                               int maximum);

    // Index of the chosen row of a list; nothing when cancelled.
    [[nodiscard]] std::optional<int>
    askChoice(QWidget* parent, const QString& title, const QString& label, const QStringList& rows);

    // Nothing when cancelled.
    [[nodiscard]] std::optional<QString>
    askText(QWidget* parent, const QString& title, const QString& label, const QString& text);

    // Tests: the next ask() answers `option`, the next open or save gives `path`, the next
    // askNumber() or askChoice() `number`, without a window.
    void setNextAnswer(int option) { m_answers.push_back(option); }

    void setNextPath(const QString& path) { m_paths.push_back(path); }

    void setNextNumber(int number) { m_numbers.push_back(number); }

    void setNextText(const QString& text) { m_texts.push_back(text); } // of the next askText()

    // Tests: no dialog opens; an unscripted ask() takes the last option, a path is empty, and there
    // is no file manager.
    void setSilent() { m_silent = true; }

    [[nodiscard]] const QStringList& shown() const { return m_shown; } // titles and texts so far

private:
    [[nodiscard]] std::optional<int> takeNumber(const QString& title, const QString& label);
    [[nodiscard]] bool takePath(const QString& title, QString& path);

    std::deque<int> m_answers;
    std::deque<QString> m_paths;
    std::deque<int> m_numbers;
    std::deque<QString> m_texts;
    QStringList m_shown;
    bool m_silent = false;
};

} // namespace ui
