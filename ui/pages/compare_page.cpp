// Compare: runs overlaid in one chart, the settings in which they differ, their final numbers.
#include "ui/pages/compare_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTableView>

#include "app/runs/comparison.h"
#include "ui/widgets/elided_header.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/line_chart.h"
#include "ui/widgets/metric_curve.h"
#include "ui/widgets/record_table.h"
#include "ui/widgets/state_delegate.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kListWidth = 300;
constexpr int kSliderWidth = 120;
constexpr int kLeastSliderWidth = 48;
constexpr int kCurveWidth = 260;
constexpr int kLeastCurveCharacters = 8;
constexpr int kMostSmoothing = 99; // percent
constexpr int kValueColumn = 150;
constexpr int kColumnsThatFit = 4;

// The second run of a colour and every other run differ by dash, not only by colour.
Qt::PenStyle dashOf(qsizetype index)
{
    constexpr std::array<Qt::PenStyle, 4> kDashes = {
        Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
    return kDashes.at(static_cast<std::size_t>(index) % kDashes.size());
}

void fillRows(QTableView* table, const QStringList& runs, const QList<app::ComparisonRow>& rows)
{
    auto* model = static_cast<QStandardItemModel*>(table->model());
    model->clear();
    model->setHorizontalHeaderLabels(QStringList{QString()} + runs);
    for (int run = 0; run < runs.size(); ++run) {
        model->horizontalHeaderItem(run + 1)->setToolTip(runs.at(run));
    }
    for (const app::ComparisonRow& row : rows) {
        QList<QStandardItem*> items = {new QStandardItem(row.label)};
        items.first()->setToolTip(row.meaning);
        for (const QString& value : row.values) {
            items.append(new QStandardItem(value));
        }
        model->appendRow(items);
    }
    const bool isNarrow = model->columnCount() <= kColumnsThatFit;
    table->horizontalHeader()->setSectionResizeMode(isNarrow ? QHeaderView::Stretch
                                                             : QHeaderView::Interactive);
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    if (isNarrow) {
        return;
    }
    for (int column = 1; column < model->columnCount(); ++column) {
        table->setColumnWidth(column, kValueColumn);
    }
}

} // namespace

ComparePage::ComparePage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Compare"),
           tr("Choose runs on the left: their curves, and only the settings that differ."),
           parent)
{
    m_stack = new QStackedWidget(this);
    auto* empty = new EmptyState(
        theme(),
        u"compare"_s,
        tr("Nothing to compare yet"),
        tr("When two or more runs are there, they can be laid over one another here."),
        tr("New run"),
        m_stack);
    connect(empty, &EmptyState::actionTriggered, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, {});
    });
    auto* full = new QWidget(m_stack);
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kLarge);
    m_runs =
        new RecordTable(application().runList(), tr("Runs to compare"), tr("Search runs"), full);
    m_runs->setMultiSelection();
    m_runs->setFixedWidth(kListWidth);
    using Run = app::RunListModel;
    m_runs->showColumns({{Run::Name, 150}, {Run::State, 110}});
    m_runs->sortBy(Run::Created, Qt::DescendingOrder);
    m_runs->view()->setItemDelegateForColumn(Run::State, new StateDelegate(theme(), m_runs));
    connect(m_runs, &RecordTable::selectionChanged, this, &ComparePage::onSelection);
    auto* left = new QVBoxLayout;
    left->setSpacing(space::kSmall);
    left->addWidget(m_runs, 1);
    left->addWidget(makeLabel(tr("Control or Shift with a click adds runs."), u"small"_s, full));
    columns->addLayout(left);
    auto* splitter = new QSplitter(Qt::Vertical, full);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(space::kMedium);
    auto* card = new Card({}, splitter);
    card->body()->addWidget(buildOptions());
    m_chart = new LineChart(theme(), tr("Overlay"), card);
    m_chart->setEmptyText(tr("Choose one or more runs."));
    card->body()->addWidget(m_chart, 1);
    auto* tables = new QWidget(splitter);
    auto* pair = new QHBoxLayout(tables);
    pair->setContentsMargins(0, 0, 0, 0);
    pair->setSpacing(space::kMedium);
    auto* differing = new QVBoxLayout;
    m_hint = new ElidedLabel(tr("Settings that differ"), u"strong"_s, tables);
    differing->addWidget(m_hint);
    m_settings = buildTable(tr("Settings that differ"), tables);
    differing->addWidget(m_settings, 1);
    auto* final = new QVBoxLayout;
    final->addWidget(makeLabel(tr("Final numbers"), u"strong"_s, tables));
    m_numbers = buildTable(tr("Final numbers"), tables);
    final->addWidget(m_numbers, 1);
    pair->addLayout(differing, 1);
    pair->addLayout(final, 1);
    splitter->addWidget(card);
    splitter->addWidget(tables);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    columns->addWidget(splitter, 1);
    m_stack->addWidget(empty);
    m_stack->addWidget(full);
    body()->addWidget(m_stack, 1);
    connect(&application().catalog(), &app::Catalog::runsChanged, this, &ComparePage::refresh);
    refresh();
    rebuild();
}

QWidget* ComparePage::buildOptions()
{
    auto* options = new QWidget(this);
    auto* row = new QHBoxLayout(options);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kMedium);
    m_metric = new QComboBox(options);
    m_metric->setAccessibleName(tr("Curve"));
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_metric->setMinimumContentsLength(kLeastCurveCharacters);
    m_metric->setMaximumWidth(kCurveWidth);
    for (int i = 0; i < static_cast<int>(app::Metric::Count); ++i) {
        m_metric->addItem(app::metricLabel(static_cast<app::Metric>(i)));
    }
    m_horizontal = new QComboBox(options);
    m_horizontal->setAccessibleName(tr("Over"));
    m_horizontal->addItem(tr("over steps"), u"step"_s);
    m_horizontal->addItem(tr("over tokens"), u"tokens"_s);
    m_horizontal->addItem(tr("over time"), u"time"_s);
    auto* label = makeLabel(tr("&Smoothing"), u"small"_s, options);
    m_smoothing = new QSlider(Qt::Horizontal, options);
    m_smoothing->setRange(0, kMostSmoothing);
    m_smoothing->setMinimumWidth(kLeastSliderWidth);
    m_smoothing->setMaximumWidth(kSliderWidth);
    m_smoothing->setAccessibleName(tr("Smoothing"));
    label->setBuddy(m_smoothing);
    m_logX = new QCheckBox(tr("log &x"), options);
    m_logY = new QCheckBox(tr("log &y"), options);
    app::Settings& settings = application().settings();
    m_smoothing->setValue(qRound(settings.value(app::Setting::ChartSmoothing).toDouble() * 100.0));
    m_logY->setChecked(settings.value(app::Setting::ChartLogAxis).toBool());
    m_horizontal->setCurrentIndex(
        std::max(0, m_horizontal->findData(settings.text(app::Setting::ChartHorizontal))));
    for (QWidget* widget : std::initializer_list<QWidget*>{
             m_metric, m_horizontal, label, m_smoothing, m_logX, m_logY}) {
        row->addWidget(widget, widget == m_metric ? 1 : 0);
    }
    row->addStretch(1);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &ComparePage::rebuild);
    connect(m_horizontal, &QComboBox::currentIndexChanged, this, [this] {
        application().settings().setValue(app::Setting::ChartHorizontal,
                                          m_horizontal->currentData());
        rebuild();
    });
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int percent) {
        application().settings().setValue(app::Setting::ChartSmoothing, percent / 100.0);
        rebuild();
    });
    connect(m_logX, &QCheckBox::toggled, this, &ComparePage::rebuild);
    connect(m_logY, &QCheckBox::toggled, this, [this](bool isOn) {
        application().settings().setValue(app::Setting::ChartLogAxis, isOn);
        rebuild();
    });
    return options;
}

QTableView* ComparePage::buildTable(const QString& name, QWidget* parent)
{
    auto* table = new QTableView(parent);
    table->setModel(new QStandardItemModel(table));
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setAccessibleName(name);
    table->setHorizontalHeader(new ElidedHeader(table));
    styleTable(table);
    table->horizontalHeader()->setStretchLastSection(false); // all of them share the room
    table->setTextElideMode(Qt::ElideMiddle);
    return table;
}

void ComparePage::open(const QString& subject)
{
    refresh();
    if (!subject.isEmpty()) {
        chooseRuns(subject.split(u','));
    } else if (m_chosen.isEmpty() && application().runList().rowCount() > 0) {
        QStringList newest;
        for (int row = 0; row < std::min(2, application().runList().rowCount()); ++row) {
            newest.append(application().runList().record(row).id);
        }
        chooseRuns(newest);
    } else {
        rebuild();
    }
}

void ComparePage::chooseRuns(const QStringList& ids)
{
    QItemSelectionModel* selection = m_runs->view()->selectionModel();
    QItemSelection chosen;
    const QAbstractItemModel* model = m_runs->view()->model();
    for (int row = 0; row < model->rowCount(); ++row) {
        const QModelIndex index = model->index(row, 0);
        if (ids.contains(index.data(app::IdRole).toString())) {
            chosen.select(index, index);
        }
    }
    selection->select(chosen, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

void ComparePage::refresh()
{
    m_stack->setCurrentIndex(application().runList().rowCount() == 0 ? 0 : 1);
    fillTables();
}

void ComparePage::onSelection()
{
    const QStringList ids = m_runs->selectedIds();
    if (ids != m_chosen) {
        m_chosen = ids;
        rebuild();
    }
}

app::Metric ComparePage::metric() const
{
    return static_cast<app::Metric>(m_metric->currentIndex());
}

app::Horizontal ComparePage::horizontal() const
{
    return static_cast<app::Horizontal>(m_horizontal->currentIndex());
}

void ComparePage::rebuild()
{
    QList<Curve> curves;
    std::vector<std::unique_ptr<app::MetricSeries>> series;
    const double weight = m_smoothing->value() / 100.0;
    for (qsizetype i = 0; i < m_chosen.size(); ++i) {
        app::RunController* run = application().runs().open(m_chosen.at(i));
        if (run == nullptr) {
            continue;
        }
        // A past run's points arrive in slices.
        connect(run,
                &app::RunController::pastLoaded,
                this,
                &ComparePage::rebuild,
                Qt::UniqueConnection);
        const app::MetricSeries* source = &run->metrics().series(metric());
        if (horizontal() != app::Horizontal::Step) {
            series.push_back(std::make_unique<app::MetricSeries>(
                run->metrics().seriesOver(metric(), horizontal())));
            source = series.back().get();
        } else {
            connect(run,
                    &app::RunController::stepAdded,
                    m_chart,
                    &LineChart::invalidate,
                    Qt::UniqueConnection);
        }
        const int color = static_cast<int>(i);
        const QString name = titleOf(run->name(), run->id());
        if (weight > 0.0 && metric() != app::Metric::EvalLoss) {
            Curve raw = metricCurve(*source, name, color);
            raw.isFaint = true;
            curves.append(raw);
        }
        Curve curve = weight > 0.0 && metric() != app::Metric::EvalLoss
                          ? smoothedCurve(*source, weight, name, color)
                          : metricCurve(*source, name, color);
        curve.dash = dashOf(i);
        curve.hasMarkers = metric() == app::Metric::EvalLoss;
        curves.append(curve);
    }
    m_chart->setCurves(curves);
    m_series = std::move(series);
    m_chart->setLabels(horizontal() == app::Horizontal::Tokens ? tr("tokens")
                       : horizontal() == app::Horizontal::Time ? tr("seconds")
                                                               : tr("step"),
                       m_metric->currentText());
    m_chart->setScales(m_logX->isChecked() ? AxisScale::Log : AxisScale::Linear,
                       m_logY->isChecked() ? AxisScale::Log : AxisScale::Linear);
    fillTables();
}

void ComparePage::fillTables()
{
    QList<app::RunRecord> records;
    for (const QString& id : std::as_const(m_chosen)) {
        const auto run = application().catalog().run(id);
        if (run) {
            records.append(*run);
        }
    }
    const app::Comparison comparison = app::compareRuns(records);
    fillRows(m_settings, comparison.runs, comparison.settings);
    fillRows(m_numbers, comparison.runs, comparison.numbers);
    m_hint->setText(records.size() < 2 ? tr("Settings that differ (choose two runs or more)")
                    : comparison.settings.isEmpty() ? tr("No setting differs")
                                                    : tr("Settings that differ"));
}

} // namespace ui
