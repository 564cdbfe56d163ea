// Playground: the same question to the base and to an adapter, side by side on one resident base.
// One file because it builds and drives one page.
#include "ui/pages/playground_page.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QSpinBox>

#include "ui/widgets/blind_vote.h"
#include "ui/widgets/chat_pane.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kQuestionHeight = 76;
constexpr int kSamplingWidth = 210;
constexpr int kModelWidth = 220;
constexpr int kDefaultTokens = 128;
constexpr int kMostTokens = 4096;
constexpr int kMostSeed = 1'000'000'000;

// How the base can be held, as the Weights box offers it.
struct WeightChoice
{
    const char* name; // of the field: "f32", "bf16", "nf4", "int8"
    const char* text;
};

constexpr std::array<WeightChoice, 4> kWeights = {
    {{"f32", QT_TRANSLATE_NOOP("ui::PlaygroundPage", "float32")},
     {"bf16", QT_TRANSLATE_NOOP("ui::PlaygroundPage", "bfloat16")},
     {"int8", QT_TRANSLATE_NOOP("ui::PlaygroundPage", "8 bits (int8)")},
     {"nf4", QT_TRANSLATE_NOOP("ui::PlaygroundPage", "4 bits (nf4)")}}};

bool isQuantised(const QString& name)
{
    return name == u"nf4"_s || name == u"int8"_s;
}

app::BaseWeights weightsOf(const QString& name)
{
    return isQuantised(name) ? app::BaseWeights{.baseQuant = name}
                             : app::BaseWeights{.dtype = name};
}

// How the run that made the adapter held its base.
QString weightsOfRun(const QJsonObject& config)
{
    const QString quant = config.value("base_quant"_L1).toString();
    const QString dtype = config.value("dtype"_L1).toString();
    return isQuantised(quant) ? quant : dtype == u"bf16"_s ? dtype : u"f32"_s;
}

template <typename Box>
Box* addSampling(QVBoxLayout* column, const QString& label, const QString& help, QWidget* parent)
{
    auto* box = new Box(parent);
    QLabel* name = makeLabel(label, u"small"_s, parent);
    name->setBuddy(box);
    QString plain = label;
    box->setAccessibleName(plain.remove(u'&'));
    box->setToolTip(help);
    column->addWidget(name);
    column->addWidget(box);
    return box;
}

} // namespace

PlaygroundPage::PlaygroundPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Playground"),
           tr("Ask the base and an adapter the same question, side by side."),
           parent)
{
    buildActions();
    auto* columns = new QHBoxLayout;
    columns->setSpacing(space::kLarge);
    auto* left = new QVBoxLayout;
    left->setSpacing(space::kMedium);
    left->addWidget(buildPanes(), 1);
    m_vote = new BlindVote(application().catalog(), pane(0), pane(1), this);
    connect(m_vote, &BlindVote::voted, this, [this] { m_question->setFocus(); });
    left->addWidget(m_vote);
    left->addWidget(buildQuestion());
    columns->addLayout(left, 1);
    columns->addWidget(buildSampling());
    body()->addLayout(columns, 1);
    connectSession();
    fillModels();
    fillAdapters();
    onStateChanged();
}

void PlaygroundPage::buildActions()
{
    m_model = new QComboBox(this);
    m_model->setMinimumWidth(kModelWidth);
    m_model->setSizeAdjustPolicy(
        QComboBox::AdjustToMinimumContentsLengthWithIcon); // names are long
    m_model->setAccessibleName(tr("Base model"));
    m_weights = new QComboBox(this);
    m_weights->setAccessibleName(tr("Weights in memory"));
    m_weights->setToolTip(
        tr("How the base is held in memory: fewer bits need less of it and answer "
           "a little less exactly. An adapter is opened as it was trained."));
    fillWeights();
    m_load = makeButton(tr("&Load"), u"play"_s, theme(), this);
    QPushButton* clear = makeFlatButton(tr("Clear"), u"trash"_s, theme(), this);
    actions()->addWidget(clear);
    actions()->addWidget(m_model);
    actions()->addWidget(m_weights);
    actions()->addWidget(m_load);
    connect(m_model, &QComboBox::activated, this, [this] { fillAdapters(); });
    connect(m_load, &QPushButton::clicked, this, [this] {
        loadBase(app::PlaygroundSession::Load::Always);
    });
    connect(clear, &QPushButton::clicked, this, [this] {
        for (ChatPane* pane : m_panes) {
            pane->clear();
        }
        m_vote->forget();
    });
}

QWidget* PlaygroundPage::buildPanes()
{
    auto* holder = new QWidget(this);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kMedium);
    const std::array<QString, kPanes> names = {tr("Left"), tr("Right")};
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        m_panes.at(i) = new ChatPane(theme(), names.at(i), holder);
        row->addWidget(m_panes.at(i), 1);
        connect(m_panes.at(i), &ChatPane::adapterChosen, this, &PlaygroundPage::loadAdapters);
    }
    return holder;
}

QWidget* PlaygroundPage::buildQuestion()
{
    auto* holder = new QWidget(this);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kSmall);
    m_question = new QPlainTextEdit(holder);
    m_question->setPlaceholderText(
        tr("Ask something. Return sends, Shift and Return begin a new line."));
    m_question->setAccessibleName(tr("Question"));
    m_question->setTabChangesFocus(true);
    m_question->setFixedHeight(kQuestionHeight);
    m_question->installEventFilter(this);
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(space::kSmall);
    m_send = makePrimaryButton(tr("&Send"), holder);
    m_cancel = makeButton(tr("S&top"), u"stop"_s, theme(), holder);
    buttons->addWidget(m_send);
    buttons->addWidget(m_cancel);
    buttons->addStretch(1);
    row->addWidget(m_question, 1);
    row->addLayout(buttons);
    connect(m_send, &QPushButton::clicked, this, &PlaygroundPage::onSend);
    connect(m_cancel,
            &QPushButton::clicked,
            &application().playground(),
            &app::PlaygroundSession::cancel);
    return holder;
}

QWidget* PlaygroundPage::buildSampling()
{
    auto* card = new Card(tr("Sampling"), this);
    card->setFixedWidth(kSamplingWidth);
    auto* column = new QVBoxLayout;
    column->setSpacing(space::kTiny);
    m_mode = addSampling<QComboBox>(
        column,
        tr("M&ode"),
        tr("A chat keeps the turns so far; a completion goes on from the text as it is."),
        card);
    m_mode->addItem(tr("chat"), u"chat"_s);
    m_mode->addItem(tr("single question"), u"single"_s);
    m_mode->addItem(tr("completion"), u"completion"_s);
    m_tokens = addSampling<QSpinBox>(
        column, tr("Longest ans&wer"), tr("Tokens, 1 to %1.").arg(kMostTokens), card);
    m_tokens->setRange(1, kMostTokens);
    m_tokens->setValue(kDefaultTokens);
    m_temperature = addSampling<QDoubleSpinBox>(
        column, tr("Te&mperature"), tr("0 always takes the likeliest token."), card);
    m_temperature->setRange(0.0, 2.0);
    m_temperature->setSingleStep(0.1);
    m_topK = addSampling<QSpinBox>(
        column, tr("Top &k"), tr("Only the k likeliest tokens; 0: all."), card);
    m_topK->setRange(0, 1000);
    m_topP = addSampling<QDoubleSpinBox>(
        column, tr("Top &p"), tr("Only the likeliest tokens that sum to p; 1: all."), card);
    m_topP->setRange(0.01, 1.0);
    m_topP->setSingleStep(0.05);
    m_topP->setValue(1.0);
    m_seed = addSampling<QSpinBox>(
        column, tr("S&eed"), tr("The same seed gives the same answer."), card);
    m_seed->setRange(0, kMostSeed);
    card->body()->addLayout(column);
    card->body()->addStretch(1);
    return card;
}

void PlaygroundPage::connectSession()
{
    app::PlaygroundSession& session = application().playground();
    connect(&session, &app::PlaygroundSession::stateChanged, this, &PlaygroundPage::onStateChanged);
    connect(&session,
            &app::PlaygroundSession::loadProgressed,
            this,
            [this](double fraction, const QString& detail) {
                QString text = detail;
                if (fraction >= 0.0) {
                    text += tr(" %1 %").arg(fraction * 100.0, 0, 'f', 0);
                }
                setSubtitle(text);
            });
    connect(&session,
            &app::PlaygroundSession::adapterWarned,
            this,
            [this](const QString& /*key*/, const QString& message) {
                news().showText(u"warning"_s, message, tr("Dismiss"), [this] { news().clear(); });
            });
    connect(&session, &app::PlaygroundSession::adapterLoaded, this, [this] { askNow(); });
    connect(&session,
            &app::PlaygroundSession::adapterRefused,
            this,
            [this](const QString& key, const app::Problem& problem) {
                showProblem(problem);
                for (ChatPane* pane : m_panes) {
                    if (pane->adapterId() == key) { // which stays: the base is not asked instead
                        pane->showFailure(problem.text());
                    }
                }
                if (m_question->toPlainText().isEmpty()) {
                    m_question->setPlainText(m_waiting);
                }
                m_waiting.clear();
            });
    connect(&session, &app::PlaygroundSession::answerStarted, this, [this](int index) {
        pane(index).beginAnswer();
    });
    connect(&session,
            &app::PlaygroundSession::tokenAdded,
            this,
            [this](int index, const QString& text) { pane(index).addToken(text); });
    connect(&session, &app::PlaygroundSession::answerFinished, this, &PlaygroundPage::onAnswered);
    connect(&session,
            &app::PlaygroundSession::answerFailed,
            this,
            [this](int index, const app::Problem& problem) {
                pane(index).breakAnswer(tr("No answer. %1").arg(problem.text()));
            });
    connect(&session, &app::PlaygroundSession::askFinished, this, [this] {
        for (ChatPane* pane : m_panes) {
            pane->breakAnswer(tr("Stopped before it was answered."));
        }
        m_vote->end();
    });
    connect(
        &application().catalog(), &app::Catalog::modelsChanged, this, &PlaygroundPage::fillModels);
    connect(&application().catalog(), &app::Catalog::adaptersChanged, this, [this] {
        fillAdapters();
        const auto adapter = application().catalog().adapter(m_withoutBase);
        if (isVisible() && adapter && application().catalog().modelByPath(adapter->baseModel)) {
            open(adapter->id); // its base has been chosen
        }
    });
}

void PlaygroundPage::fillModels()
{
    const QString chosen = m_model->currentData().toString();
    const QSignalBlocker blocker(m_model);
    m_model->clear();
    for (const app::ModelRecord& model : application().catalog().models()) {
        if (model.refusal.isEmpty()) {
            m_model->addItem(model.name, model.path);
        }
    }
    m_model->setCurrentIndex(std::max(m_model->findData(chosen), m_model->count() > 0 ? 0 : -1));
    onStateChanged();
}

void PlaygroundPage::fillWeights()
{
    for (const WeightChoice& choice : kWeights) {
        m_weights->addItem(tr(choice.text), QString::fromLatin1(choice.name));
    }
}

void PlaygroundPage::fillAdapters()
{
    QList<QPair<QString, QString>> choices = {{tr("base model"), QString()}};
    const QString base = m_model->currentData().toString();
    for (const app::AdapterRecord& adapter : application().catalog().adapters()) {
        if (adapter.baseModel == base || QFileInfo(adapter.baseModel) == QFileInfo(base)) {
            choices.append({adapter.name, adapter.id});
        }
    }
    for (ChatPane* pane : m_panes) {
        pane->setChoices(choices);
    }
    const bool isBaseOnly =
        m_panes.at(0)->adapterId().isEmpty() && m_panes.at(1)->adapterId().isEmpty();
    if (isBaseOnly && choices.size() > 1) {
        m_panes.at(1)->choose(choices.at(1).second);
    }
}

void PlaygroundPage::open(const QString& subject)
{
    m_withoutBase.clear();
    if (subject.startsWith(u"model:"_s)) {
        const auto model = application().catalog().model(subject.mid(6));
        if (model) {
            m_model->setCurrentIndex(m_model->findData(model->path));
            fillAdapters();
        }
    } else if (!subject.isEmpty()) {
        const auto adapter = application().catalog().adapter(subject);
        const auto model =
            adapter ? application().catalog().modelByPath(adapter->baseModel) : std::nullopt;
        if (model) {
            m_model->setCurrentIndex(m_model->findData(model->path));
            fillAdapters();
            m_panes.at(0)->choose({});
            m_panes.at(1)->choose(subject);
            m_weights->setCurrentIndex(m_weights->findData(weightsOfRun(adapter->config)));
        } else {
            m_withoutBase = subject;
            if (adapter) {
                showMissingBase(*adapter);
            }
        }
    }
    if (m_model->currentIndex() >= 0 && !chosenIsResident()) {
        loadBase(app::PlaygroundSession::Load::IfNeeded);
    } else {
        loadAdapters();
    }
    m_question->setFocus();
}

void PlaygroundPage::loadBase(app::PlaygroundSession::Load when)
{
    const QString folder = m_model->currentData().toString();
    if (!folder.isEmpty()) {
        news().clear();
        app::BaseWeights weights = weightsOf(m_weights->currentData().toString());
        if (const QString device = application().settings().text(app::Setting::Device);
            !device.isEmpty()) {
            weights.device = device;
        }
        application().playground().loadBase(folder, weights, when);
        loadAdapters();
    }
}

void PlaygroundPage::loadAdapters()
{
    app::PlaygroundSession& session = application().playground();
    if (session.baseModel().isEmpty()) {
        return;
    }
    for (const ChatPane* pane : m_panes) {
        const QString id = pane->adapterId();
        const auto adapter = application().catalog().adapter(id);
        if (adapter && !session.hasAdapter(id, adapter->folder)) {
            session.loadAdapter(id, adapter->folder);
        }
    }
}

// Its adapter is resident as its files are now.
bool PlaygroundPage::canAnswer(const ChatPane& pane) const
{
    const app::PlaygroundSession& session = application().playground();
    const QString id = pane.adapterId();
    const auto adapter = application().catalog().adapter(id);
    return id.isEmpty()
           || (adapter ? session.hasAdapter(id, adapter->folder)
                       : session.residentAdapters().contains(id));
}

bool PlaygroundPage::chosenIsResident() const
{
    const app::PlaygroundSession& session = application().playground();
    return session.baseModel() == m_model->currentData().toString()
           && session.baseWeights() == weightsOf(m_weights->currentData().toString());
}

// As the Models page calls it, its folder when it is not in the list; and how it is held.
QString PlaygroundPage::residentName() const
{
    const app::PlaygroundSession& session = application().playground();
    const QString name = application().catalog().baseName(session.baseModel());
    for (const WeightChoice& choice : kWeights) {
        if (weightsOf(QString::fromLatin1(choice.name)) == session.baseWeights()) {
            return tr("%1 in %2").arg(name, tr(choice.text));
        }
    }
    return name;
}

void PlaygroundPage::onStateChanged()
{
    using State = app::PlaygroundSession::State;
    const app::PlaygroundSession& session = application().playground();
    const State state = session.state();
    const bool hasModel = m_model->count() > 0;
    m_load->setEnabled(hasModel && state != State::Loading && state != State::Answering);
    m_send->setEnabled(hasModel && state != State::Answering);
    m_cancel->setEnabled(state == State::Answering);
    switch (state) {
    case State::Empty:
        setSubtitle(hasModel ? tr("Ask the base and an adapter the same question, side by side.")
                             : tr("Add a base model on the Models page first."));
        break;
    case State::Loading:
        setSubtitle(tr("Loading the base model..."));
        break;
    case State::Ready:
        setSubtitle(tr("%1 is resident; both sides share it.").arg(residentName()));
        askNow();
        break;
    case State::Answering:
        setSubtitle(tr("Answering..."));
        break;
    case State::Failed:
        setSubtitle(tr("The model could not be loaded."));
        showProblem(session.problem());
        break;
    }
}

void PlaygroundPage::onSend()
{
    ask(m_question->toPlainText());
}

void PlaygroundPage::ask(const QString& question)
{
    if (question.trimmed().isEmpty()) {
        return;
    }
    m_waiting = question;
    m_question->clear();
    if (!chosenIsResident()) {
        loadBase(app::PlaygroundSession::Load::IfNeeded);
    } else {
        loadAdapters();
    }
    askNow();
}

void PlaygroundPage::askNow()
{
    app::PlaygroundSession& session = application().playground();
    if (m_waiting.isEmpty() || session.state() != app::PlaygroundSession::State::Ready) {
        return;
    }
    if (!canAnswer(pane(0)) || !canAnswer(pane(1))) {
        loadAdapters(); // its file may have changed while it was loaded
        return;         // adapterLoaded comes back here
    }
    const QStringList keys = m_vote->begin(m_waiting);
    QList<app::GenerateRequest> requests;
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        requests.append(requestOf(*m_panes.at(i), keys.at(static_cast<qsizetype>(i))));
        m_panes.at(i)->addQuestion(m_waiting);
    }
    m_waiting.clear();
    session.ask(requests);
}

app::GenerateRequest PlaygroundPage::requestOf(const ChatPane& pane, const QString& key) const
{
    app::GenerateRequest request;
    request.adapter = key;
    request.sampling = {.maxNewTokens = m_tokens->value(),
                        .temperature = m_temperature->value(),
                        .topK = m_topK->value(),
                        .topP = m_topP->value(),
                        .seed = m_seed->value()};
    const QString mode = m_mode->currentData().toString();
    if (mode == u"completion"_s) {
        request.prompt = m_waiting;
        return request;
    }
    if (mode == u"chat"_s) {
        request.messages = pane.history();
    }
    request.messages.append({u"user"_s, m_waiting});
    return request;
}

void PlaygroundPage::onAnswered(int index, const app::Answer& answer)
{
    if (answer.finishReason == u"cancelled"_s) {
        pane(index).breakAnswer(tr("Stopped."));
        return;
    }
    if (m_vote->isOn()) {
        pane(index).endAnswer(answer.text, {}); // its name and its speed would tell who it is
        return;
    }
    pane(index).endAnswer(answer.text,
                          tr("%1: %2 tokens in %3 s (%4)")
                              .arg(pane(index).adapterName())
                              .arg(answer.tokens)
                              .arg(numberText(answer.seconds, 3), answer.finishReason));
}

bool PlaygroundPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_question && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (isReturn && !key->modifiers().testFlag(Qt::ShiftModifier)) {
            onSend();
            return true;
        }
    }
    return Page::eventFilter(watched, event);
}

} // namespace ui
