// The shapes of PEFT's lora_A and lora_B against those of the base's projections.
#include "app/runs/adapter_fit.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include "engine/io/safetensors.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct AdapterFitTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::AdapterFit)
};

// "...layers.3.self_attn.q_proj.lora_A.weight" is [rank, inputs], lora_B [outputs, rank].
struct LoraMatrix
{
    QString name;
    qint64 layer = 0;
    QString target;
    bool isFirst = false; // lora_A
    qint64 side = 0;      // inputs of lora_A, outputs of lora_B
};

Outcome<QList<LoraMatrix>> matricesOf(const QString& folder)
{
    static const QRegularExpression kName(
        u"layers\\.(\\d+)\\.(?:\\w+\\.)?(\\w+_proj)\\.lora_([AB])\\."_s);
    const QString path = folder + u"/adapter_model.safetensors"_s;
    const auto file = engine::SafetensorsFile::open(std::filesystem::path(path.toStdU16String()));
    if (!file) {
        return problemFrom(file.error());
    }
    QList<LoraMatrix> matrices;
    for (const engine::SafetensorsEntry& entry : file->entries()) {
        const QString name = QString::fromStdString(entry.name);
        const QRegularExpressionMatch match = kName.match(name);
        if (match.hasMatch() && entry.shape.size() == 2) {
            const bool isFirst = match.captured(3) == u'A';
            matrices.append({name,
                             match.captured(1).toLongLong(),
                             match.captured(2),
                             isFirst,
                             entry.shape.at(isFirst ? 1 : 0)});
        }
    }
    if (matrices.isEmpty()) {
        return Problem{u"format"_s,
                       AdapterFitTexts::tr("%1: there are no LoRA matrices in it.").arg(path),
                       AdapterFitTexts::tr("Choose a folder that PEFT saved.")};
    }
    return matrices;
}

Problem misfit(const QString& fact)
{
    return {u"format"_s,
            fact,
            AdapterFitTexts::tr("Choose the base model that the adapter was trained on.")};
}

} // namespace

std::pair<qint64, qint64> sidesOf(const ModelShape& shape, const QString& target)
{
    const qint64 queries = shape.numHeads * shape.headDim;
    const qint64 keys = shape.numKvHeads * shape.headDim;
    if (target == "q_proj"_L1) {
        return {shape.hiddenSize, queries};
    }
    if (target == "o_proj"_L1) {
        return {queries, shape.hiddenSize};
    }
    if (target == "k_proj"_L1 || target == "v_proj"_L1) {
        return {shape.hiddenSize, keys};
    }
    if (target == "down_proj"_L1) {
        return {shape.intermediateSize, shape.hiddenSize};
    }
    return {shape.hiddenSize, shape.intermediateSize}; // gate, up
}

Outcome<Done> checkAdapterFile(const QString& folder)
{
    const Outcome<QList<LoraMatrix>> matrices = matricesOf(folder);
    return matrices ? Outcome<Done>(Done{}) : matrices.problem();
}

Outcome<Done> checkAdapterFits(const QString& folder, const ModelRecord& base)
{
    const Outcome<QList<LoraMatrix>> matrices = matricesOf(folder);
    if (!matrices) {
        return matrices.problem();
    }
    for (const LoraMatrix& matrix : *matrices) {
        if (matrix.layer >= base.shape.numLayers) {
            return misfit(AdapterFitTexts::tr("%1: layer %2 is adapted, %3 has %4 layers.")
                              .arg(matrix.name)
                              .arg(matrix.layer)
                              .arg(base.name)
                              .arg(base.shape.numLayers));
        }
        const auto [inputs, outputs] = sidesOf(base.shape, matrix.target);
        const qint64 wanted = matrix.isFirst ? inputs : outputs;
        if (matrix.side != wanted) {
            return misfit(AdapterFitTexts::tr("%1: it is for %2 numbers, %3 has %4.")
                              .arg(matrix.name)
                              .arg(matrix.side)
                              .arg(base.name)
                              .arg(wanted));
        }
    }
    return Done{};
}

} // namespace app
