// Run: one run live or past: numbers, charts, samples, LoRA-GA's report, settings, log; and what
// can be done with it. One file because it builds and drives one page.
#include "ui/pages/run_page.h"

#include <cmath>
#include <tuple>
#include <utility>

#include <QComboBox>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include "app/runs/run_spec.h"
#include "app/runs/setting_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/health_view.h"
#include "ui/widgets/init_report_model.h"
#include "ui/widgets/line_chart.h"
#include "ui/widgets/log_view.h"
#include "ui/widgets/metric_curve.h"
#include "ui/widgets/state_delegate.h"
#include "ui/widgets/status_pill.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kRunBoxWidth = 260;
constexpr int kTabsHeight = 150;
constexpr double kDefaultSmoothing = 0.9;
// Colours of the charts, as indices of the theme's series.
constexpr int kLossColor = 0;
constexpr int kEvalColor = 1;
constexpr int kRateColor = 2;
constexpr int kGradColor = 3;
constexpr int kSpeedColor = 4;
constexpr int kMemoryColor = 6;

// Every line of a text begins with `indent`, so that texts of several lines do not run together.
QString indented(const QString& text, const QString& indent)
{
    return indent + QString(text).replace(u'\n', u'\n' + indent);
}

LineChart* makeSmallChart(const Theme& theme, const QString& title, QWidget* parent)
{
    auto* chart = new LineChart(theme, title, parent);
    chart->setLabels(RunPage::tr("step"), {});
    return chart;
}

} // namespace

RunPage::RunPage(const PageContext& context, QWidget* parent)
    : Page(context, tr("Run"), {}, parent)
{
    buildActions();
    m_stack = new QStackedWidget(this);
    auto* empty = new EmptyState(
        theme(),
        u"run"_s,
        tr("No run to watch"),
        tr("Start one and its loss, speed and memory are drawn here while it trains."),
        tr("New run"),
        m_stack);
    connect(empty, &EmptyState::actionTriggered, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, {});
    });
    auto* full = new QWidget(m_stack);
    auto* column = new QVBoxLayout(full);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kMedium);
    auto* splitter = new QSplitter(Qt::Vertical, full);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(space::kMedium);
    column->addWidget(splitter, 1);
    m_stack->addWidget(empty);
    m_stack->addWidget(full);
    m_stack->setCurrentIndex(1);
    body()->addWidget(m_stack, 1);
    later([this, column] { column->insertWidget(0, buildHeader()); });
    later([this, splitter] {
        splitter->addWidget(buildTabs());
        splitter->setStretchFactor(0, 1);
    });
    later([this, splitter] {
        splitter->insertWidget(0, buildCharts()); // queues the small ones
        splitter->setStretchFactor(0, 3);
    });
    connect(&application().catalog(), &app::Catalog::runsChanged, this, &RunPage::fillRuns);
    connect(&application().runs(), &app::RunQueue::runAdded, this, &RunPage::fillRuns);
    connect(&application().runs(), &app::RunQueue::runDeleted, this, [this](const QString& id) {
        if (m_run != nullptr && m_run->id() == id) {
            showRun(nullptr);
        }
    });
    connect(&application().catalog(), &app::Catalog::adaptersChanged, this, [this] {
        if (m_run != nullptr) {
            showActions(m_run->state());
            fillHealth();
        }
    });
    fillRuns();
    showActions(app::RunState::Queued);
}

void RunPage::onBuilt()
{
    m_isBuilt = true;
    showRun(nullptr);
    if (m_wanted) {
        open(*std::exchange(m_wanted, std::nullopt));
    }
}

void RunPage::buildActions()
{
    m_runs = new QComboBox(this);
    m_runs->setMinimumWidth(kRunBoxWidth);
    m_runs->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    connect(m_runs, &QComboBox::currentTextChanged, m_runs, &QWidget::setToolTip);
    m_runs->setAccessibleName(tr("Run shown"));
    connect(
        m_runs, &QComboBox::activated, this, [this] { open(m_runs->currentData().toString()); });
    m_pause = makeButton(tr("&Pause"), u"pause"_s, theme(), this);
    m_save = makeButton(tr("Sa&ve now"), u"save"_s, theme(), this);
    m_sample = makeButton(tr("Sa&mple now"), u"sample"_s, theme(), this);
    m_stop = makeButton(tr("&Stop and save"), u"stop"_s, theme(), this);
    m_resume = makePrimaryButton(tr("&Continue"), this);
    m_again = makeButton(tr("&New run like this"), u"new_run"_s, theme(), this);
    m_try = makeButton(tr("&Try it"), u"playground"_s, theme(), this);
    m_export = makeButton(tr("&Export"), u"export"_s, theme(), this);
    for (QWidget* widget : std::initializer_list<QWidget*>{
             m_runs, m_pause, m_save, m_sample, m_stop, m_again, m_try, m_export, m_resume}) {
        actions()->addWidget(widget);
    }
    connect(m_pause, &QPushButton::clicked, this, &RunPage::onPause);
    connect(m_save, &QPushButton::clicked, this, [this] { m_run->saveNow(); });
    connect(m_sample, &QPushButton::clicked, this, [this] { m_run->sampleNow(); });
    connect(m_stop, &QPushButton::clicked, this, [this] { m_run->stop(); });
    connect(m_resume, &QPushButton::clicked, this, &RunPage::onResume);
    connect(m_again, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, u"run:"_s + m_run->id());
    });
    connect(m_try, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Playground, newestAdapter());
    });
    connect(m_export, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Export, newestAdapter());
    });
}

QWidget* RunPage::buildHeader()
{
    auto* card = new Card({}, this);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kHuge);
    auto* state = new QVBoxLayout;
    state->setSpacing(space::kTiny);
    m_pill = new StatusPill(theme(), card);
    m_detail = new ElidedLabel({}, u"small"_s, card);
    state->addWidget(m_pill);
    state->addWidget(m_detail);
    row->addLayout(state, 1);
    m_step = new NumberTile(tr("step"), card);
    m_lossNow = new NumberTile(tr("training loss"), card);
    m_lossNow->setToolTip(app::metricMeaning(app::Metric::Loss));
    m_evalNow = new NumberTile(tr("evaluation loss"), card);
    m_evalNow->setToolTip(tr("The last evaluation, and the best one of the run."));
    m_speed = new NumberTile(tr("tokens/s"), card);
    m_speed->setToolTip(app::metricMeaning(app::Metric::TokensPerSecond));
    m_left = new NumberTile(tr("time left"), card);
    m_memoryNow = new NumberTile(tr("memory"), card);
    for (NumberTile* tile : {m_step, m_lossNow, m_evalNow, m_speed, m_left, m_memoryNow}) {
        row->addWidget(tile);
    }
    card->body()->addLayout(row);
    return card;
}

QWidget* RunPage::buildCharts()
{
    auto* holder = new QWidget(this);
    auto* columns = new QHBoxLayout(holder);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kMedium);
    auto* left = new Card({}, holder);
    m_loss = new LineChart(theme(), tr("Loss"), left);
    m_loss->setLabels(tr("step"), tr("loss"));
    m_loss->setEmptyText(tr("The first point appears after the first step."));
    left->body()->addWidget(m_loss);
    auto* right = new Card({}, holder);
    auto* grid = new QGridLayout;
    grid->setSpacing(space::kMedium);
    right->body()->addLayout(grid);
    columns->addWidget(left, 1);
    columns->addWidget(right, 1);
    buildSmallCharts(grid, right);
    return holder;
}

void RunPage::buildSmallCharts(QGridLayout* grid, QWidget* parent)
{
    later([this, grid, parent] {
        m_rate = makeSmallChart(theme(), tr("Learning rate"), parent);
        m_grad = makeSmallChart(theme(), tr("Gradient norm"), parent);
        grid->addWidget(m_rate, 0, 0);
        grid->addWidget(m_grad, 0, 1);
    });
    later([this, grid, parent] {
        m_tokens = makeSmallChart(theme(), tr("Tokens per second"), parent);
        m_memory = makeSmallChart(theme(), tr("Memory (MB)"), parent);
        grid->addWidget(m_tokens, 1, 0);
        grid->addWidget(m_memory, 1, 1);
    });
    later([this] { onBuilt(); });
}

QWidget* RunPage::buildTabs()
{
    m_tabs = new QTabWidget(this);
    m_tabs->setMinimumHeight(kTabsHeight);
    m_samples = new QPlainTextEdit(m_tabs);
    m_samples->setReadOnly(true);
    m_samples->setProperty("mono", true);
    m_samples->setTabChangesFocus(true);
    m_samples->setAccessibleName(tr("Samples"));
    m_samples->setPlaceholderText(
        tr("Samples appear with each evaluation, or with \u201cSample now\u201d."));
    m_report = new InitReportModel(this);
    m_reportTable = new QTableView(m_tabs);
    m_reportTable->setModel(m_report);
    m_reportTable->setAccessibleName(tr("LoRA-GA's report"));
    styleTable(m_reportTable);
    m_health = new HealthView(application().utility(), theme(), m_tabs);
    auto* settings = new QWidget(m_tabs);
    auto* column = new QVBoxLayout(settings);
    m_settings = new Facts(settings);
    column->addWidget(m_settings);
    column->addStretch(1);
    m_log = new LogView(m_tabs);
    m_tabs->addTab(m_samples, tr("Samples"));
    m_tabs->addTab(m_reportTable, tr("LoRA-GA"));
    m_tabs->addTab(m_health, tr("Health"));
    m_settingsTab = makeScrolling(settings, m_tabs);
    m_tabs->addTab(m_settingsTab, tr("Settings"));
    m_tabs->addTab(m_log, tr("Log"));
    connect(m_tabs, &QTabWidget::currentChanged, this, &RunPage::fillSettings);
    return m_tabs;
}

void RunPage::open(const QString& subject)
{
    if (!m_isBuilt) {
        m_wanted = subject.isEmpty() ? m_wanted.value_or(QString()) : subject;
        return;
    }
    QString id = subject;
    if (id.isEmpty() && m_run == nullptr) {
        const app::RunController* current = application().runs().current();
        const app::RunListModel& list = application().runList();
        id = current != nullptr    ? current->id()
             : list.rowCount() > 0 ? list.record(0).id
                                   : QString();
    }
    if (!id.isEmpty() && (m_run == nullptr || m_run->id() != id)) {
        showRun(application().runs().open(id));
    }
    fillRuns();
}

void RunPage::fillRuns()
{
    const QSignalBlocker blocker(m_runs);
    m_runs->clear();
    for (const app::RunRecord& run : application().catalog().runs()) {
        m_runs->addItem(titleOf(run.name, run.id), run.id);
    }
    // A run just queued is known to the queue before the catalog has read its folder.
    if (m_run != nullptr && m_runs->findData(m_run->id()) < 0) {
        m_runs->insertItem(0, titleOf(m_run->name(), m_run->id()), m_run->id());
    }
    m_runs->setCurrentIndex(m_run != nullptr ? m_runs->findData(m_run->id()) : -1);
    m_runs->setVisible(m_runs->count() > 0);
    if (m_run != nullptr) {
        setTitle(titleOf(m_run->name(), m_run->id())); // it may have been renamed
    }
}

void RunPage::showRun(app::RunController* run)
{
    if (m_run != nullptr) {
        disconnect(m_run, nullptr, this, nullptr);
    }
    m_run = run;
    news().clear();
    m_stack->setCurrentIndex(run == nullptr ? 0 : 1);
    setTitle(run == nullptr ? tr("Run") : titleOf(run->name(), run->id()));
    m_samplesShown = 0;
    m_samples->clear();
    m_report->setReport({});
    if (run == nullptr) {
        m_log->setModel(nullptr);
        for (LineChart* chart : {m_loss, m_rate, m_grad, m_tokens, m_memory}) {
            chart->setCurves({});
        }
        showActions(app::RunState::Queued);
        return;
    }
    m_log->setModel(&run->log());
    setCurves();
    connectRun();
    onStateChanged();
    onStep();
    onSamples();
    onInitReport();
    fillHealth();
    fillSettings();
}

void RunPage::connectRun()
{
    connect(m_run, &app::RunController::stateChanged, this, &RunPage::onStateChanged);
    connect(m_run, &app::RunController::stepAdded, this, &RunPage::onStep);
    connect(m_run, &app::RunController::evalAdded, this, &RunPage::onStep);
    connect(m_run, &app::RunController::sampleAdded, this, &RunPage::onSamples);
    connect(m_run, &app::RunController::initReported, this, &RunPage::onInitReport);
    connect(m_run, &app::RunController::ended, this, &RunPage::onEnded);
    connect(m_run, &app::RunController::warned, this, [this](const QString& message) {
        news().showText(u"warning"_s, message, tr("Dismiss"), [this] { news().clear(); });
    });
    connect(m_run, &app::RunController::problemOccurred, this, &RunPage::showProblem);
    connect(m_run, &app::RunController::pastLoaded, this, [this] {
        onStep();
        onSamples();
        onInitReport();
        onStateChanged();
    });
    connect(m_run, &app::RunController::rungReached, this, [this](app::WorkerClient::Rung rung) {
        if (rung == app::WorkerClient::Rung::Terminate) {
            news().showText(u"warning"_s,
                            tr("The worker did not stop in time and is asked more firmly."));
        } else if (rung == app::WorkerClient::Rung::Kill) {
            news().showText(u"warning"_s,
                            tr("The worker was ended. The run goes on from its last checkpoint."));
        }
    });
}

void RunPage::setCurves()
{
    using app::Metric;
    const app::RunMetrics& metrics = m_run->metrics();
    Curve raw = metricCurve(metrics.series(Metric::Loss), tr("training, every step"), kLossColor);
    raw.isFaint = true;
    Curve eval = metricCurve(metrics.series(Metric::EvalLoss), tr("evaluation"), kEvalColor);
    eval.dash = Qt::DashLine;
    eval.hasMarkers = true;
    const double stored = application().settings().value(app::Setting::ChartSmoothing).toDouble();
    const double weight = stored > 0.0 ? stored : kDefaultSmoothing;
    m_loss->setCurves(
        {raw,
         smoothedCurve(metrics.series(Metric::Loss), weight, tr("training, smoothed"), kLossColor),
         eval});
    m_rate->setCurves(
        {metricCurve(metrics.series(Metric::LearningRate), tr("learning rate"), kRateColor)});
    m_grad->setCurves(
        {metricCurve(metrics.series(Metric::GradNorm), tr("gradient norm"), kGradColor)});
    m_tokens->setCurves(
        {metricCurve(metrics.series(Metric::TokensPerSecond), tr("tokens/s"), kSpeedColor)});
    Curve memory = metricCurve(metrics.series(Metric::Memory), tr("memory"), kMemoryColor);
    memory.points = [source = memory.points](double from, double to, int columns) {
        QList<QPointF> points = source(from, to, columns);
        for (QPointF& point : points) {
            point.setY(point.y() / (1024.0 * 1024.0));
        }
        return points;
    };
    m_memory->setCurves({memory});
}

void RunPage::onStateChanged()
{
    const app::RunState state = m_run->state();
    m_pill->setState(toneOf(state), app::displayName(state));
    QString detail = m_run->stateDetail();
    if (m_run->stateFraction() >= 0.0 && m_run->stateFraction() < 1.0) {
        detail += tr(" %1 %").arg(m_run->stateFraction() * 100.0, 0, 'f', 0);
    }
    if (m_run->isFollowing()) {
        detail = tr("trains in another process; this window watches");
    }
    m_detail->setText(detail);
    showActions(state);
    if (state == app::RunState::Failed || state == app::RunState::Crashed) {
        showProblem(m_run->problem());
    }
}

void RunPage::showActions(app::RunState state)
{
    const bool hasRun = m_run != nullptr;
    const bool isOwn = hasRun && !m_run->isFollowing();
    const bool isGoing = state == app::RunState::Training || state == app::RunState::Paused;
    m_pause->setVisible(isOwn && isGoing);
    m_pause->setText(state == app::RunState::Paused ? tr("&Continue") : tr("&Pause"));
    m_save->setVisible(isOwn && isGoing);
    m_sample->setVisible(isOwn && isGoing);
    m_stop->setVisible(hasRun && (app::isLive(state) || state == app::RunState::Queued));
    m_stop->setEnabled(state != app::RunState::Stopping);
    m_stop->setText(state == app::RunState::Queued ? tr("&Take off the queue")
                                                   : tr("&Stop and save"));
    m_resume->setVisible(hasRun && app::canResume(state));
    m_again->setVisible(hasRun && app::isEnded(state));
    // The files of a run that goes on may still change.
    const bool hasAdapter = hasRun && !app::isLive(state) && !newestAdapter().isEmpty();
    m_try->setVisible(hasAdapter);
    m_export->setVisible(hasAdapter);
}

// The run's result, or its last checkpoint; empty: it has neither.
QString RunPage::newestAdapter() const
{
    // The worker's word comes before the catalog has read the folder.
    if (m_run->state() == app::RunState::Finished) {
        return m_run->id() + u"/adapter"_s;
    }
    const auto age = [](const app::AdapterRecord& adapter) {
        const bool isResult = adapter.kind == app::AdapterRecord::Kind::Final;
        return std::tuple(adapter.created, isResult, adapter.numbers.step);
    };
    const app::AdapterListModel& adapters = application().adapterList();
    const app::AdapterRecord* newest = nullptr;
    for (int row = 0; row < adapters.rowCount(); ++row) {
        const app::AdapterRecord& adapter = adapters.record(row);
        if (adapter.run == m_run->id() && (newest == nullptr || age(*newest) < age(adapter))) {
            newest = &adapter;
        }
    }
    return newest == nullptr ? QString() : newest->id;
}

void RunPage::onStep()
{
    const app::RunNumbers numbers = m_run->numbers();
    m_step->setValue(numbers.maxSteps > 0 ? u"%1 / %2"_s.arg(numbers.step).arg(numbers.maxSteps)
                                          : QString::number(numbers.step));
    showLosses(numbers);
    m_speed->setValue(std::isfinite(numbers.tokensPerSecond)
                          ? countText(std::llround(numbers.tokensPerSecond))
                          : u"-"_s);
    const bool isLive = app::isLive(m_run->state());
    m_left->setCaption(isLive ? tr("time left") : tr("time taken"));
    m_left->setValue(app::humanSeconds(isLive ? m_run->secondsLeft() : numbers.seconds));
    m_memoryNow->setValue(numbers.peakMemory > 0 ? app::humanBytes(numbers.peakMemory) : u"-"_s);
    for (LineChart* chart : {m_loss, m_rate, m_grad, m_tokens, m_memory}) {
        chart->invalidate();
    }
}

// The training loss is a mean, which the chart's last point is not; of the evaluations the last one
// is shown, as in the chart, and the best beside it.
void RunPage::showLosses(const app::RunNumbers& numbers)
{
    const app::RunMetrics& metrics = m_run->metrics();
    m_lossNow->setValue(app::humanReal(numbers.loss));
    const qint64 steps = metrics.trainingLossSteps();
    m_lossNow->setNote(steps > 1 ? tr("mean of the last %1").arg(steps) : QString());
    const app::MetricSeries& evals = metrics.series(app::Metric::EvalLoss);
    m_evalNow->setValue(app::humanReal(evals.isEmpty() ? numbers.evalLoss : evals.last().y));
    const app::MetricPoint best = metrics.bestEval();
    m_evalNow->setNote(
        evals.isEmpty()
            ? QString()
            : tr("best %1, step %2").arg(app::humanReal(best.y), QString::number(best.x, 'f', 0)));
}

void RunPage::onSamples()
{
    const QList<app::SampleText>& samples = m_run->samples();
    for (; m_samplesShown < samples.size(); ++m_samplesShown) {
        const app::SampleText& sample = samples.at(m_samplesShown);
        m_samples->appendPlainText(tr("step %1").arg(sample.step) + u'\n'
                                   + indented(sample.prompt, u"  > "_s) + u'\n'
                                   + indented(sample.completion, u"    "_s) + u'\n');
    }
}

void RunPage::onInitReport()
{
    const auto& report = m_run->initReport();
    m_tabs->setTabVisible(m_tabs->indexOf(m_reportTable), report.has_value());
    if (report) {
        m_report->setReport(*report);
        m_reportTable->resizeColumnsToContents();
    }
}

void RunPage::onEnded()
{
    onStateChanged();
    onStep();
    if (m_run->state() == app::RunState::Finished) {
        news().showText(u"success"_s,
                        tr("The run is finished. Talk to the adapter, or export it."),
                        tr("Try it"),
                        [this] { m_try->click(); });
    }
}

// Some fifty labels: made when somebody looks at them.
void RunPage::fillSettings()
{
    if (m_run == nullptr || m_tabs->currentWidget() != m_settingsTab) {
        return;
    }
    const auto record = application().catalog().run(m_run->id());
    QList<QPair<QString, QString>> facts;
    if (record) {
        const QJsonObject& config = record->config;
        for (const app::FieldInfo& info : app::RunSpec::fields()) {
            const QJsonValue value = config.value(info.name);
            if (!value.isUndefined() && !value.isObject()) {
                QString label = info.label;
                facts.append({label.remove(u'&'), app::settingText(info.name, value)});
            }
        }
        facts.append({tr("Folder"), record->folder});
    }
    m_settings->setFacts(facts);
}

void RunPage::fillHealth()
{
    const auto adapter = application().catalog().adapter(newestAdapter());
    if (adapter) {
        m_health->setAdapter(adapter->name, adapter->baseModel, adapter->folder);
    } else {
        m_health->setAdapter({}, {}, {});
    }
}

void RunPage::onPause()
{
    if (m_run->state() == app::RunState::Paused) {
        m_run->proceed();
    } else {
        m_run->pause();
    }
}

void RunPage::onResume()
{
    const app::Outcome<app::RunController*> outcome = application().runs().resume(m_run->id());
    if (!outcome) {
        showProblem(outcome.problem());
    } else {
        showRun(outcome.value());
    }
}

} // namespace ui
