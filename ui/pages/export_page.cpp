// Export: an adapter as a PEFT folder or merged into its base; what the check found, in numbers.
#include "ui/pages/export_page.h"

#include <cmath>

#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QSignalBlocker>

#include "ui/widgets/facts.h"
#include "ui/widgets/form_field.h"
#include "ui/widgets/job_bar.h"
#include "ui/widgets/path_edit.h"
#include "ui/widgets/status_pill.h"

using namespace Qt::StringLiterals;

namespace ui {

ExportPage::ExportPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Export"),
           tr("Every export is loaded again and its logits are compared with base and adapter."),
           parent)
{
    auto* columns = new QHBoxLayout;
    columns->setSpacing(space::kLarge);
    columns->addWidget(buildForm(), 1, Qt::AlignTop);
    columns->addWidget(buildResult(), 1, Qt::AlignTop);
    body()->addLayout(columns);
    body()->addStretch(1);
    connect(
        &application().catalog(), &app::Catalog::adaptersChanged, this, &ExportPage::fillAdapters);
    fillAdapters();
    onFormatChosen();
}

QWidget* ExportPage::buildForm()
{
    auto* card = new Card(tr("What and where"), this);
    m_adapter = new QComboBox(card);
    // A long name takes no room from the check beside it.
    m_adapter->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    connect(m_adapter, &QComboBox::currentTextChanged, m_adapter, &QWidget::setToolTip);
    m_format = new QComboBox(card);
    m_format->addItem(tr("Merged model (Hugging Face folder)"), u"hf"_s);
    m_format->addItem(tr("Adapter only (PEFT folder)"), u"peft"_s);
    m_dtype = new QComboBox(card);
    m_dtype->addItem(tr("bfloat16"), u"bf16"_s);
    m_dtype->addItem(tr("float32"), u"f32"_s);
    m_dtype->addItem(tr("float16"), u"f16"_s);
    m_out = new PathEdit(PathEdit::Kind::Folder, tr("Export folder"), dialogs(), card);
    m_adapterField = new FormField(
        tr("&Adapter"), m_adapter, tr("Its base model is merged with it, or named in it."), card);
    auto* format =
        new FormField(tr("&Format"),
                      m_format,
                      tr("A merged model loads anywhere; an adapter is small and needs its base."),
                      card);
    m_dtypeField = new FormField(
        tr("&Weights"), m_dtype, tr("float32 is exact; the 16-bit types are half the size."), card);
    m_outField = new FormField(
        tr("Fol&der"), m_out, tr("A new folder; nothing that is there is overwritten."), card);
    m_start = makePrimaryButton(tr("&Export and check"), card);
    m_job = new JobBar(card);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_adapterField, format, m_dtypeField, m_outField}) {
        card->body()->addWidget(widget);
    }
    card->body()->addWidget(m_start, 0, Qt::AlignLeft);
    card->body()->addWidget(m_job);
    connect(m_adapter, &QComboBox::currentIndexChanged, this, &ExportPage::onAdapterChosen);
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportPage::onFormatChosen);
    connect(m_dtype, &QComboBox::currentIndexChanged, this, &ExportPage::proposeFolder);
    connect(m_out, &PathEdit::pathChanged, this, &ExportPage::validate);
    connect(m_start, &QPushButton::clicked, this, &ExportPage::start);
    return card;
}

QWidget* ExportPage::buildResult()
{
    m_result = new Card(tr("Check"), this);
    m_verdict = new StatusPill(theme(), m_result);
    m_sentence = makeText(tr("The result of the check appears here: how far the export's logits "
                             "are from base and adapter, and from the base alone."),
                          u"muted"_s,
                          m_result);
    m_facts = new Facts(m_result);
    m_show = makeButton(tr("&Show the folder"), u"folder"_s, theme(), m_result);
    m_show->hide();
    m_verdict->hide();
    m_result->body()->addWidget(m_verdict);
    m_result->body()->addWidget(m_sentence);
    m_result->body()->addWidget(m_facts);
    m_result->body()->addWidget(m_show, 0, Qt::AlignLeft);
    connect(m_show, &QPushButton::clicked, this, [this] {
        if (!dialogs().showFolder(m_written)) {
            news().showText(u"warning"_s,
                            tr("No file manager opens here. The export is in %1.").arg(m_written));
        }
    });
    return m_result;
}

void ExportPage::fillAdapters()
{
    const QString chosen = m_adapter->currentData().toString();
    {
        const QSignalBlocker blocker(m_adapter);
        m_adapter->clear();
        for (const app::AdapterRecord& adapter : application().catalog().adapters()) {
            m_adapter->addItem(adapter.name, adapter.id);
        }
        m_adapter->setCurrentIndex(
            std::max(m_adapter->findData(chosen), m_adapter->count() > 0 ? 0 : -1));
    }
    onAdapterChosen();
}

void ExportPage::open(const QString& subject)
{
    fillAdapters();
    const int index = m_adapter->findData(subject);
    if (index >= 0) {
        m_adapter->setCurrentIndex(index);
    }
    m_start->setFocus();
}

void ExportPage::onAdapterChosen()
{
    proposeFolder();
    validate();
}

void ExportPage::onFormatChosen()
{
    m_dtypeField->setEnabled(m_format->currentData().toString() == u"hf"_s);
    proposeFolder();
}

// A folder that does not exist yet, unless a person wrote another one.
void ExportPage::proposeFolder()
{
    const auto adapter = application().catalog().adapter(m_adapter->currentData().toString());
    if (!adapter || (!m_out->path().isEmpty() && m_out->path() != m_proposed)) {
        return;
    }
    const QString format = m_format->currentData().toString();
    QString name = adapter->id;
    name.replace(u'/', u'-');
    name += format == u"hf"_s ? u"-merged-"_s + m_dtype->currentData().toString() : u"-peft"_s;
    const QDir exports(application().paths().exports());
    // Beside where a person had the last one written.
    const QDir place = m_written.isEmpty() ? exports : QFileInfo(m_written).dir();
    QString path = place.filePath(name);
    for (int number = 2; QFileInfo::exists(path); ++number) {
        path = place.filePath(u"%1-%2"_s.arg(name).arg(number));
    }
    m_proposed = path;
    m_out->setPath(path);
}

void ExportPage::validate()
{
    const bool hasAdapter = m_adapter->count() > 0;
    m_adapterField->setError(hasAdapter ? QString()
                                        : tr("There is no adapter yet: a finished run makes one."));
    const QFileInfo out(m_out->path());
    const bool isTaken = out.exists() && (!out.isDir() || !QDir(out.filePath()).isEmpty());
    // A relative one would lie wherever the studio was started.
    const bool isWhole = m_out->path().isEmpty() || out.isAbsolute();
    m_outField->setError(
        !isWhole ? tr("Write the whole path, for example %1.")
                       .arg(QDir(application().paths().exports()).filePath(out.fileName()))
        : isTaken ? tr("%1 exists and is not empty. Choose a new folder.").arg(out.fileName())
                  : QString());
    m_start->setEnabled(hasAdapter && isWhole && !isTaken && !m_out->path().isEmpty()
                        && m_request == nullptr);
}

void ExportPage::start()
{
    const auto adapter = application().catalog().adapter(m_adapter->currentData().toString());
    if (!adapter || m_request != nullptr) {
        return;
    }
    if (application().catalog().needsBase(*adapter)) {
        showMissingBase(*adapter);
        return;
    }
    news().clear();
    app::ExportOptions options;
    options.baseModel = adapter->baseModel;
    options.adapter = adapter->folder;
    options.format = m_format->currentData().toString();
    options.out = m_out->path();
    options.dtype = m_dtype->currentData().toString();
    m_request = application().utility().exportAdapter(options, this);
    connect(m_request, &app::Job::ended, this, &ExportPage::onEnded);
    m_job->watch(m_request);
    m_verdict->hide();
    m_show->hide(); // it would open the export before this one
    m_facts->setFacts({});
    m_sentence->setText(tr("Writing, then loading it again to compare."));
    validate();
}

void ExportPage::onEnded()
{
    const app::Job::State state = m_request->state();
    if (state == app::Job::State::Done) {
        m_written = m_request->result().path;
        showResult(m_request->result());
        if (QFileInfo(m_out->path()) == QFileInfo(m_written)) {
            m_proposed = m_out->path(); // it is taken now, by what was written
            proposeFolder();
        }
        const bool isDoubtful = !m_request->result().passed || !m_request->warnings().isEmpty();
        news().showText(
            isDoubtful ? u"warning"_s : u"success"_s,
            (QStringList(tr("Written to %1.").arg(m_written)) + m_request->warnings()).join(u' '));
    } else {
        m_sentence->setText(state == app::Job::State::Failed ? m_request->problem().text()
                                                             : tr("Cancelled; nothing was kept."));
        m_verdict->setState(state == app::Job::State::Failed ? PillTone::Danger : PillTone::Neutral,
                            state == app::Job::State::Failed ? tr("not exported")
                                                             : tr("cancelled"));
        m_verdict->show();
    }
    m_request->deleteLater();
    m_request = nullptr;
    validate();
}

void ExportPage::showResult(const app::ExportResult& result)
{
    m_verdict->setState(result.passed ? PillTone::Success : PillTone::Danger,
                        result.passed ? tr("checked") : tr("check not passed"));
    m_verdict->show();
    m_sentence->setText(
        result.passed ? tr("The export answers as base and adapter do, and not as the base alone.")
                      : tr("The export's logits are not those of base and adapter."));
    m_facts->setFacts({
        {tr("Largest logit difference"),
         tr("%1 from base + adapter").arg(numberText(result.maxLogitDifference))},
        {tr("Allowed"), numberText(result.tolerance)},
        {tr("Against the base"),
         tr("%1, must not be 0").arg(numberText(result.baseLogitDifference))},
        {tr("Same likeliest token"),
         std::isfinite(result.top1Agreement) ? tr("%1 % of %2 positions")
                                                   .arg(result.top1Agreement * 100.0, 0, 'f', 2)
                                                   .arg(countText(result.positions))
                                             : QString()},
        {tr("Trained on"),
         result.baseQuant == u"none"_s
             ? QString()
             : tr("the base in %1; the export is for the base as it is").arg(result.baseQuant)},
        {tr("Folder"), result.path},
    });
    m_show->show();
}

} // namespace ui
