// RunSpec's values and map; run_spec_check.cpp has its rules and its JSON.
#include "app/runs/run_spec.h"

#include <algorithm>
#include <utility>

#include "app/paths.h"
#include "app/runs/adapter_fit.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

const QStringList kAttentionQv = {u"q_proj"_s, u"v_proj"_s};
const QStringList kAttention = {u"q_proj"_s, u"k_proj"_s, u"v_proj"_s, u"o_proj"_s};

constexpr qint64 kBytesPerParameter = 4; // adapters are saved as float32

} // namespace

RunSpec::RunSpec(QObject* parent)
    : QObject(parent)
{
    reset();
}

RunSpec::~RunSpec() = default;

const QList<FieldInfo>& RunSpec::fields()
{
    return runFields();
}

const FieldInfo* RunSpec::field(const QString& name)
{
    const auto found = std::find_if(
        fields().begin(), fields().end(), [&](const FieldInfo& each) { return each.name == name; });
    return found == fields().end() ? nullptr : &*found;
}

const QStringList& RunSpec::targetNames()
{
    static const QStringList kNames = {u"q_proj"_s,
                                       u"k_proj"_s,
                                       u"v_proj"_s,
                                       u"o_proj"_s,
                                       u"gate_proj"_s,
                                       u"up_proj"_s,
                                       u"down_proj"_s};
    return kNames;
}

QVariant RunSpec::value(const QString& name) const
{
    return m_values.value(name);
}

void RunSpec::setValue(const QString& name, const QVariant& value)
{
    const FieldInfo* info = field(name);
    if (info == nullptr || m_values.value(name) == value) {
        return;
    }
    store(name, value);
    if (name == "learning_rate"_L1) {
        m_isRatePreset = false;
    }
    Q_EMIT valueChanged(name);
    if (name == "rank"_L1) {
        Q_EMIT mapChanged();
    }
    revalidate();
}

// Kept as the kind's own type, so that a spin box's double does not become a rank of 16.0.
void RunSpec::store(const QString& name, const QVariant& value)
{
    QVariant kept = value;
    switch (field(name)->kind) {
    case FieldInfo::Kind::Integer:
        kept = value.toLongLong();
        break;
    case FieldInfo::Kind::Real:
        kept = value.toDouble();
        break;
    case FieldInfo::Kind::Toggle:
        kept = value.toBool();
        break;
    case FieldInfo::Kind::Lines:
        kept = value.toStringList();
        break;
    case FieldInfo::Kind::Choice:
    case FieldInfo::Kind::Text:
    case FieldInfo::Kind::Path:
        kept = value.toString();
        break;
    }
    m_values.insert(name, kept);
}

bool RunSpec::isDefault(const QString& name) const
{
    const FieldInfo* info = field(name);
    return info == nullptr || m_values.value(name).toString() == info->fallback.toString();
}

void RunSpec::reset()
{
    for (const FieldInfo& each : fields()) {
        store(each.name, each.fallback);
    }
    m_isRatePreset = true;
    m_targets = targetNames();
    m_layers.clear();
    m_rankPattern = {};
    m_parentRun.clear();
    for (const FieldInfo& each : fields()) {
        Q_EMIT valueChanged(each.name);
    }
    changeMap();
}

void RunSpec::setBaseModel(const ModelRecord& model)
{
    m_rest.insert("base"_L1, model.path);
    m_shape = model.shape;
    m_baseParameters = model.parameters;
    m_baseRefusal = model.refusal;
    m_layers.removeIf([this](qint64 layer) { return layer >= m_shape.numLayers; });
    Q_EMIT valueChanged(u"base"_s);
    changeMap();
}

void RunSpec::setDataset(const DatasetRecord& dataset)
{
    m_rest.insert("data"_L1, dataset.path);
    m_rest.insert("format"_L1, dataset.format.isEmpty() ? u"auto"_s : dataset.format);
    m_rest.insert("map"_L1, dataset.columnMap);
    if (!dataset.chatFormat.isEmpty()) {
        setValue(u"chat_format"_s, dataset.chatFormat);
    }
    // What was held out from the sample says nothing about other data.
    if (dataset.path != Paths::sampleDatasets().value(0)
        && value(u"eval_data"_s) == Paths::sampleEvalData()) {
        setValue(u"eval_data"_s, QString());
    }
    Q_EMIT valueChanged(u"data"_s);
    revalidate();
}

QString RunSpec::baseModel() const
{
    return m_rest.value("base"_L1).toString();
}

QString RunSpec::dataset() const
{
    return m_rest.value("data"_L1).toString();
}

QStringList RunSpec::targets() const
{
    return m_targets;
}

QList<qint64> RunSpec::layers() const
{
    if (!m_layers.isEmpty()) {
        return m_layers;
    }
    QList<qint64> all;
    for (qint64 layer = 0; layer < m_shape.numLayers; ++layer) {
        all.append(layer);
    }
    return all;
}

void RunSpec::setTargets(const QStringList& targets)
{
    setSelection(targets, layers());
}

void RunSpec::setLayers(const QList<qint64>& layers)
{
    setSelection(m_targets, layers);
}

void RunSpec::setSelection(const QStringList& targets, const QList<qint64>& layers)
{
    // `targets` may be m_targets itself.
    QStringList ordered;
    for (const QString& each : targetNames()) {
        if (targets.contains(each)) {
            ordered.append(each);
        }
    }
    m_targets = ordered;
    m_layers = layers;
    std::sort(m_layers.begin(), m_layers.end());
    m_layers.erase(std::unique(m_layers.begin(), m_layers.end()), m_layers.end());
    if (m_layers.size() == m_shape.numLayers) {
        m_layers.clear(); // all of them, of this model and of any other
    } else if (m_layers.isEmpty()) {
        m_targets.clear(); // no row: nothing is selected
    }
    changeMap();
}

void RunSpec::toggleTarget(const QString& target)
{
    QStringList next = m_targets;
    if (!next.removeOne(target)) {
        next.append(target);
    }
    setTargets(next);
}

void RunSpec::toggleLayer(qint64 layer)
{
    QList<qint64> next = m_targets.isEmpty() ? QList<qint64>() : layers();
    if (!next.removeOne(layer)) {
        next.append(layer);
    }
    setSelection(m_targets.isEmpty() ? targetNames() : m_targets, next);
}

void RunSpec::toggleCell(qint64 layer, const QString& target)
{
    const QList<qint64> rows = m_targets.isEmpty() ? QList<qint64>() : layers();
    if (!(m_targets.contains(target) && rows.contains(layer))) {
        setSelection(m_targets + QStringList{target}, rows + QList<qint64>{layer});
    } else if (rows.size() == 1) {
        toggleTarget(target);
    } else {
        toggleLayer(layer);
    }
}

QString RunSpec::toggleText(qint64 layer, const QString& target) const
{
    const QList<qint64> rows = m_targets.isEmpty() ? QList<qint64>() : layers();
    const bool hasTarget = m_targets.contains(target);
    if (hasTarget && rows.contains(layer)) {
        return rows.size() == 1 ? tr("removes %1").arg(target) : tr("removes layer %1").arg(layer);
    }
    if (hasTarget) {
        return tr("adds layer %1").arg(layer);
    }
    return rows.contains(layer) ? tr("adds %1").arg(target)
                                : tr("adds %1 and layer %2").arg(target).arg(layer);
}

void RunSpec::applyPreset(Preset preset)
{
    m_layers.clear();
    m_targets = preset == Preset::AttentionQv ? kAttentionQv
                : preset == Preset::Attention ? kAttention
                                              : targetNames();
    changeMap();
}

MapCell RunSpec::cell(qint64 layer, const QString& target) const
{
    MapCell cell;
    const bool layerChosen =
        m_layers.isEmpty() ? layer < m_shape.numLayers : m_layers.contains(layer);
    cell.targeted = m_targets.contains(target) && layerChosen;
    const std::optional<qint64> own = m_rankPattern.rank(layer, target);
    cell.hasOwnRank = own.has_value();
    cell.rank = own.value_or(m_values.value(u"rank"_s).toLongLong());
    if (cell.targeted) {
        const auto [first, second] = sidesOf(m_shape, target);
        cell.parameters = cell.rank * (first + second);
    }
    return cell;
}

void RunSpec::setTargetRank(const QString& target, qint64 rank)
{
    m_rankPattern.setTarget(target, rank);
    changeMap();
}

void RunSpec::setCellRank(qint64 layer, const QString& target, qint64 rank)
{
    m_rankPattern.setCell(layer, target, rank);
    changeMap();
}

qint64 RunSpec::largestRank(const QString& target) const
{
    const auto [first, second] = sidesOf(m_shape, target);
    return std::min(first, second);
}

qint64 RunSpec::trainableParameters() const
{
    if (m_values.value(u"method"_s) == u"full"_s) {
        return 0; // every weight: the model's own count
    }
    qint64 parameters = 0;
    for (qint64 layer = 0; layer < m_shape.numLayers; ++layer) {
        for (const QString& target : m_targets) {
            parameters += cell(layer, target).parameters;
        }
    }
    return parameters;
}

double RunSpec::adapterMegabytes() const
{
    return static_cast<double>(trainableParameters() * kBytesPerParameter) / (1024.0 * 1024.0);
}

void RunSpec::changeMap()
{
    Q_EMIT mapChanged();
    revalidate();
}

} // namespace app
