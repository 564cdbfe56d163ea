// New run: what is trained, on what, how; the map, the memory estimate, and Start.
// One file because it builds and reads one form.
#include "ui/pages/new_run_page.h"

#include <cmath>

#include <QComboBox>
#include <QScrollArea>
#include <QSignalBlocker>

#include "ui/widgets/form_field.h"
#include "ui/widgets/memory_bar.h"
#include "ui/widgets/spec_form.h"
#include "ui/widgets/target_map.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kSummaryWidth = 300;
constexpr int kEstimateDelayMilliseconds = 250;

// Shown by parts of the page of their own.
const QStringList& ownFields()
{
    static const QStringList names = {
        u"base"_s, u"data"_s, u"targets"_s, u"layers"_s, u"rank_pattern"_s};
    return names;
}

} // namespace

NewRunPage::NewRunPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("New run"),
           tr("Every setting has a sensible default: choose a model and data, then start."),
           parent)
{
    auto* columns = new QHBoxLayout;
    columns->setSpacing(space::kLarge);
    columns->addWidget(buildForm(), 1);
    columns->addWidget(buildSummary());
    body()->addLayout(columns, 1);
    m_estimateSoon.setSingleShot(true);
    m_estimateSoon.setInterval(kEstimateDelayMilliseconds);
    connect(&m_estimateSoon, &QTimer::timeout, this, &NewRunPage::estimate);
    connectSpec();
    fillChoices();
    chooseDefaults();
}

QWidget* NewRunPage::buildForm()
{
    auto* content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, space::kMedium, 0);
    column->setSpacing(space::kLarge);
    column->addWidget(buildWhat(content));
    column->addWidget(buildMap(content));
    column->addStretch(1);
    // Some fifty fields: together they would hold up the window.
    using Group = app::FieldInfo::Group;
    const QList<QPair<QString, Group>> groups = {{tr("Adapter"), Group::Adapter},
                                                 {tr("Initialisation"), Group::Init},
                                                 {tr("Optimizer"), Group::Optimizer},
                                                 {tr("Length and batch"), Group::Length},
                                                 {tr("Watch and keep"), Group::Watch},
                                                 {tr("Device and precision"), Group::Device},
                                                 {tr("Data"), Group::Data},
                                                 {tr("Name and notes"), Group::Notes}};
    for (const auto& [heading, group] : groups) {
        later([this, content, column, heading = heading, group = group] {
            column->insertWidget(column->count() - 1, buildGroup(heading, group, content));
            column->activate(); // at its place before it is seen
        });
    }
    later([this, content] { orderTabs(*content); });
    return makeScrolling(content, this);
}

// The summary was made before the groups and comes after them.
void NewRunPage::orderTabs(const QWidget& form) const
{
    QWidget* last = nullptr;
    for (QWidget* each : form.findChildren<QWidget*>()) {
        if ((each->focusPolicy() & Qt::TabFocus) != 0) {
            last = each;
        }
    }
    for (QWidget* next : {m_fit, m_start, m_reset}) {
        setTabOrder(last, next);
        last = next;
    }
}

QWidget* NewRunPage::buildWhat(QWidget* parent)
{
    auto* card = new Card(tr("Model and data"), parent);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kLarge);
    m_model = new QComboBox(card);
    m_dataset = new QComboBox(card);
    for (QComboBox* choice : {m_model, m_dataset}) { // a long name does not widen the form
        choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        connect(choice, &QComboBox::currentTextChanged, choice, &QWidget::setToolTip);
    }
    m_modelField = new FormField(tr("&Base model"),
                                 m_model,
                                 tr("The model that stays as it is; the adapter learns beside it."),
                                 card);
    m_datasetField =
        new FormField(tr("&Data set"),
                      m_dataset,
                      tr("What it learns from. Look at it on the Data sets page first."),
                      card);
    row->addWidget(m_modelField, 1);
    row->addWidget(m_datasetField, 1);
    card->body()->addLayout(row);
    connect(m_model, &QComboBox::currentIndexChanged, this, &NewRunPage::onModelChosen);
    connect(m_dataset, &QComboBox::currentIndexChanged, this, &NewRunPage::onDatasetChosen);
    return card;
}

QWidget* NewRunPage::buildMap(QWidget* parent)
{
    auto* card = new Card(tr("Matrices and layers"), parent);
    const QList<QPair<QString, app::RunSpec::Preset>> presets = {
        {tr("Attention &q, v"), app::RunSpec::Preset::AttentionQv},
        {tr("&Attention"), app::RunSpec::Preset::Attention},
        {tr("All &linear"), app::RunSpec::Preset::AllLinear}};
    for (const auto& [label, preset] : presets) {
        QPushButton* button = makeButton(label, {}, theme(), card);
        connect(button, &QPushButton::clicked, this, [this, preset = preset] {
            m_spec.applyPreset(preset);
        });
        card->header()->addWidget(button);
    }
    m_map = new TargetMap(theme(), m_spec, card);
    connect(m_map, &TargetMap::rankRequested, this, &NewRunPage::onRankRequested);
    card->body()->addWidget(m_map);
    auto* row = new QHBoxLayout;
    m_mapCount = makeLabel({}, u"strong"_s, card);
    m_mapProblem = makeText({}, u"error"_s, card);
    row->addWidget(m_mapCount);
    row->addWidget(m_mapProblem, 1);
    card->body()->addLayout(row);
    QLabel* pointed = makeText({}, u"small"_s, card);
    pointed->setObjectName(u"mapStatus"_s);
    pointed->setMinimumHeight(pointed->fontMetrics().height()); // the page must not jump
    connect(m_map, &TargetMap::pointed, pointed, &QLabel::setText);
    card->body()->addWidget(pointed);
    card->body()->addWidget(makeText(
        tr("The chosen matrices are trained in every chosen layer, so a click on a cell adds or "
           "removes its layer, its matrix or both; the line above says which. Click a name to "
           "switch a row or a layer; drag to select a block. Keyboard: arrows and Space, with "
           "Control for the row, with Shift for the layer; R, or a right click, sets a rank of its "
           "own."),
        u"small"_s,
        card));
    return card;
}

QWidget*
NewRunPage::buildGroup(const QString& heading, app::FieldInfo::Group group, QWidget* parent)
{
    auto* card = new Card(heading, parent);
    auto* form = new SpecForm(m_spec, group, ownFields(), dialogs(), card);
    card->body()->addWidget(form);
    card->setHidden(form->isEmpty());
    if (group == app::FieldInfo::Group::Init) {
        m_init = form;
        addAlgorithms(*card);
        onInitChanged();
    }
    if (group == app::FieldInfo::Group::Device) {
        const auto fill = [this, form] { form->setChoices(u"device"_s, deviceChoices()); };
        connect(&application(), &app::Application::devicesKnown, form, fill);
        fill();
    }
    if (group == app::FieldInfo::Group::Optimizer) {
        m_advice = new QWidget(card);
        auto* row = new QHBoxLayout(m_advice);
        row->setContentsMargins(0, 0, 0, 0);
        m_adviceText = makeText({}, u"muted"_s, m_advice);
        m_adviceUse = makeButton({}, u"check"_s, theme(), m_advice);
        row->addWidget(m_adviceText, 1);
        row->addWidget(m_adviceUse);
        card->body()->addWidget(m_advice);
        connect(
            m_adviceUse, &QPushButton::clicked, this, [this] { m_spec.takeLearningRateAdvice(); });
        onAdviceChanged();
    }
    return card;
}

void NewRunPage::addAlgorithms(Card& card)
{
    using Algorithm = app::RunSpec::Algorithm;
    const QList<QPair<QString, Algorithm>> algorithms = {{tr("LoRA"), Algorithm::Lora},
                                                         {tr("LoRA-GA"), Algorithm::LoraGa},
                                                         {tr("LoRA+"), Algorithm::LoraPlus}};
    for (const auto& [label, algorithm] : algorithms) {
        QPushButton* button = makeButton(label, {}, theme(), &card);
        button->setToolTip(
            tr("Sets the start, the ratio and the learning rate that suit %1.").arg(label));
        connect(button, &QPushButton::clicked, this, [this, algorithm = algorithm] {
            m_spec.applyAlgorithm(algorithm);
        });
        card.header()->addWidget(button);
    }
}

QWidget* NewRunPage::buildSummary()
{
    auto* card = new Card(tr("This run"), this);
    card->setFixedWidth(kSummaryWidth);
    m_parameters = makeText({}, u"strong"_s, card);
    m_resolved = makeText({}, u"muted"_s, card);
    m_resolved->hide();
    m_memory = new MemoryBar(theme(), card);
    m_fit = makeButton(tr("Make it &fit"), {}, theme(), card);
    m_fit->hide();
    m_problems = makeText({}, u"error"_s, card);
    m_problems->hide();
    m_start = makePrimaryButton(tr("&Start training"), card);
    m_start->setMinimumHeight(size::kControlHeight + space::kSmall);
    m_reset = makeFlatButton(tr("Reset to the defaults"), u"undo"_s, theme(), card);
    card->body()->addWidget(m_parameters);
    card->body()->addWidget(m_resolved);
    card->body()->addWidget(m_memory);
    card->body()->addWidget(m_fit);
    card->body()->addStretch(1);
    card->body()->addWidget(m_problems);
    card->body()->addWidget(m_start);
    card->body()->addWidget(m_reset);
    connect(m_fit, &QPushButton::clicked, this, &NewRunPage::makeItFit);
    connect(m_start, &QPushButton::clicked, this, &NewRunPage::onStart);
    connect(m_reset, &QPushButton::clicked, &m_spec, &app::RunSpec::reset);
    return card;
}

void NewRunPage::connectSpec()
{
    connect(&m_spec, &app::RunSpec::mapChanged, this, &NewRunPage::onMapChanged);
    connect(&m_spec, &app::RunSpec::problemsChanged, this, &NewRunPage::onProblemsChanged);
    connect(&m_spec, &app::RunSpec::valueChanged, this, [this](const QString& name) {
        if (name == u"init"_s) {
            onInitChanged();
        }
        onMapChanged();
        onAdviceChanged();
    });
    connect(&application().catalog(), &app::Catalog::modelsChanged, this, &NewRunPage::fillChoices);
    connect(
        &application().catalog(), &app::Catalog::datasetsChanged, this, &NewRunPage::fillChoices);
    onProblemsChanged();
}

void NewRunPage::fillChoices()
{
    const QString model = m_model->currentData().toString();
    const QString dataset = m_dataset->currentData().toString();
    {
        const QSignalBlocker first(m_model);
        const QSignalBlocker second(m_dataset);
        m_model->clear();
        for (const app::ModelRecord& record : application().catalog().models()) {
            if (record.refusal.isEmpty()) {
                m_model->addItem(tr("%1 (%2)").arg(record.name, app::humanCount(record.parameters)),
                                 record.id);
            }
        }
        m_dataset->clear();
        for (const app::DatasetRecord& record : application().catalog().datasets()) {
            m_dataset->addItem(record.name, record.id);
        }
        m_model->setCurrentIndex(std::max(m_model->findData(model), m_model->count() > 0 ? 0 : -1));
        m_dataset->setCurrentIndex(
            std::max(m_dataset->findData(dataset), m_dataset->count() > 0 ? 0 : -1));
    }
    if (m_model->currentData().toString() != model) {
        onModelChosen();
    }
    if (m_dataset->currentData().toString() != dataset) {
        onDatasetChosen();
    }
    chooseSample();
    onProblemsChanged();
}

void NewRunPage::chooseSample()
{
    const int model = m_model->findData(application().sampleModelId());
    const int dataset = m_dataset->findData(application().sampleDatasetId());
    if (m_isSampleWanted && model >= 0 && dataset >= 0) {
        m_isSampleWanted = false;
        m_model->setCurrentIndex(model);
        m_dataset->setCurrentIndex(dataset);
        m_spec.applySample();
    }
}

void NewRunPage::chooseDefaults()
{
    app::Settings& settings = application().settings();
    const auto model =
        application().catalog().modelByPath(settings.text(app::Setting::LastBaseModel));
    const auto dataset =
        application().catalog().datasetByPath(settings.text(app::Setting::LastDataset));
    if (model) {
        m_model->setCurrentIndex(m_model->findData(model->id));
    }
    if (dataset) {
        m_dataset->setCurrentIndex(m_dataset->findData(dataset->id));
    }
    const QString device = settings.text(app::Setting::Device);
    if (!device.isEmpty()) {
        m_spec.setValue(u"device"_s, device);
    }
    m_spec.setValue(u"threads"_s, settings.number(app::Setting::Threads));
}

void NewRunPage::open(const QString& subject)
{
    news().clear();
    const auto choose = [](QComboBox* box, const QString& id) {
        const int index = box->findData(id);
        if (index >= 0) {
            box->setCurrentIndex(index);
        }
    };
    if (subject == u"sample"_s) {
        m_isSampleWanted = true;
        chooseSample();
        m_start->setFocus();
    } else if (subject.startsWith(u"model:"_s)) {
        choose(m_model, subject.mid(6));
    } else if (subject.startsWith(u"dataset:"_s)) {
        choose(m_dataset, subject.mid(8));
    } else if (subject.startsWith(u"run:"_s)) {
        const auto run = application().catalog().run(subject.mid(4));
        if (run) {
            const auto model = application().catalog().modelByPath(run->baseModel);
            if (model) {
                m_spec.setBaseModel(*model); // its layers and size
            }
            const app::Outcome<app::Done> loaded = m_spec.loadFromRun(*run);
            if (!loaded) {
                showProblem(loaded.problem());
                return;
            }
            const auto dataset = application().catalog().datasetByPath(run->dataset);
            const QSignalBlocker first(m_model);
            const QSignalBlocker second(m_dataset);
            choose(m_model, model ? model->id : QString());
            choose(m_dataset, dataset ? dataset->id : QString());
            news().showText(u"info"_s,
                            tr("The settings are those of \u201c%1\u201d. Change what you like.")
                                .arg(run->name));
        }
    }
    m_estimateSoon.start();
}

void NewRunPage::onModelChosen()
{
    const auto model = application().catalog().model(m_model->currentData().toString());
    if (model) {
        m_spec.setBaseModel(*model);
    }
}

void NewRunPage::onDatasetChosen()
{
    const auto dataset = application().catalog().dataset(m_dataset->currentData().toString());
    if (dataset) {
        m_spec.setDataset(*dataset);
    }
}

void NewRunPage::onMapChanged()
{
    const qint64 parameters = m_spec.trainableParameters();
    const qint64 matrices = m_map->selectedCount();
    m_mapCount->setText(
        tr("%1 matrices, %2 parameters, %3 MB")
            .arg(matrices)
            .arg(app::humanCount(parameters))
            .arg(m_spec.adapterMegabytes(), 0, 'f', m_spec.adapterMegabytes() < 10.0 ? 2 : 1));
    m_mapCount->setVisible(parameters > 0);
    m_parameters->setVisible(parameters > 0);
    m_parameters->setText(tr("%1 trainable parameters").arg(app::humanCount(parameters)));
    m_estimateSoon.start();
}

void NewRunPage::onRankRequested(const QString& target, int layer)
{
    const bool isWholeRow = layer < 0;
    const app::MapCell cell = m_spec.cell(std::max(layer, 0), target);
    const std::optional<int> rank =
        dialogs().askNumber(this,
                            isWholeRow ? tr("Rank of %1").arg(target)
                                       : tr("Rank of %1, layer %2").arg(target).arg(layer),
                            tr("1 to %1; 0: the run's rank, which is %2.")
                                .arg(m_spec.largestRank(target))
                                .arg(m_spec.value(u"rank"_s).toLongLong()),
                            cell.hasOwnRank ? static_cast<int>(cell.rank) : 0,
                            0,
                            static_cast<int>(m_spec.largestRank(target)));
    if (!rank) {
        return;
    }
    if (isWholeRow) {
        m_spec.setTargetRank(target, *rank);
    } else {
        m_spec.setCellRank(layer, target, *rank);
    }
}

void NewRunPage::onInitChanged()
{
    if (m_init == nullptr) {
        return; // not built yet
    }
    const bool isGa = m_spec.value(u"init"_s).toString() == u"lora-ga"_s;
    QStringList names;
    for (const app::FieldInfo& info : app::RunSpec::fields()) {
        if (info.name.startsWith(u"lora_ga"_s)) {
            names.append(info.name);
        }
    }
    m_init->setFieldsVisible(names, isGa);
}

void NewRunPage::onAdviceChanged()
{
    if (m_advice == nullptr) {
        return; // not built yet
    }
    const app::RunSpec::Advice advice = m_spec.learningRateAdvice();
    const bool isOther = std::isfinite(advice.learningRate);
    m_advice->setVisible(!advice.reason.isEmpty()); // also of the rate that a preset chose
    m_adviceText->setText(advice.reason);
    m_adviceUse->setVisible(isOther);
    m_adviceUse->setText(isOther ? tr("Use %1").arg(advice.learningRate) : QString());
}

void NewRunPage::onProblemsChanged()
{
    const QMap<QString, QString>& errors = m_spec.errors();
    m_modelField->setError(m_model->count() == 0
                               ? tr("There is no model yet: add one on the Models page.")
                               : errors.value(u"base"_s));
    m_datasetField->setError(m_dataset->count() == 0
                                 ? tr("There is no data yet: import some on the Data sets page.")
                                 : errors.value(u"data"_s));
    QStringList map;
    for (const QString& name : {u"targets"_s, u"layers"_s, u"rank_pattern"_s}) {
        if (errors.contains(name)) {
            map.append(errors.value(name));
        }
    }
    m_mapProblem->setText(map.join(u' '));
    onAdviceChanged(); // a rate that is warned of
    showProblems();
}

void NewRunPage::refuse(const QString& reason)
{
    m_refusal = reason;
    showProblems();
}

void NewRunPage::showProblems()
{
    const QMap<QString, QString>& errors = m_spec.errors();
    QStringList lines;
    for (auto it = errors.cbegin(); it != errors.cend(); ++it) {
        const app::FieldInfo* info = app::RunSpec::field(it.key());
        QString label = info != nullptr ? info->label : QString();
        lines.append(label.isEmpty() ? it.value() : label.remove(u'&') + u": "_s + it.value());
    }
    if (lines.isEmpty() && !m_refusal.isEmpty()) {
        lines.append(m_refusal);
    }
    m_problems->setText(lines.join(u'\n'));
    m_problems->setVisible(!lines.isEmpty());
    m_start->setToolTip(lines.join(u'\n'));
    m_start->setEnabled(m_spec.canStart() && m_refusal.isEmpty() && !m_isStarting);
}

void NewRunPage::estimate()
{
    if (!m_spec.canStart()) {
        m_fitting.stop();
        m_memory->clear();
        m_fit->hide();
        refuse({}); // the settings' own errors are
        return;
    }
    delete m_estimate;
    m_estimate = application().utility().estimate(m_spec.toConfig(), this);
    connect(m_estimate, &app::Job::ended, this, &NewRunPage::onEstimated);
}

void NewRunPage::onEstimated()
{
    const app::Job::State state = m_estimate->state();
    const app::MemoryEstimate result = m_estimate->result();
    const app::Problem problem = m_estimate->problem();
    m_estimate->deleteLater();
    m_estimate = nullptr;
    if (state != app::Job::State::Done) {
        m_fitting.stop();
        m_memory->clear();
        m_fit->hide();
        m_resolved->hide();
        refuse(state == app::Job::State::Failed
                   ? tr("It cannot start, for it cannot be estimated: %1").arg(problem.text())
                   : QString());
        return;
    }
    refuse(result.fits
               ? QString()
               : tr("It does not fit: it needs %1 and there are %2. Make it fit lowers what "
                    "costs least.")
                     .arg(app::humanBytes(result.total), app::humanBytes(result.available)));
    QList<MemoryBar::Term> terms;
    for (const app::MemoryTerm& term : result.terms) {
        terms.append({term.label, term.bytes, term.name});
    }
    m_memory->setTerms(terms, result.available);
    m_resolved->show();
    m_resolved->setText(tr("batch %1 \u00d7 %2, %3 tokens long")
                            .arg(result.microBatchSize)
                            .arg(result.gradAccumSteps)
                            .arg(result.seqLen));
    m_fit->setVisible(!result.fits);
    m_newest = result;
    if (!m_fitting.isGoing()) {
        return;
    }
    if (result.fits) {
        m_fitting.stop();
        news().showText(u"success"_s,
                        tr("It fits now: %1.").arg(m_fitting.changes().join(u", "_s)));
        return;
    }
    pullNextLever();
}

void NewRunPage::makeItFit()
{
    m_fitting.start();
    pullNextLever();
}

void NewRunPage::pullNextLever()
{
    if (m_fitting.pull(m_spec, m_newest)) {
        m_estimateSoon.start();
    } else {
        news().showText(u"warning"_s,
                        tr("It does not fit at the smallest settings either. A smaller model or a "
                           "computer with more memory is needed."));
    }
}

void NewRunPage::onStart()
{
    const app::Outcome<app::RunCreation*> creation = application().runs().enqueue(m_spec);
    if (!creation) {
        showProblem(creation.problem());
        return;
    }
    m_isStarting = true;
    showProblems(); // a second click would be a second run
    connect(*creation, &app::Job::ended, this, [this, made = *creation] { onCreated(*made); });
}

void NewRunPage::onCreated(const app::RunCreation& creation)
{
    m_isStarting = false;
    showProblems();
    if (creation.state() != app::Job::State::Done) {
        showProblem(creation.problem());
        return;
    }
    application().settings().setValue(app::Setting::LastBaseModel, m_spec.baseModel());
    application().settings().setValue(app::Setting::LastDataset, m_spec.dataset());
    if (isVisible()) { // whoever went to another page meanwhile stays there
        Q_EMIT pageRequested(PageId::Run, creation.runId());
    }
}

} // namespace ui
