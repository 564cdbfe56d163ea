// RunSpec's rules, which are the engine's, its advice, and its run.json.
#include <cmath>

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include "app/paths.h"
#include "app/runs/run_folder.h"
#include "app/runs/run_spec.h"
#include "engine/train/train_config.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// What resources/sample/README.md measured.
constexpr double kSampleEpochs = 3.0;
constexpr int kSampleEvalEvery = 20; // of about 150 steps; one takes as long as a few of them
constexpr double kLoraPlusRatio = 16.0;
constexpr double kTolerance = 1e-9; // of a rate, relative

bool isSameRate(double a, double b)
{
    return std::abs(a - b) <= kTolerance * std::abs(b);
}

QJsonValue toJsonValue(const FieldInfo& field, const QVariant& value)
{
    if (field.kind == FieldInfo::Kind::Lines) {
        return QJsonArray::fromStringList(value.toStringList());
    }
    return QJsonValue::fromVariant(value);
}

QString fieldOf(const engine::TrainConfig::FieldError& error)
{
    return QString::fromStdString(error.field);
}

// Without the field's key before it: a form says the sentence at the field.
template <typename Each>
QString sentenceOf(const Each& each)
{
    const QString message = QString::fromStdString(each.message);
    const QString key = fieldOf(each) + u": "_s;
    return message.startsWith(key) ? message.sliced(key.size()) : message;
}

} // namespace

QJsonObject RunSpec::toConfig() const
{
    QJsonObject config = m_rest;
    for (const FieldInfo& each : fields()) {
        config.insert(each.name, toJsonValue(each, m_values.value(each.name)));
    }
    config.insert("targets"_L1, QJsonArray::fromStringList(m_targets));
    QJsonArray layers;
    for (const qint64 layer : m_layers) {
        layers.append(layer);
    }
    config.insert("layers"_L1, layers);
    config.insert("rank_pattern"_L1, m_rankPattern.toJson());
    return config;
}

Outcome<Done> RunSpec::load(const QJsonObject& config)
{
    const QByteArray text = QJsonDocument(config).toJson(QJsonDocument::Compact);
    const auto json = engine::parse_json(text.toStdString(), "run.json");
    if (!json) {
        return problemFrom(json.error());
    }
    const auto parsed = engine::TrainConfig::from_json(*json);
    if (!parsed) {
        return problemFrom(parsed.error());
    }
    // Written out again, short spellings ("all-linear", "0-3") have become lists.
    QJsonObject full =
        QJsonDocument::fromJson(QByteArray::fromStdString(parsed->to_json().dump())).object();
    m_targets.clear();
    for (const QJsonValue each : full.take("targets"_L1).toArray()) {
        m_targets.append(each.toString());
    }
    m_layers.clear();
    for (const QJsonValue each : full.take("layers"_L1).toArray()) {
        m_layers.append(each.toInteger());
    }
    m_rankPattern = RankPattern::fromJson(full.take("rank_pattern"_L1).toObject());
    for (const FieldInfo& each : fields()) {
        store(each.name, full.take(each.name).toVariant());
    }
    m_rest = full;
    const double rate = m_values.value(u"learning_rate"_s).toDouble();
    m_isRatePreset =
        isSameRate(rate, engine::usual_learning_rate(0)) || isSameRate(rate, presetRate());
    for (const FieldInfo& each : fields()) {
        Q_EMIT valueChanged(each.name);
    }
    changeMap();
    return Done{};
}

Outcome<Done> RunSpec::loadFromRun(const RunRecord& run)
{
    const QJsonObject asked = RunFolder(run.folder).readStudio().value(kAskedKey).toObject();
    Outcome<Done> loaded = load(asked.isEmpty() ? run.config : asked);
    if (loaded) {
        m_parentRun = run.id;
    }
    return loaded;
}

double RunSpec::usualRate() const
{
    return engine::usual_learning_rate(m_baseParameters);
}

double RunSpec::presetRate() const
{
    const bool isGradient = m_values.value(u"init"_s) == u"lora-ga"_s;
    return engine::first_learning_rate(isGradient ? engine::Init::LoraGa : engine::Init::Lora,
                                       m_values.value(u"loraplus_ratio"_s).toDouble(),
                                       usualRate());
}

RunSpec::Advice RunSpec::learningRateAdvice() const
{
    const double rate = m_values.value(u"learning_rate"_s).toDouble();
    if (m_values.value(u"method"_s) == u"full"_s) {
        return {};
    }
    const double preset = presetRate();
    if (isSameRate(rate, preset)) {
        return {kUnknown, presetReason()};
    }
    const bool isRisky = m_warnings.contains(u"learning_rate"_s);
    return m_isRatePreset || isRisky ? Advice{preset, presetReason()} : Advice();
}

QString RunSpec::presetReason() const
{
    const double ratio = m_values.value(u"loraplus_ratio"_s).toDouble();
    if (m_values.value(u"init"_s) == u"lora-ga"_s) {
        return tr("LoRA-GA starts along the model's gradient, so its best rate is near that of "
                  "training every weight.");
    }
    if (ratio > 1.0) {
        return tr("With a LoRA+ ratio of %1 matrix B already learns %1 times faster than A.")
            .arg(ratio);
    }
    return usualRate() > engine::usual_learning_rate(0)
               ? tr("The base is so small that it needs a larger rate than others.")
               : tr("The usual rate for LoRA, where matrix B starts from zero.");
}

void RunSpec::takeLearningRateAdvice()
{
    if (const Advice advice = learningRateAdvice(); !std::isnan(advice.learningRate)) {
        setPresetRate(advice.learningRate);
    }
}

void RunSpec::setPresetRate(double rate)
{
    setValue(u"learning_rate"_s, rate);
    m_isRatePreset = true;
}

void RunSpec::applyAlgorithm(Algorithm algorithm)
{
    const bool gradient = algorithm == Algorithm::LoraGa;
    setValue(u"init"_s, gradient ? u"lora-ga"_s : u"lora"_s);
    setValue(u"loraplus_ratio"_s, algorithm == Algorithm::LoraPlus ? kLoraPlusRatio : 1.0);
    setValue(u"rslora"_s, gradient); // the stable scale assumes alpha / sqrt(rank)
    setPresetRate(presetRate());
}

void RunSpec::applySample()
{
    setPresetRate(presetRate());
    setValue(u"epochs"_s, kSampleEpochs);
    setValue(u"eval_data"_s, Paths::sampleEvalData());
    setValue(u"eval_every"_s, kSampleEvalEvery);
}

void RunSpec::revalidate()
{
    QMap<QString, QString> errors;
    QMap<QString, QString> warnings;
    if (baseModel().isEmpty()) {
        errors.insert(u"base"_s, tr("Choose a base model."));
    } else if (!m_baseRefusal.isEmpty()) {
        errors.insert(u"base"_s, m_baseRefusal);
    }
    if (dataset().isEmpty()) {
        errors.insert(u"data"_s, tr("Choose a data set."));
    } else if (!QFileInfo::exists(dataset())) {
        errors.insert(u"data"_s, tr("%1 does not exist any more.").arg(dataset()));
    }
    const QString evalData = m_values.value(u"eval_data"_s).toString();
    bool isShare = false;
    evalData.toDouble(&isShare);
    if (!evalData.isEmpty() && !isShare && !QFileInfo(evalData).isFile()) {
        errors.insert(u"eval_data"_s, tr("%1: there is no such file.").arg(evalData));
    }
    const QByteArray text = QJsonDocument(toConfig()).toJson(QJsonDocument::Compact);
    const auto json = engine::parse_json(text.toStdString(), "run.json");
    const auto config = json ? engine::TrainConfig::from_json(*json)
                             : engine::Result<engine::TrainConfig>(json.error());
    if (!config) {
        errors.insert(QString(), problemFrom(config.error()).text());
    } else {
        for (const auto& each : config->validate()) {
            if (!errors.contains(fieldOf(each))) {
                errors.insert(fieldOf(each), sentenceOf(each));
            }
        }
        for (const auto& each : config->warnings(usualRate())) {
            if (!warnings.contains(fieldOf(each))) {
                warnings.insert(fieldOf(each), sentenceOf(each));
            }
        }
    }
    const qint64 steps = m_values.value(u"max_steps"_s).toLongLong();
    if (steps > 0 && !isDefault(u"epochs"_s) && !warnings.contains(u"epochs"_s)) {
        warnings.insert(u"epochs"_s,
                        tr("Without effect: the run takes the %1 steps that are set. Set the steps "
                           "to 0 to count epochs.")
                            .arg(steps));
    }
    if (errors != m_errors || warnings != m_warnings) {
        m_errors = errors;
        m_warnings = warnings;
        Q_EMIT problemsChanged();
    }
}

} // namespace app
