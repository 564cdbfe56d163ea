// Playground: the same question to the base and to an adapter, side by side on one resident base.
#pragma once

#include <array>

#include "ui/pages/page.h"

class QComboBox;
class QDoubleSpinBox;
class QPlainTextEdit;
class QSpinBox;

namespace ui {

class BlindVote;
class ChatPane;

class PlaygroundPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(PlaygroundPage)

public:
    PlaygroundPage(const PageContext& context, QWidget* parent);
    // An adapter's id, or "model:ID".
    void open(const QString& subject) override;

    [[nodiscard]] ChatPane& pane(int index) const
    {
        return *m_panes.at(static_cast<std::size_t>(index));
    }

    [[nodiscard]] BlindVote& blindVote() { return *m_vote; }

    // What is loaded is chosen by data: "f32", "bf16", "int8", "nf4".
    [[nodiscard]] QComboBox& weights() { return *m_weights; }

    void ask(const QString& question);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    static constexpr int kPanes = 2;

    void buildActions();
    QWidget* buildPanes();
    QWidget* buildQuestion();
    QWidget* buildSampling();
    void connectSession();
    void fillModels();
    void fillWeights();
    void fillAdapters();
    void loadBase(app::PlaygroundSession::Load when);
    void loadAdapters();
    void onStateChanged();
    [[nodiscard]] bool chosenIsResident() const;
    [[nodiscard]] bool canAnswer(const ChatPane& pane) const;
    [[nodiscard]] QString residentName() const;
    void onSend();
    void askNow();
    [[nodiscard]] app::GenerateRequest requestOf(const ChatPane& pane, const QString& key) const;
    void onAnswered(int index, const app::Answer& answer);

    QComboBox* m_model = nullptr;
    QComboBox* m_weights = nullptr;
    QPushButton* m_load = nullptr;
    std::array<ChatPane*, kPanes> m_panes{};
    BlindVote* m_vote = nullptr;
    QPlainTextEdit* m_question = nullptr;
    QPushButton* m_send = nullptr;
    QPushButton* m_cancel = nullptr;
    QComboBox* m_mode = nullptr;
    QSpinBox* m_tokens = nullptr;
    QDoubleSpinBox* m_temperature = nullptr;
    QSpinBox* m_topK = nullptr;
    QDoubleSpinBox* m_topP = nullptr;
    QSpinBox* m_seed = nullptr;
    QString m_withoutBase; // the adapter asked for, until its base is known
    QString m_waiting;     // a question asked before the base and the adapters are resident
};

} // namespace ui
