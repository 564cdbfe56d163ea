// The worker's answers to questions (check, estimate, devices, export, generate) as plain structs,
// read from their JSON lines.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include "app/catalog/records.h"

namespace app {

struct MemoryTerm
{
    QString name;  // "base_weights", "activations", ...
    QString label; // for people
    qint64 bytes = 0;
};

// What a run will need against what there is, and the batch the estimate chose.
struct MemoryEstimate
{
    QList<MemoryTerm> terms;
    qint64 total = 0;
    qint64 available = 0;
    bool fits = false;
    qint64 microBatchSize = 0; // resolved
    qint64 gradAccumSteps = 0;
    qint64 seqLen = 0;
    qint64 maxSteps = 0;
    qint64 trainableParameters = 0;
    QMap<QString, QString> problems; // field -> sentence
    QMap<QString, QString> warnings;
};

struct RowProblemText
{
    bool refused = false; // otherwise a warning
    qint64 row = 0;       // 1-based; 0: the file
    QString code;
    QString message;
};

// A rendered row of the data gate.
struct PreviewToken
{
    qint64 id = 0;
    QString text;
    bool trained = false; // carries loss
};

struct PreviewRow
{
    qint64 row = 0;
    QString rendered;
    QList<PreviewToken> tokens;
    qint64 totalTokens = 0; // may be more than are listed
    qint64 trainedTokens = 0;
};

struct HistogramBin
{
    qint64 from = 0; // tokens, inclusive
    qint64 to = 0;   // exclusive
    qint64 count = 0;
};

struct DatasetCheck
{
    QString container; // "jsonl", ...
    QString format;    // recognised shape
    QString chatFormat;
    QStringList columns;
    QString fingerprint;
    qint64 rows = 0;
    qint64 accepted = 0;
    qint64 warned = 0;
    qint64 refused = 0;
    bool usable = false;
    QString reason; // why it is not usable
    qint64 blank = 0;
    qint64 duplicates = 0;
    bool counted = false; // with a base model: the six below are known
    qint64 tooLong = 0;   // cut at seq_len
    qint64 fullyMasked = 0;
    qint64 tokens = 0;
    qint64 trainedTokens = 0;
    qint64 longest = 0;
    qint64 percentile95 = 0;
    qint64 suggestedSeqLen = 0;
    QList<HistogramBin> lengths;
    QList<RowProblemText> problems;
    QList<PreviewRow> preview;
};

struct DeviceInfo
{
    QString id; // "cpu", "cuda:0"
    QString name;
    qint64 totalMemory = 0;
    qint64 freeMemory = -1; // bytes; -1: not known
    bool usable = false;
    QString reason;                    // why it is not usable
    QMap<QString, QString> properties; // "instructions", ...
};

struct DeviceList
{
    QList<DeviceInfo> devices;
    QString note; // one sentence on why there is no GPU; empty when there is one
};

// What a merge or an export's check found.
struct ExportResult
{
    QString path;
    QString format;
    double maxLogitDifference = kUnknown;  // against base + adapter
    double baseLogitDifference = kUnknown; // against the base alone: must not be 0
    double tolerance = kUnknown;
    double top1Agreement = kUnknown; // share of positions with the same most likely token
    qint64 positions = 0;            // compared
    bool passed = false;
    QString baseQuant = QStringLiteral("none"); // or "nf4", "int8": the base's in training
};

struct Answer
{
    QString adapter; // key; empty: the base
    QString text;
    qint64 promptTokens = 0;
    qint64 tokens = 0;
    double seconds = kUnknown;
    QString finishReason; // "stop", "length", "cancelled"
};

[[nodiscard]] MemoryEstimate memoryEstimateFrom(const QJsonObject& event);
[[nodiscard]] DatasetCheck datasetCheckFrom(const QJsonObject& event);
[[nodiscard]] DeviceList devicesFrom(const QJsonObject& event);
[[nodiscard]] ExportResult exportResultFrom(const QJsonObject& event);
[[nodiscard]] Answer answerFrom(const QJsonObject& event);

} // namespace app
