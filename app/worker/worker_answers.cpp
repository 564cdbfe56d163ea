// Answers out of their JSON objects, as engine/worker/answers.h describes them.
#include "app/worker/worker_answers.h"

#include <array>

#include <QCoreApplication>
#include <QJsonArray>

#include "app/worker/worker_events.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct EstimateTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::MemoryEstimate)
};

struct TermLabel
{
    QLatin1StringView name;
    const char* label = "";
};

constexpr std::array<TermLabel, 8> kTermLabels = {{
    {"baseline"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Program and data")},
    {"base_weights"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Base model")},
    {"adapter"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Adapter")},
    {"gradients"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Gradients")},
    {"optimizer"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Optimizer")},
    {"activations"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Activations")},
    {"initialization"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "LoRA-GA's start")},
    {"samples"_L1, QT_TRANSLATE_NOOP("app::MemoryEstimate", "Samples")},
}};

// A name without a label of ours is shown with its underscores as spaces.
QString termLabel(const QString& name)
{
    for (const TermLabel& each : kTermLabels) {
        if (name == each.name) {
            return EstimateTexts::tr(each.label);
        }
    }
    QString label = name;
    label.replace(u'_', u' ');
    if (!label.isEmpty()) {
        label[0] = label[0].toUpper();
    }
    return label;
}

QMap<QString, QString> fieldMessages(const QJsonValue& list)
{
    QMap<QString, QString> messages;
    for (const QJsonValue value : list.toArray()) {
        const QJsonObject object = value.toObject();
        messages.insert(object.value("field"_L1).toString(), object.value("message"_L1).toString());
    }
    return messages;
}

PreviewRow previewRowFrom(const QJsonObject& object)
{
    PreviewRow row;
    row.row = object.value("row"_L1).toInteger();
    row.totalTokens = object.value("total_tokens"_L1).toInteger();
    row.trainedTokens = object.value("total_targets"_L1).toInteger();
    for (const QJsonValue part : object.value("parts"_L1).toArray()) {
        row.rendered += part.toObject().value("text"_L1).toString();
    }
    for (const QJsonValue value : object.value("tokens"_L1).toArray()) {
        const QJsonObject token = value.toObject();
        row.tokens.append({token.value("id"_L1).toInteger(),
                           token.value("text"_L1).toString(),
                           token.value("trained"_L1).toBool()});
    }
    return row;
}

void readStatistics(const QJsonObject& event, DatasetCheck& check)
{
    const QJsonObject tokens = event.value("tokens"_L1).toObject();
    check.counted = !tokens.isEmpty();
    check.tokens = tokens.value("tokens"_L1).toInteger();
    check.trainedTokens = tokens.value("targets"_L1).toInteger();
    check.tooLong = tokens.value("too_long"_L1).toInteger();
    check.fullyMasked = tokens.value("fully_masked"_L1).toInteger();
    check.longest = tokens.value("longest"_L1).toInteger();
    check.percentile95 = tokens.value("percentile_95"_L1).toInteger();
    check.suggestedSeqLen = event.value("suggested_seq_len"_L1).toInteger();
    const QJsonObject histogram = event.value("histogram"_L1).toObject();
    const qint64 width = histogram.value("bin_width"_L1).toInteger();
    qint64 from = 0;
    for (const QJsonValue count : histogram.value("counts"_L1).toArray()) {
        check.lengths.append({from, from + width, count.toInteger()});
        from += width;
    }
}

void readProblems(const QJsonObject& event, DatasetCheck& check)
{
    for (const QJsonValue value : event.value("problems"_L1).toArray()) {
        const QJsonObject problem = value.toObject();
        check.problems.append({problem.value("severity"_L1).toString() == "error"_L1,
                               problem.value("row"_L1).toInteger(),
                               problem.value("code"_L1).toString(),
                               problem.value("message"_L1).toString()});
    }
    check.blank = event.value("blank"_L1).toInteger();
    check.duplicates = event.value("duplicates"_L1).toInteger();
    check.usable = event.value("verdict"_L1).toString() != "error"_L1;
    const QJsonObject error = event.value("error"_L1).toObject();
    if (!error.isEmpty()) {
        check.reason = problemFromFailed(error).text();
    }
}

} // namespace

MemoryEstimate memoryEstimateFrom(const QJsonObject& event)
{
    MemoryEstimate estimate;
    for (const QJsonValue value : event.value("terms"_L1).toArray()) {
        const QJsonObject term = value.toObject();
        const QString name = term.value("name"_L1).toString();
        estimate.terms.append({name, termLabel(name), term.value("bytes"_L1).toInteger()});
    }
    estimate.total = event.value("total_bytes"_L1).toInteger();
    estimate.available = event.value("available_bytes"_L1).toInteger();
    estimate.fits = event.value("fits"_L1).toBool();
    estimate.microBatchSize = event.value("micro_batch_size"_L1).toInteger();
    estimate.gradAccumSteps = event.value("grad_accum_steps"_L1).toInteger();
    estimate.seqLen = event.value("seq_len"_L1).toInteger();
    estimate.maxSteps = event.value("max_steps"_L1).toInteger();
    estimate.trainableParameters = event.value("trainable_parameters"_L1).toInteger();
    estimate.problems = fieldMessages(event.value("problems"_L1));
    estimate.warnings = fieldMessages(event.value("warnings"_L1));
    return estimate;
}

DatasetCheck datasetCheckFrom(const QJsonObject& event)
{
    DatasetCheck check;
    check.container = event.value("container"_L1).toString();
    check.format = event.value("format"_L1).toString();
    check.chatFormat = event.value("chat_format"_L1).toString();
    for (const QJsonValue column : event.value("columns"_L1).toArray()) {
        check.columns.append(column.toString());
    }
    check.fingerprint = event.value("fingerprint"_L1).toString();
    check.rows = event.value("rows"_L1).toInteger();
    check.accepted = event.value("accepted"_L1).toInteger();
    check.warned = event.value("warned"_L1).toInteger();
    check.refused = event.value("refused"_L1).toInteger();
    readProblems(event, check);
    readStatistics(event, check);
    for (const QJsonValue row : event.value("preview"_L1).toArray()) {
        check.preview.append(previewRowFrom(row.toObject()));
    }
    return check;
}

DeviceList devicesFrom(const QJsonObject& event)
{
    DeviceList list = {.devices = {}, .note = event.value("note"_L1).toString()};
    for (const QJsonValue value : event.value("devices"_L1).toArray()) {
        const QJsonObject object = value.toObject();
        DeviceInfo device;
        device.id = object.value("device"_L1).toString();
        device.name = object.value("name"_L1).toString();
        device.totalMemory = object.value("memory_bytes"_L1).toInteger();
        device.freeMemory = object.value("free_memory_bytes"_L1).toInteger(-1);
        device.usable = object.value("usable"_L1).toBool();
        device.reason = object.value("reason"_L1).toString();
        const QJsonObject properties = object.value("properties"_L1).toObject();
        for (auto each = properties.begin(); each != properties.end(); ++each) {
            device.properties.insert(each.key(), each.value().toVariant().toString());
        }
        list.devices.append(device);
    }
    return list;
}

ExportResult exportResultFrom(const QJsonObject& event)
{
    const QJsonObject check = event.value("check"_L1).toObject();
    ExportResult result;
    result.path = event.value("path"_L1).toString();
    result.format = event.value("format"_L1).toString();
    result.baseQuant = event.value("base_quant"_L1).toString(u"none"_s);
    result.passed = check.value("passed"_L1).toBool();
    result.positions = check.value("positions"_L1).toInteger();
    result.maxLogitDifference = check.value("max_abs_difference"_L1).toDouble(kUnknown);
    result.baseLogitDifference = check.value("difference_from_base"_L1).toDouble(kUnknown);
    result.tolerance = check.value("tolerance"_L1).toDouble(kUnknown);
    result.top1Agreement = check.value("top1_agreement"_L1).toDouble(kUnknown);
    return result;
}

Answer answerFrom(const QJsonObject& event)
{
    Answer answer;
    answer.adapter = event.value("adapter"_L1).toString();
    answer.text = event.value("text"_L1).toString();
    answer.promptTokens = event.value("prompt_tokens"_L1).toInteger();
    answer.tokens = event.value("tokens"_L1).toInteger();
    answer.seconds = event.value("seconds"_L1).toDouble(kUnknown);
    answer.finishReason = event.value("finish_reason"_L1).toString();
    return answer;
}

} // namespace app
