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

    // The turns so far, for the next question; empty in completion mode.
    [[nodiscard]] const QList<app::ChatTurn>& turns() const { return m_turns; }

    void addQuestion(const QString& text);
    void beginAnswer();
    void addToken(const QString& text);
    void endAnswer(const QString& text, const QString& note);
    void showNote(const QString& text);
    void clear();
    [[nodiscard]] QString lastAnswer() const;

Q_SIGNALS:
    void adapterChosen(const QString& adapterId);

private:
    void render();

    const Theme& m_theme;
    QComboBox* m_choice = nullptr;
    QTextBrowser* m_view = nullptr;
    QList<app::ChatTurn> m_turns;
    QStringList m_who; // per turn: the name of who answered
    QString m_note;
    bool m_isAnswering = false;
};

} // namespace ui
