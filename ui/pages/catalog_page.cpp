// Catalog: every adapter version with its lineage, numbers, tags and notes; delete with undo,
// import, verify, rebuild. One file because it builds and drives one page.
#include "ui/pages/catalog_page.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QTableView>
#include <QTextDocument>
#include <QTreeWidget>

#include "app/jobs/adapter_import.h"
#include "app/runs/adapter_folder.h"
#include "app/runs/run_metrics.h"
#include "app/runs/run_spec.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/job_bar.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kDetailsWidth = 330;
constexpr int kNotesHeight = 72;
constexpr int kLineageHeight = 96;

QString kindText(app::AdapterRecord::Kind kind)
{
    switch (kind) {
    case app::AdapterRecord::Kind::Final:
        return CatalogPage::tr("result of a run");
    case app::AdapterRecord::Kind::Checkpoint:
        return CatalogPage::tr("checkpoint");
    case app::AdapterRecord::Kind::Imported:
        break;
    }
    return CatalogPage::tr("imported");
}

QString rankText(const app::AdapterRecord& adapter)
{
    return app::isStoredAtTwiceTheRank(adapter)
               ? CatalogPage::tr("%1, alpha %2; stored as rank %3 for PEFT")
                     .arg(adapter.rank)
                     .arg(adapter.alpha)
                     .arg(2 * adapter.rank)
               : CatalogPage::tr("%1, alpha %2").arg(adapter.rank).arg(adapter.alpha);
}

} // namespace

CatalogPage::CatalogPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Catalog"),
           tr("Every adapter version, where it comes from and what it reached."),
           parent)
{
    buildActions();
    m_job = new JobBar(this);
    body()->addWidget(m_job);
    buildContent();
    app::Catalog& catalog = application().catalog();
    connect(&catalog, &app::Catalog::adaptersChanged, this, &CatalogPage::refresh);
    connect(&catalog, &app::Catalog::problemOccurred, this, &CatalogPage::showProblem);
    connect(&catalog, &app::Catalog::rebuilt, this, [this](int runs, int adapters) {
        news().showText(
            u"success"_s,
            tr("Rebuilt from the folders: %1 runs, %2 adapters.").arg(runs).arg(adapters));
    });
    refresh();
}

CatalogPage::~CatalogPage()
{
    keepNotes();
    m_tags->disconnect(this); // it loses the focus when this is no page any more
}

void CatalogPage::buildActions()
{
    m_undo = makeButton(tr("&Undo delete"), u"undo"_s, theme(), this);
    m_empty = makeButton(tr("E&mpty the trash..."), u"trash"_s, theme(), this);
    QPushButton* rebuild = makeButton(tr("&Rebuild"), u"refresh"_s, theme(), this);
    rebuild->setToolTip(
        tr("Reads every run folder again. Nothing is lost: the folders are the truth."));
    QPushButton* import = makePrimaryButton(tr("&Import an adapter..."), this);
    actions()->addWidget(m_undo);
    actions()->addWidget(m_empty);
    actions()->addWidget(rebuild);
    actions()->addWidget(import);
    connect(m_undo, &QPushButton::clicked, this, [this] {
        application().catalog().undoDelete();
        news().clear();
    });
    connect(m_empty, &QPushButton::clicked, this, &CatalogPage::onEmptyTrash);
    connect(rebuild, &QPushButton::clicked, &application().catalog(), &app::Catalog::rebuild);
    connect(import, &QPushButton::clicked, this, &CatalogPage::onImport);
}

void CatalogPage::buildContent()
{
    m_stack = new QStackedWidget(this);
    auto* empty = new EmptyState(
        theme(),
        u"catalog"_s,
        tr("No adapters yet"),
        tr("Every finished run puts its adapter here. A PEFT adapter folder can be imported too."),
        tr("New run"),
        m_stack);
    connect(empty, &EmptyState::actionTriggered, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, {});
    });
    auto* full = new QWidget(m_stack);
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kLarge);
    m_table = new RecordTable(
        application().adapterList(), tr("Adapters"), tr("Search by name, base, tag or note"), full);
    using Adapter = app::AdapterListModel;
    m_table->showColumns({{Adapter::Name, 120},
                          {Adapter::Kind, 0},
                          {Adapter::Rank, 0},
                          {Adapter::Loss, 0},
                          {Adapter::EvalLoss, 0},
                          {Adapter::Created, 0},
                          {Adapter::Tags, 0}});
    m_table->sortBy(Adapter::Created, Qt::DescendingOrder);
    connect(m_table, &RecordTable::currentIdChanged, this, &CatalogPage::showAdapter);
    connect(m_table, &RecordTable::activated, this, [this](const QString& id) {
        Q_EMIT pageRequested(PageId::Playground, id);
    });
    auto* remove = new QShortcut(QKeySequence(QKeySequence::Delete), m_table->view());
    remove->setContext(Qt::WidgetShortcut);
    auto* rename = new QShortcut(QKeySequence(Qt::Key_F2), m_table->view());
    rename->setContext(Qt::WidgetShortcut);
    connect(rename, &QShortcut::activated, this, &CatalogPage::onRename);
    connect(remove, &QShortcut::activated, this, &CatalogPage::onDelete);
    columns->addWidget(m_table, 1);
    columns->addWidget(buildDetails());
    m_stack->addWidget(empty);
    m_stack->addWidget(full);
    body()->addWidget(m_stack, 1);
}

QWidget* CatalogPage::buildDetails()
{
    auto* card = new Card({}, this);
    card->setFixedWidth(kDetailsWidth);
    m_name = new ElidedLabel({}, u"heading"_s, card);
    auto* content = new QWidget(card);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, space::kSmall, 0);
    column->setSpacing(space::kSmall);
    m_facts = new Facts(content);
    m_lineage = new QTreeWidget(content);
    m_lineage->setHeaderHidden(true);
    m_lineage->setFixedHeight(kLineageHeight);
    m_lineage->setAccessibleName(tr("Lineage"));
    m_base = makeButton(tr("Choose its &base..."), u"models"_s, theme(), content);
    connect(m_base, &QPushButton::clicked, this, [this] {
        if (const auto adapter = application().catalog().adapter(m_shown)) {
            chooseBase(*adapter);
        }
    });
    column->addWidget(m_facts);
    column->addWidget(m_base, 0, Qt::AlignLeft);
    column->addWidget(makeLabel(tr("Lineage"), u"strong"_s, content));
    column->addWidget(m_lineage);
    column->addWidget(buildNotes(content));
    column->addStretch(1);
    QWidget* scrolling = makeScrolling(content, card);
    scrolling->setObjectName(u"cardScroll"_s);
    content->setObjectName(u"cardBody"_s);
    auto* title = new QHBoxLayout;
    QPushButton* rename = makeFlatButton(tr("Re&name..."), {}, theme(), card);
    title->addWidget(m_name, 1);
    title->addWidget(rename);
    card->body()->addLayout(title);
    card->body()->addWidget(scrolling, 1);
    auto* buttons = new QGridLayout;
    buttons->setSpacing(space::kSmall);
    QPushButton* talk = makeButton(tr("Ta&lk to it"), u"playground"_s, theme(), card);
    QPushButton* exporting = makeButton(tr("&Export..."), u"export"_s, theme(), card);
    QPushButton* verify = makeButton(tr("&Verify"), u"check"_s, theme(), card);
    verify->setToolTip(tr("Hashes the file again and compares it with the catalog."));
    QPushButton* remove = makeButton(tr("&Delete"), u"trash"_s, theme(), card);
    buttons->addWidget(talk, 0, 0);
    buttons->addWidget(exporting, 0, 1);
    buttons->addWidget(verify, 1, 0);
    buttons->addWidget(remove, 1, 1);
    m_needAdapter = {talk, exporting, verify, remove, rename};
    connect(rename, &QPushButton::clicked, this, &CatalogPage::onRename);
    card->body()->addLayout(buttons);
    connect(talk, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Playground, m_shown);
    });
    connect(exporting, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Export, m_shown);
    });
    connect(verify, &QPushButton::clicked, this, &CatalogPage::onVerify);
    connect(remove, &QPushButton::clicked, this, &CatalogPage::onDelete);
    return card;
}

QWidget* CatalogPage::buildNotes(QWidget* parent)
{
    auto* holder = new QWidget(parent);
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kTiny);
    m_tags = new QLineEdit(holder);
    m_tags->setPlaceholderText(tr("Tags, separated by commas"));
    m_tags->setAccessibleName(tr("Tags"));
    m_notes = new QPlainTextEdit(holder);
    m_notes->setPlaceholderText(tr("Notes"));
    m_notes->setAccessibleName(tr("Notes"));
    m_notes->setTabChangesFocus(true);
    m_notes->setFixedHeight(kNotesHeight);
    column->addWidget(makeText(tr("Tags and notes, kept as you leave them"), u"strong"_s, holder));
    column->addWidget(m_tags);
    column->addWidget(m_notes);
    m_notes->installEventFilter(this);
    connect(m_tags, &QLineEdit::editingFinished, this, &CatalogPage::keepNotes);
    return holder;
}

void CatalogPage::open(const QString& subject)
{
    refresh();
    if (!subject.isEmpty()) {
        m_table->selectId(subject);
    }
}

void CatalogPage::refresh()
{
    const bool isEmpty = application().adapterList().rowCount() == 0;
    m_stack->setCurrentIndex(isEmpty ? 0 : 1);
    const QStringList deleted = application().catalog().deleted();
    m_undo->setVisible(!deleted.isEmpty());
    m_undo->setToolTip(tr("Brings back %1.").arg(deleted.value(0)));
    m_empty->setVisible(!deleted.isEmpty());
    if (const auto adapter = application().catalog().adapter(m_imported)) {
        m_imported.clear();
        m_table->selectId(adapter->id);
        if (application().catalog().needsBase(*adapter)) {
            showMissingBase(*adapter);
        } else {
            news().showText(u"success"_s, tr("%1 is imported.").arg(adapter->name));
        }
    }
    if (!isEmpty && m_table->currentId().isEmpty()) {
        const QModelIndex first = m_table->view()->model()->index(0, 0);
        m_table->selectId(first.data(app::IdRole).toString());
    }
    if (m_table->currentId() != m_shown) {
        showAdapter(m_table->currentId());
    } else if (const auto adapter = application().catalog().adapter(m_shown)) {
        showFacts(*adapter);
        if (!hasUnkeptNotes()) {
            showNotes(*adapter); // which are kept in the background
        }
    }
}

void CatalogPage::showAdapter(const QString& id)
{
    keepNotes();
    m_shown = id;
    const auto adapter = application().catalog().adapter(id);
    for (QPushButton* button : std::as_const(m_needAdapter)) {
        button->setEnabled(adapter.has_value());
    }
    m_base->setVisible(adapter && adapter->kind == app::AdapterRecord::Kind::Imported);
    showNotes(adapter.value_or(app::AdapterRecord()));
    if (adapter) {
        showFacts(*adapter);
        return;
    }
    m_name->setText({});
    m_facts->setFacts({});
    m_lineage->clear();
}

void CatalogPage::showFacts(const app::AdapterRecord& adapter)
{
    m_name->setText(adapter.name);
    const app::RunNumbers& numbers = adapter.numbers;
    m_facts->setFacts({
        {tr("Kind"), kindText(adapter.kind)},
        {tr("Rank"), rankText(adapter)},
        {tr("Matrices"), adapter.targetModules.join(u", "_s)},
        {app::metricLabel(app::Metric::Loss), app::humanReal(numbers.loss)},
        {app::metricLabel(app::Metric::EvalLoss), app::humanReal(numbers.evalLoss)},
        {tr("Steps"), numbers.step > 0 ? countText(numbers.step) : QString()},
        {tr("Base model"), application().catalog().baseName(adapter.baseModel)},
        {tr("Base hash"), adapter.baseHash.left(16)},
        {tr("Data hash"), adapter.datasetHash.left(16)},
        {tr("File hash"), adapter.hash.left(16)},
        {tr("Size"), app::humanBytes(adapter.sizeBytes)},
        {tr("Made"), app::humanTime(adapter.created)},
        {tr("Folder"), adapter.folder},
    });
    fillLineage(adapter);
}

void CatalogPage::fillLineage(const app::AdapterRecord& adapter)
{
    m_lineage->clear();
    QList<app::AdapterRecord> line = {adapter};
    QStringList seen = {adapter.id};
    while (!line.first().parent.isEmpty() && !seen.contains(line.first().parent)) {
        const auto parent = application().catalog().adapter(line.first().parent);
        if (!parent) {
            break;
        }
        seen.append(parent->id);
        line.prepend(*parent);
    }
    m_lineage->clear();
    const QString base = application().catalog().baseName(adapter.baseModel);
    auto* item = new QTreeWidgetItem(
        m_lineage, {tr("%1 (base)").arg(base.isEmpty() ? tr("unknown base") : base)});
    for (const app::AdapterRecord& each : std::as_const(line)) {
        item = new QTreeWidgetItem(item, {each.name});
    }
    for (const app::AdapterRecord& other : application().catalog().adapters()) {
        if (other.parent == adapter.id) {
            new QTreeWidgetItem(item, {other.name});
        }
    }
    m_lineage->expandAll();
    m_lineage->setCurrentItem(
        m_lineage->findItems(adapter.name, Qt::MatchRecursive | Qt::MatchExactly).value(0));
}

void CatalogPage::showNotes(const app::AdapterRecord& adapter)
{
    const QString tags = adapter.tags.join(u", "_s);
    if (m_tags->text() != tags) {
        m_tags->setText(tags);
    }
    if (m_notes->toPlainText() != adapter.notes) {
        m_notes->setPlainText(adapter.notes);
    }
    m_tags->setModified(false);
    m_notes->document()->setModified(false);
}

bool CatalogPage::hasUnkeptNotes() const
{
    return m_tags->isModified() || m_notes->document()->isModified();
}

// What was typed and not kept yet: on another row, another page, and the way out.
void CatalogPage::keepNotes()
{
    if (!hasUnkeptNotes() || !application().catalog().adapter(m_shown)) {
        return; // or it has just been deleted
    }
    m_tags->setModified(false);
    m_notes->document()->setModified(false);
    QStringList tags;
    for (const QString& tag : m_tags->text().split(u',', Qt::SkipEmptyParts)) {
        if (!tag.trimmed().isEmpty()) {
            tags.append(tag.trimmed());
        }
    }
    application().catalog().setAdapterTags(m_shown, tags);
    application().catalog().setAdapterNotes(m_shown, m_notes->toPlainText());
}

void CatalogPage::hideEvent(QHideEvent* event)
{
    keepNotes();
    Page::hideEvent(event);
}

bool CatalogPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_notes && event->type() == QEvent::FocusOut) {
        keepNotes();
    }
    return Page::eventFilter(watched, event);
}

void CatalogPage::onImport()
{
    const QString folder = dialogs().openFolder(this, tr("Import a PEFT adapter folder"));
    if (folder.isEmpty()) {
        return;
    }
    auto* job = new app::AdapterImport(application().paths(), folder, this);
    connect(job, &app::Job::ended, this, [this, job] {
        if (job->state() == app::Job::State::Failed) {
            showProblem(job->problem());
        } else if (job->state() == app::Job::State::Done) {
            m_imported = job->adapterId();
            application().catalog().refreshAdapter(m_imported);
        }
        job->deleteLater();
    });
    job->start(application().pool());
    m_job->watch(job);
}

// A run's adapters go by its name.
void CatalogPage::onRename()
{
    const auto adapter = application().catalog().adapter(m_shown);
    if (!adapter) {
        return;
    }
    const auto run = application().catalog().run(adapter->run);
    const QString name = askName(run ? titleOf(run->name, run->id) : adapter->name);
    if (!name.isEmpty()) {
        application().catalog().setAdapterName(adapter->id, name);
    }
}

void CatalogPage::onVerify()
{
    const auto adapter = application().catalog().adapter(m_shown);
    if (!adapter) {
        return;
    }
    auto* job = new app::AdapterVerify(*adapter, this);
    connect(job, &app::Job::ended, this, [this, job, name = adapter->name] {
        if (job->state() == app::Job::State::Failed) {
            showProblem(job->problem());
        } else if (job->state() == app::Job::State::Done) {
            news().showText(u"success"_s,
                            tr("%1 is unchanged: its hash is the catalog's.").arg(name));
        }
        job->deleteLater();
    });
    job->start(application().pool());
    m_job->watch(job);
}

void CatalogPage::onDelete()
{
    const auto adapter = application().catalog().adapter(m_shown);
    if (!adapter) {
        return;
    }
    const bool isFinal = adapter->kind == app::AdapterRecord::Kind::Final;
    const QString text =
        isFinal ? tr("%1 is the result of a run: the whole run with its checkpoints "
                     "goes to the trash. This can be undone until you empty the trash.")
                      .arg(adapter->name)
                : tr("%1 goes to the trash. This can be undone until you empty the "
                     "trash.")
                      .arg(adapter->name);
    if (dialogs().ask(this, tr("Delete the adapter?"), text, {tr("Delete"), tr("Cancel")}) != 0) {
        return;
    }
    if (isFinal) {
        const app::Outcome<app::Done> deleted = application().runs().deleteRun(adapter->run);
        if (!deleted) {
            showProblem(deleted.problem());
            return;
        }
    } else {
        application().catalog().deleteAdapter(adapter->id);
    }
    news().showText(u"info"_s, tr("%1 is in the trash.").arg(adapter->name), tr("Undo"), [this] {
        m_undo->click();
    });
}

void CatalogPage::onEmptyTrash()
{
    const QStringList deleted = application().catalog().deleted();
    const QString text = tr("What was deleted goes for good and cannot be brought back: %1.")
                             .arg(deleted.join(u", "_s));
    if (dialogs().ask(this, tr("Empty the trash?"), text, {tr("Empty"), tr("Cancel")}) == 0) {
        application().catalog().emptyTrash();
    }
}

} // namespace ui
