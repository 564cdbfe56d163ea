// What a folder or file is, by its config, its weights' headers and its tokenizer.
#include "app/jobs/model_import.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>
#include <QRegularExpression>

#include "app/files.h"
#include "engine/io/safetensors.h"
#include "engine/model/model_config.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kHashSamples = 16;
constexpr qint64 kHashSampleBytes = 64 << 10;

QStringList weightFiles(const QString& folder)
{
    return QDir(folder).entryList({u"*.safetensors"_s}, QDir::Files, QDir::Name);
}

// The weights' dtype ("F32", "BF16", or "mixed") and how many there are, by their headers alone.
// Errors: the engine's: a file that is missing, cut off, or no safetensors file.
Outcome<Done> readWeights(ModelRecord& model, const QStringList& files)
{
    for (const QString& name : files) {
        model.sizeBytes += QFileInfo(model.path + u'/' + name).size();
    }
    const auto weights =
        engine::SafetensorsFolder::open(std::filesystem::path(model.path.toStdU16String()));
    if (!weights) {
        return problemFrom(weights.error());
    }
    QStringList dtypes;
    for (const engine::SafetensorsFile& file : weights->files()) {
        for (const engine::SafetensorsEntry& tensor : file.entries()) {
            const QString dtype = QString::fromStdString(tensor.dtype);
            if (!dtypes.contains(dtype)) {
                dtypes.append(dtype);
            }
            model.parameters += tensor.numel();
        }
    }
    model.dtype = dtypes.size() == 1 ? dtypes.front() : ModelImport::tr("mixed");
    return Done{};
}

// What keeps its tokenizer from being used, in a sentence or two; empty: nothing.
QString readTokenizer(ModelRecord& model)
{
    const QString file = model.path + u"/tokenizer.json"_s;
    const Outcome<QJsonObject> tokenizer = readJsonObject(file);
    if (tokenizer) {
        const QJsonObject inner = tokenizer->value("model"_L1).toObject();
        model.tokenizer = ModelImport::tr("%1, %2 tokens")
                              .arg(inner.value("type"_L1).toString(u"BPE"_s))
                              .arg(inner.value("vocab"_L1).toObject().size());
    }
    const Outcome<QJsonObject> config = readJsonObject(model.path + u"/tokenizer_config.json"_s);
    if ((config && config->contains("chat_template"_L1))
        || QFileInfo::exists(model.path + u"/chat_template.jinja"_s)) {
        model.chatTemplate = ModelImport::tr("in the tokenizer");
    }
    if (!QFileInfo::exists(file)) {
        return ModelImport::tr("%1 is not there. Copy it from where the model came from.")
            .arg(file);
    }
    return tokenizer ? QString() : tokenizer.problem().text();
}

// "license: apache-2.0" in the front matter of the model's card.
void readLicence(ModelRecord& model)
{
    QFile card(model.path + u"/README.md"_s);
    if (!card.open(QIODevice::ReadOnly)) {
        return;
    }
    static const QRegularExpression kLine(u"^license:\\s*\"?([^\"\\n]+)\"?\\s*$"_s,
                                          QRegularExpression::MultilineOption);
    const QRegularExpressionMatch match =
        kLine.match(QString::fromUtf8(card.read(kHashSampleBytes)));
    if (match.hasMatch()) {
        model.licence = match.captured(1).trimmed();
    }
}

// Two models of one shape differ in their weights, which may be many gigabytes: samples spread over
// each file tell them apart in milliseconds.
QString fingerprint(const QString& folder, const QStringList& files)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    QFile config(folder + u"/config.json"_s);
    if (config.open(QIODevice::ReadOnly)) {
        hash.addData(config.readAll());
    }
    for (const QString& name : files) {
        QFile file(folder + u'/' + name);
        if (!file.open(QIODevice::ReadOnly)) {
            return {};
        }
        hash.addData(name.toUtf8() + ' ' + QByteArray::number(file.size()));
        const qint64 stride = std::max<qint64>(file.size() / kHashSamples, kHashSampleBytes);
        for (qint64 at = 0; at < file.size(); at += stride) {
            file.seek(at);
            hash.addData(file.read(kHashSampleBytes));
        }
    }
    return QString::fromLatin1(hash.result().toHex());
}

ModelShape shapeOf(const engine::ModelConfig& config)
{
    return {config.hidden_size,
            config.intermediate_size,
            config.num_layers,
            config.num_heads,
            config.num_kv_heads,
            config.head_dim,
            config.vocab_size,
            config.max_position_embeddings};
}

void describeFolder(ModelRecord& model)
{
    const QStringList files = weightFiles(model.path);
    const Outcome<Done> weights = readWeights(model, files);
    const QString tokenizer = readTokenizer(model);
    readLicence(model);
    const auto config =
        engine::ModelConfig::load(std::filesystem::path(model.path.toStdU16String()));
    if (!config) {
        model.refusal = problemFrom(config.error()).text();
        return;
    }
    model.family = QString::fromStdString(config->model_type);
    model.shape = shapeOf(*config);
    if (!weights) {
        model.refusal = weights.problem().text();
    } else {
        model.refusal = tokenizer;
    }
    if (model.refusal.isEmpty()) {
        model.hash = fingerprint(model.path, files);
    }
}

} // namespace

ModelRecord describeModel(const QString& path)
{
    const QFileInfo info(path);
    ModelRecord model;
    model.path = QDir::cleanPath(info.absoluteFilePath());
    model.name = info.fileName();
    model.id = idForPath(model.path, QFileInfo(model.path).fileName());
    model.added = QDateTime::currentDateTimeUtc();
    if (info.isDir()) {
        describeFolder(model);
    } else if (info.suffix() == "gguf"_L1) {
        model.sizeBytes = info.size();
        model.refusal = ModelImport::tr(
            "A GGUF file cannot be trained on; choose the Hugging Face folder of the "
            "same model.");
    } else {
        model.refusal = info.exists()
                            ? ModelImport::tr("This is not a model folder.")
                            : ModelImport::tr("%1 does not exist any more.").arg(model.path);
    }
    return model;
}

struct ModelImport::ScanWork final : ThreadJob::Work
{
    explicit ScanWork(QString place)
        : folder(std::move(place))
    {}

    Outcome<Done> process(JobControl& control) override
    {
        scan(folder, 0, control);
        if (control.isCancelled()) {
            return Problem{u"cancelled"_s, ModelImport::tr("Cancelled.")};
        }
        if (records.isEmpty()) {
            return Problem{u"not_found"_s,
                           ModelImport::tr("%1: no model is here.").arg(folder),
                           ModelImport::tr("Choose a folder that holds config.json and "
                                           ".safetensors files, or a folder above it.")};
        }
        return Done{};
    }

    void scan(const QString& place, int depth, JobControl& control)
    {
        if (control.isCancelled()) {
            return;
        }
        control.setProgress(-1.0, place);
        const QFileInfo info(place);
        if (info.isFile() || QFileInfo::exists(place + u"/config.json"_s)) {
            records.append(describeModel(place));
            return;
        }
        const QDir dir(place);
        for (const QString& name : dir.entryList({u"*.gguf"_s}, QDir::Files, QDir::Name)) {
            records.append(describeModel(dir.filePath(name)));
        }
        if (depth == kMaxDepth) {
            return;
        }
        for (const QString& name :
             dir.entryList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks, QDir::Name)) {
            scan(dir.filePath(name), depth + 1, control);
        }
    }

    QString folder;
    QList<ModelRecord> records;
};

ModelImport::ModelImport(const QString& folder, QObject* parent)
    : ModelImport(std::make_shared<ScanWork>(folder), parent)
{}

ModelImport::ModelImport(std::shared_ptr<ScanWork> work, QObject* parent)
    : ThreadJob(tr("Look for models in %1").arg(work->folder), work, parent)
    , m_scan(std::move(work))
{}

const QList<ModelRecord>& ModelImport::records() const
{
    return m_scan->records;
}

} // namespace app
