// The blind vote: two answers without names in an order that is drawn, a choice, then the names.
#pragma once

#include <array>

#include <QStringList>
#include <QWidget>

class QCheckBox;
class QPushButton;

namespace app {
class Catalog;
} // namespace app

namespace ui {

class ChatPane;
class ElidedLabel;

class BlindVote final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(BlindVote)

public:
    // Hides and shows the names of these two; votes go into the catalog.
    BlindVote(app::Catalog& catalog, ChatPane& left, ChatPane& right, QWidget* parent = nullptr);

    [[nodiscard]] bool isOn() const;

    // A question is to be asked: the adapters that answer it, left and right. While the vote is on
    // their order is drawn and the panes begin anew, for earlier turns would tell them apart.
    [[nodiscard]] QStringList begin(const QString& question);
    // Both sides have ended, each with an answer or without one.
    void end();
    void forget(); // the question, when its answers were cleared away

    [[nodiscard]] QCheckBox& toggle() const { return *m_toggle; }

    [[nodiscard]] QString tallyText() const;

Q_SIGNALS:
    void voted();

private:
    enum class Stage { Idle, Answering, Choosing };

    void addButton(const QString& text, const QString& winner);
    void onToggled(bool isOn);
    void vote(const QString& winner);
    void reveal();
    void setStage(Stage stage);
    void refresh();

    static constexpr std::size_t kSides = 2;

    app::Catalog& m_catalog;
    std::array<ChatPane*, kSides> m_panes;
    QCheckBox* m_toggle = nullptr;
    ElidedLabel* m_tally = nullptr;
    QList<QPushButton*> m_buttons;
    Stage m_stage = Stage::Idle;
    QString m_question;
    QStringList m_ids;   // of who answers it, left and right
    QStringList m_names; // likewise
};

} // namespace ui
