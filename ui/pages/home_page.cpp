// Home: the sample at first launch, interrupted runs, recent runs, disk use.
#include "ui/pages/home_page.h"

#include <QHeaderView>
#include <QShortcut>
#include <QStorageInfo>
#include <QTableView>

#include "app/runs/run_spec.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/record_table.h"
#include "ui/widgets/state_delegate.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kSideWidth = 220;

QWidget* makeStep(int number, const QString& title, const QString& text, QWidget* parent)
{
    auto* step = new QWidget(parent);
    auto* column = new QVBoxLayout(step);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kTiny);
    column->addWidget(makeLabel(u"%1. %2"_s.arg(number).arg(title), u"strong"_s, step));
    column->addWidget(makeText(text, u"muted"_s, step));
    column->addStretch(1);
    return step;
}

} // namespace

HomePage::HomePage(const PageContext& context, QWidget* parent)
    : Page(context, tr("Home"), tr("Fine-tune a language model on this computer."), parent)
{
    buildActions();
    buildFirstLaunch();
    buildInterrupted();
    buildRecent();
    connect(&application().catalog(), &app::Catalog::runsChanged, this, &HomePage::refresh);
    connect(&application().runs(),
            &app::RunQueue::interruptedChanged,
            this,
            &HomePage::fillInterrupted);
    for (const auto changed : {&app::Catalog::modelsChanged,
                               &app::Catalog::datasetsChanged,
                               &app::Catalog::runsChanged,
                               &app::Catalog::adaptersChanged}) {
        connect(&application().catalog(), changed, this, &HomePage::fillDisk);
    }
    refresh();
    fillInterrupted();
}

void HomePage::buildActions()
{
    QPushButton* model = makeButton(tr("Add a &model"), u"models"_s, theme(), this);
    QPushButton* dataset = makeButton(tr("Import &data"), u"datasets"_s, theme(), this);
    QPushButton* run = makePrimaryButton(tr("&New run"), this);
    actions()->addWidget(model);
    actions()->addWidget(dataset);
    actions()->addWidget(run);
    connect(
        model, &QPushButton::clicked, this, [this] { Q_EMIT pageRequested(PageId::Models, {}); });
    connect(dataset, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Datasets, {});
    });
    connect(run, &QPushButton::clicked, this, [this] { Q_EMIT pageRequested(PageId::NewRun, {}); });
}

void HomePage::buildFirstLaunch()
{
    m_first = new Card(tr("Train your first adapter now"), this);
    m_first->body()->addWidget(makeText(tr("A small model and a data set are on board. Nothing is "
                                           "downloaded, and nothing leaves this computer."),
                                        u"muted"_s,
                                        m_first));
    auto* steps = new QHBoxLayout;
    steps->setSpacing(space::kHuge);
    steps->addWidget(makeStep(1,
                              tr("Start"),
                              tr("The settings are filled in. Look them over, or just start."),
                              m_first),
                     1);
    steps->addWidget(makeStep(2,
                              tr("Watch"),
                              tr("The loss moves within seconds; the run takes a minute or two."),
                              m_first),
                     1);
    steps->addWidget(
        makeStep(3,
                 tr("Try it"),
                 tr("Ask the model with and without the adapter, side by side, then export it."),
                 m_first),
        1);
    m_first->body()->addLayout(steps);
    auto* row = new QHBoxLayout;
    m_start = makePrimaryButton(tr("&Start with the sample"), m_first);
    row->addWidget(m_start);
    row->addStretch(1);
    m_first->body()->addLayout(row);
    connect(m_start, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, u"sample"_s);
    });
    m_first->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    body()->addWidget(m_first);
    auto* nothing = new EmptyState(theme(),
                                   u"run"_s,
                                   tr("No runs yet"),
                                   tr("Add a base model folder, import a data file, then start a "
                                      "run. It is listed here with its loss."),
                                   tr("Add a model"),
                                   this);
    connect(nothing, &EmptyState::actionTriggered, this, [this] {
        Q_EMIT pageRequested(PageId::Models, {});
    });
    m_nothing = nothing;
    body()->addWidget(m_nothing, 1);
}

void HomePage::buildInterrupted()
{
    m_interrupted = new QVBoxLayout;
    m_interrupted->setSpacing(space::kSmall);
    body()->addLayout(m_interrupted);
}

void HomePage::buildRecent()
{
    m_recent = new QWidget(this);
    auto* columns = new QHBoxLayout(m_recent);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kLarge);
    auto* left = new QVBoxLayout;
    left->setSpacing(space::kSmall);
    left->addWidget(makeLabel(tr("Recent runs"), u"heading"_s, m_recent));
    m_runs = new RecordTable(application().runList(), tr("Recent runs"), {}, m_recent);
    using Run = app::RunListModel;
    m_runs->showColumns({{Run::Name, 100},
                         {Run::State, 0},
                         {Run::Step, 0},
                         {Run::Loss, 0},
                         {Run::EvalLoss, 0},
                         {Run::Created, 0}});
    m_runs->sortBy(Run::Created, Qt::DescendingOrder);
    m_runs->view()->setItemDelegateForColumn(Run::State, new StateDelegate(theme(), m_runs));
    connect(m_runs, &RecordTable::activated, this, [this](const QString& id) {
        Q_EMIT pageRequested(PageId::Run, id);
    });
    left->addWidget(m_runs, 1);
    auto* below = new QHBoxLayout;
    below->addWidget(makeLabel(tr("Double click or Return opens a run."), u"small"_s, m_recent), 1);
    m_rename = makeFlatButton(tr("&Rename..."), {}, theme(), m_recent);
    m_rename->setEnabled(false);
    below->addWidget(m_rename);
    m_delete = makeFlatButton(tr("De&lete the run..."), u"trash"_s, theme(), m_recent);
    m_delete->setEnabled(false);
    below->addWidget(m_delete);
    left->addLayout(below);
    connect(m_delete, &QPushButton::clicked, this, &HomePage::onDelete);
    connect(m_rename, &QPushButton::clicked, this, &HomePage::onRename);
    connect(m_runs, &RecordTable::currentIdChanged, this, [this](const QString& id) {
        m_delete->setEnabled(!id.isEmpty());
        m_rename->setEnabled(!id.isEmpty());
    });
    auto* rename = new QShortcut(QKeySequence(Qt::Key_F2), m_runs->view());
    rename->setContext(Qt::WidgetShortcut);
    connect(rename, &QShortcut::activated, this, &HomePage::onRename);
    auto* remove = new QShortcut(QKeySequence(QKeySequence::Delete), m_runs->view());
    remove->setContext(Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this, &HomePage::onDelete);
    columns->addLayout(left, 1);
    auto* disk = new Card(tr("This workspace"), m_recent);
    disk->setFixedWidth(kSideWidth);
    m_disk = new Facts(disk);
    disk->body()->addWidget(m_disk);
    disk->body()->addStretch(1);
    columns->addWidget(disk);
    body()->addWidget(m_recent, 1);
    body()->addStretch(0);
}

void HomePage::open(const QString& subject)
{
    Q_UNUSED(subject)
    refresh();
    fillDisk();
    if (m_first->isVisibleTo(this)) {
        m_start->setFocus();
    }
}

void HomePage::refresh()
{
    const bool hasRuns = application().runList().rowCount() > 0;
    m_first->setVisible(!hasRuns && application().hasSample());
    m_recent->setVisible(hasRuns);
    m_nothing->setVisible(!hasRuns && !application().hasSample());
}

void HomePage::fillInterrupted()
{
    while (QLayoutItem* item = m_interrupted->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater(); // it may be inside its own button's signal
        delete item;
    }
    for (const QString& id : application().runs().interrupted()) {
        const auto run = application().catalog().run(id);
        if (!run) {
            continue;
        }
        auto* banner = new Banner(this);
        const QString name = titleOf(run->name, run->id);
        const app::RunNumbers& numbers = run->numbers;
        // It may only have waited in the queue.
        const bool hasBegun = numbers.step > 0;
        const QString text =
            !hasBegun ? tr("The run \u201c%1\u201d has made no step yet. Start it?").arg(name)
            : numbers.maxSteps > 0
                ? tr("The run \u201c%1\u201d was interrupted at step %2 of %3. Continue it?")
                      .arg(name)
                      .arg(numbers.step)
                      .arg(numbers.maxSteps)
                : tr("The run \u201c%1\u201d was interrupted at step %2. Continue it?")
                      .arg(name)
                      .arg(numbers.step);
        banner->showText(u"warning"_s,
                         text,
                         // without a letter: there may be several
                         hasBegun ? tr("Continue") : tr("Start"),
                         [this, id] { onContinue(id); });
        QPushButton* dismiss = makeFlatButton(tr("Not now"), {}, theme(), banner);
        banner->layout()->addWidget(dismiss);
        connect(dismiss, &QPushButton::clicked, this, [this, id] {
            application().runs().dismissInterrupted(id);
        });
        m_interrupted->addWidget(banner);
    }
}

void HomePage::onContinue(const QString& runId)
{
    const app::Outcome<app::RunController*> outcome = application().runs().resume(runId);
    if (!outcome) {
        showProblem(outcome.problem());
        return;
    }
    Q_EMIT pageRequested(PageId::Run, runId);
}

void HomePage::onRename()
{
    const auto run = application().catalog().run(m_runs->currentId());
    if (!run) {
        return;
    }
    const QString name = askName(titleOf(run->name, run->id));
    if (!name.isEmpty()) {
        application().catalog().setRunName(run->id, name);
    }
}

void HomePage::onDelete()
{
    const auto run = application().catalog().run(m_runs->currentId());
    if (!run) {
        return;
    }
    const QString name = titleOf(run->name, run->id);
    const QString text = tr("%1 goes to the trash: its curves, its log, its checkpoints and its "
                            "adapter, %2 in all. This can be undone until you empty the trash on "
                            "the Catalog page.")
                             .arg(name, app::humanBytes(run->sizeBytes));
    if (dialogs().ask(this, tr("Delete the run?"), text, {tr("Delete"), tr("Cancel")}) != 0) {
        return;
    }
    const app::Outcome<app::Done> deleted = application().runs().deleteRun(run->id);
    if (!deleted) {
        showProblem(deleted.problem());
        return;
    }
    news().showText(u"info"_s, tr("%1 is in the trash.").arg(name), tr("Undo"), [this] {
        application().catalog().undoDelete();
        news().clear();
    });
}

void HomePage::fillDisk()
{
    qint64 runs = 0;
    for (const app::RunRecord& run : application().catalog().runs()) {
        runs += run.sizeBytes;
    }
    const QStorageInfo disk(application().paths().workspace());
    m_disk->setFacts({{tr("Models"), QString::number(application().modelList().rowCount())},
                      {tr("Data sets"), QString::number(application().datasetList().rowCount())},
                      {tr("Runs"), QString::number(application().runList().rowCount())},
                      {tr("Adapters"), QString::number(application().adapterList().rowCount())},
                      {tr("Runs use"), app::humanBytes(runs)},
                      {tr("Disk free"), app::humanBytes(disk.bytesAvailable())},
                      {tr("Folder"), application().paths().workspace()}});
}

} // namespace ui
