// Data sets: import, column mapping with a preview, and the data gate.
#include "ui/pages/datasets_page.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QUrl>

#include "app/runs/run_fields.h"
#include "app/runs/run_spec.h"
#include "ui/widgets/column_map_editor.h"
#include "ui/widgets/data_gate.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/job_bar.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kDatasetsWidth = 250;
constexpr int kWidestOption = 260; // a model may have any name
constexpr int kCheckDelayMilliseconds = 120;

QComboBox* addOption(QHBoxLayout* row, const QString& label, QWidget* parent)
{
    auto* box = new QComboBox(parent);
    auto* name = makeLabel(label, u"small"_s, parent);
    name->setBuddy(box);
    QString plain = label;
    box->setAccessibleName(plain.remove(u'&'));
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    box->setMaximumWidth(kWidestOption);
    QObject::connect(box, &QComboBox::currentTextChanged, box, &QWidget::setToolTip);
    row->addWidget(name);
    row->addWidget(box);
    return box;
}

} // namespace

DatasetsPage::DatasetsPage(const PageContext& context, QWidget* parent)
    : Page(context, tr("Data sets"), tr("See what the model will see before you train."), parent)
{
    setAcceptDrops(true);
    buildActions();
    m_job = new JobBar(this);
    body()->addWidget(m_job);
    buildContent();
    m_checkSoon.setSingleShot(true);
    m_checkSoon.setInterval(kCheckDelayMilliseconds);
    connect(&m_checkSoon, &QTimer::timeout, this, &DatasetsPage::check);
    connect(&application().catalog(), &app::Catalog::datasetsChanged, this, &DatasetsPage::refresh);
    connect(
        &application().catalog(), &app::Catalog::modelsChanged, this, &DatasetsPage::fillModels);
    fillModels();
    refresh();
}

void DatasetsPage::buildActions()
{
    m_use = makeButton(tr("&Train on this data"), u"new_run"_s, theme(), this);
    m_forget = makeFlatButton(tr("Remove"), u"trash"_s, theme(), this);
    m_forget->setEnabled(false);
    QPushButton* add = makePrimaryButton(tr("&Import a file..."), this);
    actions()->addWidget(m_forget);
    actions()->addWidget(m_use);
    actions()->addWidget(add);
    connect(add, &QPushButton::clicked, this, &DatasetsPage::onImport);
    connect(m_forget, &QPushButton::clicked, this, &DatasetsPage::onForget);
    connect(m_use, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, u"dataset:"_s + m_table->currentId());
    });
}

void DatasetsPage::buildContent()
{
    m_stack = new QStackedWidget(this);
    auto* empty = new EmptyState(theme(),
                                 u"datasets"_s,
                                 tr("No data yet"),
                                 tr("Import a JSONL, JSON, CSV, TSV or text file. Alpaca, prompt "
                                    "and completion, ShareGPT and OpenAI messages are recognised."),
                                 tr("Import a file..."),
                                 m_stack);
    connect(empty, &EmptyState::actionTriggered, this, &DatasetsPage::onImport);
    auto* full = new QWidget(m_stack);
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kLarge);
    m_table =
        new RecordTable(application().datasetList(), tr("Data sets"), tr("Search data sets"), full);
    using Data = app::DatasetListModel;
    m_table->showColumns({{Data::Name, 150}, {Data::Rows, 70}});
    m_table->sortBy(Data::Name, Qt::AscendingOrder);
    m_table->setFixedWidth(kDatasetsWidth);
    connect(m_table, &RecordTable::currentIdChanged, this, &DatasetsPage::onSelected);
    auto* right = new QVBoxLayout;
    right->setSpacing(space::kMedium);
    right->addWidget(buildOptions());
    m_gate = new DataGate(theme(), full);
    // A mapping is kept when a check has accepted it: half of one would leave the data refused.
    connect(&m_gate->columns(),
            &ColumnMapEditor::mapChanged,
            &m_checkSoon,
            qOverload<>(&QTimer::start));
    right->addWidget(m_gate, 1);
    columns->addWidget(m_table);
    columns->addLayout(right, 1);
    m_stack->addWidget(empty);
    m_stack->addWidget(full);
    body()->addWidget(m_stack, 1);
}

QWidget* DatasetsPage::buildOptions()
{
    auto* options = new QWidget(this);
    auto* row = new QHBoxLayout(options);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kSmall);
    m_format = addOption(row, tr("&Shape"), options);
    m_format->addItems(
        {u"auto"_s, u"alpaca"_s, u"completion"_s, u"sharegpt"_s, u"messages"_s, u"text"_s});
    m_chatFormat = addOption(row, tr("&Chat format"), options);
    for (const app::FieldInfo& field : app::runFields()) {
        if (field.name == "chat_format"_L1) {
            m_chatFormat->addItems(field.choices);
        }
    }
    m_model = addOption(row, tr("To&kens of"), options);
    m_recognized = new ElidedLabel({}, u"small"_s, options);
    row->addSpacing(space::kSmall);
    row->addWidget(m_recognized, 1);
    connect(m_format, &QComboBox::activated, this, &DatasetsPage::onOptionsChanged);
    connect(m_chatFormat, &QComboBox::activated, this, &DatasetsPage::onOptionsChanged);
    connect(m_model, &QComboBox::activated, &m_checkSoon, qOverload<>(&QTimer::start));
    return options;
}

void DatasetsPage::open(const QString& subject)
{
    refresh();
    if (!subject.isEmpty()) {
        m_table->selectId(subject);
    }
}

void DatasetsPage::fillModels()
{
    const QString chosen = m_model->currentData().toString();
    const QSignalBlocker blocker(m_model);
    m_model->clear();
    m_model->addItem(tr("no model"), QString());
    for (const app::ModelRecord& model : application().catalog().models()) {
        if (model.refusal.isEmpty()) {
            m_model->addItem(model.name, model.path);
        }
    }
    const int index = m_model->findData(chosen);
    m_model->setCurrentIndex(index > 0 ? index : m_model->count() > 1 ? 1 : 0);
    m_model->setToolTip(m_model->currentText());
}

void DatasetsPage::refresh()
{
    const bool isEmpty = application().datasetList().rowCount() == 0;
    m_stack->setCurrentIndex(isEmpty ? 0 : 1);
    allowTraining(m_refusal);
    if (!m_selectAfterImport.isEmpty()
        && application().datasetList().rowOf(m_selectAfterImport) >= 0) {
        m_table->selectId(m_selectAfterImport);
        m_selectAfterImport.clear();
    }
    if (!isEmpty && m_table->currentId().isEmpty()) {
        m_table->selectId(application().datasetList().record(0).id);
    }
}

void DatasetsPage::onImport()
{
    const QString file =
        dialogs().openFile(this,
                           tr("Import a data file"),
                           tr("Data (*.jsonl *.json *.csv *.tsv *.txt);;All files (*)"));
    if (!file.isEmpty()) {
        importFile(file);
    }
}

void DatasetsPage::importFile(const QString& file)
{
    if (m_import != nullptr) {
        return;
    }
    news().clear();
    m_import = new app::DatasetImport(application().paths(), {.file = file, .name = {}}, this);
    connect(m_import, &app::Job::ended, this, [this, file] {
        if (m_import->state() == app::Job::State::Failed) {
            showProblem(m_import->problem());
        } else if (m_import->state() == app::Job::State::Done) {
            app::DatasetRecord record = m_import->record();
            m_selectAfterImport = record.id;
            for (const app::DatasetRecord& other : application().catalog().datasets()) {
                if (other.name == record.name && other.id != record.id) {
                    record.name = QFileInfo(file).fileName(); // empty.csv beside empty.jsonl
                }
            }
            application().catalog().saveDataset(record);
        }
        m_import->deleteLater();
        m_import = nullptr;
    });
    m_import->start(application().pool());
    m_job->watch(m_import);
}

void DatasetsPage::onForget()
{
    const auto dataset = application().catalog().dataset(m_table->currentId());
    if (dataset
        && dialogs().ask(this,
                         tr("Remove the data set from the list?"),
                         tr("%1 is forgotten. The original file stays; a copy in the workspace "
                            "goes to the trash.")
                             .arg(dataset->name),
                         {tr("Remove"), tr("Cancel")})
               == 0) {
        application().catalog().forgetDataset(dataset->id);
        news().showText(u"info"_s,
                        tr("%1 is not in the list any more.").arg(dataset->name),
                        tr("Undo"),
                        [this] {
                            application().catalog().undoDelete();
                            news().clear();
                        });
    }
}

void DatasetsPage::onSelected(const QString& id)
{
    delete m_check; // its answer is of the data set shown before
    m_shown = id;
    m_gate->clear();
    allowTraining({});
    m_forget->setEnabled(!id.isEmpty());
    m_recognized->clear();
    const auto dataset = application().catalog().dataset(id);
    if (!dataset) {
        return;
    }
    m_format->setCurrentIndex(std::max(0, m_format->findText(dataset->format)));
    m_chatFormat->setCurrentIndex(std::max(0, m_chatFormat->findText(dataset->chatFormat)));
    m_recognized->setText(tr("checking..."));
    m_checkSoon.start();
}

void DatasetsPage::onOptionsChanged()
{
    auto dataset = application().catalog().dataset(m_shown);
    if (dataset) {
        dataset->format = m_format->currentText();
        dataset->chatFormat = m_chatFormat->currentText();
        application().catalog().saveDataset(*dataset);
        m_checkSoon.start();
    }
}

void DatasetsPage::check()
{
    const auto dataset = application().catalog().dataset(m_shown);
    if (!dataset) {
        return;
    }
    delete m_check;
    app::CheckOptions options;
    options.baseModel = m_model->currentData().toString();
    options.dataset = dataset->path;
    options.format = m_format->currentText();
    options.chatFormat = m_chatFormat->currentText();
    m_checkedMap = mapOf(*dataset);
    options.columnMap = m_checkedMap;
    m_check = application().utility().check(options, this);
    connect(m_check, &app::Job::ended, this, &DatasetsPage::onChecked);
    m_job->watch(m_check);
}

QJsonObject DatasetsPage::mapOf(const app::DatasetRecord& dataset) const
{
    // The editor has the newest word once it shows this file's columns.
    const ColumnMapEditor& editor = m_gate->columns();
    return editor.hasColumns() ? editor.map() : dataset.columnMap;
}

void DatasetsPage::onChecked()
{
    if (m_check->state() == app::Job::State::Failed) {
        m_recognized->clear();
        m_gate->clearResult();
        showProblem(m_check->problem());
    } else if (m_check->state() == app::Job::State::Done) {
        if (news().property("banner").toString() == u"danger"_s) {
            news().clear(); // of a check that failed
        }
        showResult(m_check->result());
    }
    m_check->deleteLater();
    m_check = nullptr;
}

void DatasetsPage::showResult(const app::DatasetCheck& result)
{
    auto dataset = application().catalog().dataset(m_shown);
    if (!dataset) {
        return;
    }
    m_gate->showCheck(result, mapOf(*dataset));
    QStringList recognized = {result.container, result.format, result.chatFormat};
    recognized.removeAll(QString());
    m_recognized->setText(recognized.join(u", "_s));
    const bool isUsable = result.reason.isEmpty() && result.accepted > 0;
    allowTraining(isUsable                  ? QString()
                  : result.reason.isEmpty() ? tr("None of its rows can be trained on.")
                                            : result.reason);
    const bool isKept = result.reason.isEmpty() || m_checkedMap.isEmpty();
    if (!isKept && m_checkedMap != dataset->columnMap) {
        return; // the last good mapping stays, and what it gave
    }
    const bool isNew = dataset->columnMap != m_checkedMap || dataset->recognized != result.format
                       || dataset->rows != result.rows || dataset->warned != result.warned
                       || dataset->refused != result.refused;
    if (isNew) {
        dataset->columnMap = m_checkedMap;
        dataset->recognized = result.format;
        dataset->rows = result.rows;
        dataset->warned = result.warned;
        dataset->refused = result.refused;
        application().catalog().saveDataset(*dataset);
    }
}

void DatasetsPage::allowTraining(const QString& refusal)
{
    m_refusal = refusal;
    m_use->setEnabled(refusal.isEmpty() && !m_shown.isEmpty());
    m_use->setToolTip(refusal);
}

void DatasetsPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
    }
}

void DatasetsPage::dropEvent(QDropEvent* event)
{
    for (const QUrl& url : event->mimeData()->urls()) {
        if (url.isLocalFile()) {
            importFile(url.toLocalFile());
            return;
        }
    }
}

} // namespace ui
