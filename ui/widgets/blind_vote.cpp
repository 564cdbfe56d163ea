// The blind vote: two answers without names in an order that is drawn, a choice, then the names.
#include "ui/widgets/blind_vote.h"

#include <QCheckBox>
#include <QRandomGenerator>
#include <QUuid>

#include "app/catalog/catalog.h"
#include "app/catalog/vote_tally.h"
#include "ui/widgets/chat_pane.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

BlindVote::BlindVote(app::Catalog& catalog, ChatPane& left, ChatPane& right, QWidget* parent)
    : QWidget(parent)
    , m_catalog(catalog)
    , m_panes{&left, &right}
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kSmall);
    m_toggle = new QCheckBox(tr("Blin&d vote"), this);
    m_tally = new ElidedLabel({}, u"small"_s, this);
    row->addWidget(m_toggle);
    row->addWidget(m_tally, 1);
    addButton(tr("&A is better"), u"left"_s);
    addButton(tr("T&ie"), u"tie"_s);
    addButton(tr("&B is better"), u"right"_s);
    connect(m_toggle, &QCheckBox::toggled, this, &BlindVote::onToggled);
    for (const ChatPane* pane : m_panes) {
        connect(pane, &ChatPane::choiceChanged, this, &BlindVote::refresh);
    }
    connect(&catalog, &app::Catalog::votesChanged, this, &BlindVote::refresh);
    setStage(Stage::Idle);
    refresh();
}

void BlindVote::addButton(const QString& text, const QString& winner)
{
    auto* button = new QPushButton(text, this);
    button->setAutoDefault(false);
    layout()->addWidget(button);
    m_buttons.append(button);
    connect(button, &QPushButton::clicked, this, [this, winner] { vote(winner); });
}

bool BlindVote::isOn() const
{
    return m_toggle->isChecked();
}

QString BlindVote::tallyText() const
{
    return m_tally->text();
}

QStringList BlindVote::begin(const QString& question)
{
    m_ids = {m_panes.at(0)->adapterId(), m_panes.at(1)->adapterId()};
    if (!isOn()) {
        return m_ids;
    }
    m_names = {m_panes.at(0)->adapterName(), m_panes.at(1)->adapterName()};
    if (QRandomGenerator::global()->bounded(2) == 1) {
        m_ids.swapItemsAt(0, 1);
        m_names.swapItemsAt(0, 1);
    }
    m_question = question;
    onToggled(true);
    for (ChatPane* pane : m_panes) {
        pane->clear();
    }
    setStage(Stage::Answering);
    return m_ids;
}

void BlindVote::end()
{
    if (m_stage != Stage::Answering) {
        return;
    }
    if (m_panes.at(0)->isAnswered() && m_panes.at(1)->isAnswered()) {
        setStage(Stage::Choosing);
        return;
    }
    reveal(); // there is nothing to choose between
}

void BlindVote::forget()
{
    setStage(Stage::Idle);
    if (isOn()) {
        onToggled(true);
    }
}

void BlindVote::vote(const QString& winner)
{
    app::VoteRecord vote;
    vote.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    vote.prompt = m_question;
    vote.left = m_ids.at(0);
    vote.right = m_ids.at(1);
    vote.winner = winner;
    vote.created = QDateTime::currentDateTimeUtc();
    m_catalog.addVote(vote);
    reveal();
    Q_EMIT voted();
}

void BlindVote::reveal()
{
    for (std::size_t i = 0; i < kSides; ++i) {
        m_panes.at(i)->reveal(m_names.at(static_cast<qsizetype>(i)));
    }
    setStage(Stage::Idle);
}

void BlindVote::onToggled(bool isOn)
{
    if (isOn) {
        m_panes.at(0)->hideNames(tr("Answer A"));
        m_panes.at(1)->hideNames(tr("Answer B"));
        return;
    }
    if (m_stage != Stage::Idle) {
        reveal();
    }
    for (ChatPane* pane : m_panes) {
        pane->showNames();
    }
}

void BlindVote::setStage(Stage stage)
{
    m_stage = stage;
    for (QPushButton* button : std::as_const(m_buttons)) {
        button->setVisible(stage == Stage::Choosing);
    }
}

void BlindVote::refresh()
{
    const ChatPane& left = *m_panes.at(0);
    const ChatPane& right = *m_panes.at(1);
    const bool isPair = left.adapterId() != right.adapterId();
    if (!isPair) {
        m_toggle->setChecked(false);
    }
    m_toggle->setEnabled(isPair);
    m_toggle->setToolTip(isPair ? tr("Hides who answers, in an order that is drawn, until you have "
                                     "chosen. Each question stands alone.")
                                : tr("Choose two different adapters first: both sides have the "
                                     "same one."));
    if (!isPair) {
        m_tally->clear();
        return;
    }
    const app::VoteTally tally =
        app::tallyOf(m_catalog.votes(), left.adapterId(), right.adapterId());
    m_tally->setText(tally.total() == 0 ? tr("No votes on these two yet.")
                                        : tr("Votes so far: %1 %2, ties %3, %4 %5")
                                              .arg(left.adapterName())
                                              .arg(tally.left)
                                              .arg(tally.ties)
                                              .arg(right.adapterName())
                                              .arg(tally.right));
}

} // namespace ui
