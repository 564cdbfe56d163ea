// One side of the playground: who answers, and the conversation so far.
#pragma once

#include <QList>
#include <QWidget>

#include "app/worker/worker_commands.h"
#include "ui/theme/theme.h"

class QComboBox;
class QLabel;
class QTextBrowser;

namespace ui {

class ChatPane final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ChatPane)

public:
    ChatPane(const Theme& theme, const QString& name, QWidget* parent = nullptr);

    // (label, adapter id); the base comes first with an empty id. Keeps the choice when it is
    // there.
    void setChoices(const QList<QPair<QString, QString>>& choices);
    void choose(const QString& adapterId);
    [[nodiscard]] QString adapterId() const;
    [[nodiscard]] QString adapterName() const;

    // Without names the pane goes by a word until its last answer's adapter is revealed.
    void hideNames(const QString& word);
    void reveal(const QString& adapter);
    void showNames();

    [[nodiscard]] QString title() const;

    [[nodiscard]] QComboBox& choice() const { return *m_choice; }

    // The turns so far, for the next question: of questions that were answered whole, so that
    // user and assistant alternate. What failed or was stopped is shown, but not sent again.
    [[nodiscard]] QList<app::ChatTurn> history() const;

    void addQuestion(const QString& text);
    void beginAnswer();
    void addToken(const QString& text);
    void endAnswer(const QString& text, const QString& note);
    // The answer, begun or not, ends here without being whole; what has arrived stays.
    void breakAnswer(const QString& reason);
    // Why its adapter cannot answer, until something is asked or another one chosen.
    void showFailure(const QString& text);
    void clear();

    // A question waits for its answer or for the rest of it.
    [[nodiscard]] bool isOpen() const;
    [[nodiscard]] bool isAnswered() const; // the last question, whole
    [[nodiscard]] QString lastAnswer() const;
    [[nodiscard]] QString shownText() const; // the conversation as it is read

Q_SIGNALS:
    void adapterChosen(const QString& adapterId); // by the person
    void choiceChanged();                         // whoever made it

private:
    enum class Progress { Asked, Answering, Whole, Broken };

    struct Exchange
    {
        QString question;
        QString who; // answers
        QString answer;
        QString reason; // why it is broken
        Progress progress = Progress::Asked;
    };

    void render();
    [[nodiscard]] QString turnHtml(const QString& who, const QString& text, bool isUser) const;

    const Theme& m_theme;
    QString m_name;
    QString m_word; // instead of names; empty: names are shown
    QLabel* m_title = nullptr;
    QComboBox* m_choice = nullptr;
    QTextBrowser* m_view = nullptr;
    QList<Exchange> m_exchanges;
    QString m_note;
    QString m_failure;
};

} // namespace ui
