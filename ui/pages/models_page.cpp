// Models: base models known to the studio, what each is, and why one cannot be used.
#include "ui/pages/models_page.h"

#include <utility>

#include <QDragEnterEvent>
#include <QMimeData>
#include <QStackedWidget>
#include <QUrl>

#include "app/runs/run_spec.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/job_bar.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kModelDetailsWidth = 330;

} // namespace

ModelsPage::ModelsPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Models"),
           tr("Base models: Hugging Face folders of the llama, mistral, qwen2 or qwen3 family."),
           parent)
{
    setAcceptDrops(true);
    buildActions();
    m_job = new JobBar(this);
    body()->addWidget(m_job);
    buildTable();
    connect(&application().catalog(), &app::Catalog::modelsChanged, this, &ModelsPage::refresh);
    refresh();
}

void ModelsPage::buildActions()
{
    QPushButton* add = makePrimaryButton(tr("&Add a folder..."), this);
    actions()->addWidget(add);
    connect(add, &QPushButton::clicked, this, &ModelsPage::onAdd);
}

void ModelsPage::buildTable()
{
    m_stack = new QStackedWidget(this);
    auto* empty = new EmptyState(theme(),
                                 u"models"_s,
                                 tr("No models yet"),
                                 tr("Add a folder that holds config.json, tokenizer.json and "
                                    "model.safetensors. Folders below it are looked through too."),
                                 tr("Add a folder..."),
                                 m_stack);
    connect(empty, &EmptyState::actionTriggered, this, &ModelsPage::onAdd);
    auto* full = new QWidget(m_stack);
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(space::kLarge);
    m_table = new RecordTable(application().modelList(), tr("Models"), tr("Search models"), full);
    using Model = app::ModelListModel;
    m_table->showColumns({{Model::Name, 110},
                          {Model::State, 0},
                          {Model::Family, 0},
                          {Model::Parameters, 0},
                          {Model::Dtype, 0},
                          {Model::Size, 0}});
    m_table->sortBy(Model::Name, Qt::AscendingOrder);
    connect(m_table, &RecordTable::currentIdChanged, this, &ModelsPage::showModel);
    connect(m_table, &RecordTable::activated, this, &ModelsPage::onActivated);
    columns->addWidget(m_table, 1);
    columns->addWidget(buildDetails());
    m_stack->addWidget(empty);
    m_stack->addWidget(full);
    body()->addWidget(m_stack, 1);
}

QWidget* ModelsPage::buildDetails()
{
    auto* card = new Card({}, this);
    card->setFixedWidth(kModelDetailsWidth);
    m_name = makeText({}, u"heading"_s, card);
    m_refusal = makeText({}, u"error"_s, card);
    m_facts = new Facts(card);
    m_use = makePrimaryButton(tr("&Train on this model"), card);
    m_talk = makeButton(tr("Ta&lk to it"), u"playground"_s, theme(), card);
    m_forget = makeFlatButton(tr("Remove from the list"), u"trash"_s, theme(), card);
    m_forget->setToolTip(tr("The model's files stay where they are."));
    card->body()->addWidget(m_name);
    card->body()->addWidget(m_refusal);
    card->body()->addWidget(m_facts);
    card->body()->addStretch(1);
    card->body()->addWidget(m_use);
    card->body()->addWidget(m_talk);
    card->body()->addWidget(m_forget);
    connect(m_use, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::NewRun, u"model:"_s + m_table->currentId());
    });
    connect(m_talk, &QPushButton::clicked, this, [this] {
        Q_EMIT pageRequested(PageId::Playground, u"model:"_s + m_table->currentId());
    });
    connect(m_forget, &QPushButton::clicked, this, &ModelsPage::onForget);
    return card;
}

void ModelsPage::open(const QString& subject)
{
    refresh();
    if (!subject.isEmpty()) {
        m_table->selectId(subject);
    }
}

void ModelsPage::refresh()
{
    const bool isEmpty = application().modelList().rowCount() == 0;
    m_stack->setCurrentIndex(isEmpty ? 0 : 1);
    if (application().modelList().rowOf(m_added) >= 0) {
        m_table->selectId(std::exchange(m_added, {}));
    } else if (!isEmpty && m_table->currentId().isEmpty()) {
        m_table->selectId(application().modelList().record(0).id);
    }
    showModel(m_table->currentId());
}

void ModelsPage::onAdd()
{
    const QString folder = dialogs().openFolder(this, tr("Add a model folder"));
    if (!folder.isEmpty()) {
        addFolder(folder);
    }
}

void ModelsPage::addFolder(const QString& folder)
{
    if (m_scan != nullptr) {
        return;
    }
    news().clear();
    m_scan = new app::ModelImport(folder, this);
    connect(m_scan, &app::Job::ended, this, [this] {
        if (m_scan->state() == app::Job::State::Failed) {
            showProblem(m_scan->problem());
        } else if (m_scan->state() == app::Job::State::Done) {
            onAdded(m_scan->records());
        }
        m_scan->deleteLater();
        m_scan = nullptr;
    });
    m_scan->start(application().pool());
    m_job->watch(m_scan);
}

void ModelsPage::onAdded(const QList<app::ModelRecord>& records)
{
    QStringList refused;
    for (const app::ModelRecord& record : records) {
        application().catalog().saveModel(record);
        if (!record.refusal.isEmpty()) {
            refused.append(record.refusal);
        }
    }
    m_added = records.constFirst().id; // selected when the catalog has it
    if (refused.isEmpty()) {
        news().showText(u"success"_s, tr("Models added: %1.").arg(records.size()));
    } else if (records.size() == 1) {
        news().showText(u"warning"_s,
                        tr("\u201c%1\u201d was added, but cannot be used: %2")
                            .arg(records.constFirst().name, refused.constFirst()));
    } else {
        news().showText(u"warning"_s,
                        tr("Models added: %1. Of these, %2 cannot be used: select one to read why.")
                            .arg(records.size())
                            .arg(refused.size()));
    }
}

void ModelsPage::onActivated(const QString& id)
{
    const auto model = application().catalog().model(id);
    if (model && model->refusal.isEmpty()) {
        Q_EMIT pageRequested(PageId::NewRun, u"model:"_s + id);
    } else if (model) {
        news().showText(u"warning"_s,
                        tr("\u201c%1\u201d cannot be used: %2").arg(model->name, model->refusal));
    }
}

void ModelsPage::onForget()
{
    const QString id = m_table->currentId();
    const auto model = application().catalog().model(id);
    if (model
        && dialogs().ask(this,
                         tr("Remove the model from the list?"),
                         tr("%1 is forgotten; its files stay in %2.").arg(model->name, model->path),
                         {tr("Remove"), tr("Cancel")})
               == 0) {
        application().catalog().forgetModel(id);
        news().showText(
            u"info"_s, tr("%1 is not in the list any more.").arg(model->name), tr("Undo"), [this] {
                application().catalog().undoDelete();
                news().clear();
            });
    }
}

void ModelsPage::showModel(const QString& id)
{
    const int row = application().modelList().rowOf(id);
    const app::ModelRecord model =
        row < 0 ? app::ModelRecord() : application().modelList().record(row);
    m_name->setText(model.name);
    m_refusal->setText(model.refusal);
    m_refusal->setVisible(!model.refusal.isEmpty());
    const bool isUsable = row >= 0 && model.refusal.isEmpty();
    m_use->setEnabled(isUsable);
    m_talk->setEnabled(isUsable);
    m_forget->setEnabled(row >= 0);
    const app::ModelShape& shape = model.shape;
    m_facts->setFacts({
        {tr("Family"), model.family},
        {tr("Parameters"), model.parameters > 0 ? app::humanCount(model.parameters) : QString()},
        {tr("Layers"),
         shape.isKnown() ? tr("%1 of width %2").arg(shape.numLayers).arg(shape.hiddenSize)
                         : QString()},
        {tr("Heads"),
         shape.isKnown() ? tr("%1, %2 for keys").arg(shape.numHeads).arg(shape.numKvHeads)
                         : QString()},
        {tr("Context"),
         shape.maxPositions > 0 ? tr("%1 tokens").arg(countText(shape.maxPositions)) : QString()},
        {tr("Weights"), app::dtypeName(model.dtype)},
        {tr("Tokenizer"), model.tokenizer},
        {tr("Chat format"), model.chatTemplate},
        {tr("Licence"), model.licence.isEmpty() && row >= 0 ? tr("not stated") : model.licence},
        {tr("Size"), model.sizeBytes > 0 ? app::humanBytes(model.sizeBytes) : QString()},
        {tr("Hash"), model.hash.left(16)},
        {tr("Folder"), model.path},
    });
}

void ModelsPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
    }
}

void ModelsPage::dropEvent(QDropEvent* event)
{
    for (const QUrl& url : event->mimeData()->urls()) {
        if (url.isLocalFile()) {
            addFolder(url.toLocalFile());
            return;
        }
    }
}

} // namespace ui
