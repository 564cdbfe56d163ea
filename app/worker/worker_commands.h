// Commands to the worker as JSON objects, in the protocol's words (engine/worker/protocol.h).
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace app {

struct ChatTurn
{
    QString role; // "system", "user", "assistant"
    QString content;
};

struct Sampling
{
    int maxNewTokens = 256;
    double temperature = 0.0; // 0: greedy
    int topK = 0;             // 0: off
    double topP = 1.0;
    qint64 seed = 0;
};

struct GenerateRequest
{
    QString adapter; // key; empty: the base
    QString prompt;  // raw text, or
    QList<ChatTurn> messages;
    QString chatFormat = QStringLiteral("auto");
    Sampling sampling;
};

struct CheckOptions
{
    QString baseModel; // folder; empty: no token counts
    QString dataset;
    QString format = QStringLiteral("auto");
    QJsonObject columnMap;
    QString chatFormat = QStringLiteral("auto");
    qint64 previewRows = 20;
    qint64 previewOffset = 0;
    qint64 seqLen = 0;
    bool maskPrompt = true;
};

struct ExportOptions
{
    QString baseModel;
    QString adapter; // folder
    QString format;  // "peft", "hf"
    QString out;
    QString dtype = QStringLiteral("bf16");
    qint64 maxShardBytes = 5'000'000'000; // of "hf"
};

// Objects without "id"; WorkerClient::send adds it.
[[nodiscard]] QJsonObject trainCommand(const QString& runFolder);
[[nodiscard]] QJsonObject resumeRunCommand(const QString& runFolder);
[[nodiscard]] QJsonObject pauseCommand();
[[nodiscard]] QJsonObject continueCommand();
[[nodiscard]] QJsonObject checkpointCommand();
[[nodiscard]] QJsonObject sampleCommand();
[[nodiscard]] QJsonObject stopCommand();
[[nodiscard]] QJsonObject discardCommand(); // stop without saving
[[nodiscard]] QJsonObject quitCommand();
[[nodiscard]] QJsonObject cancelCommand();

// How a base's weights are held in memory, and where.
struct BaseWeights
{
    QString dtype = QStringLiteral("f32");      // what is computed with: "f32", "bf16"
    QString baseQuant = QStringLiteral("none"); // "none", "nf4", "int8"
    QString device = QStringLiteral("auto");    // "auto", "cpu", "cuda:0", ...

    bool operator==(const BaseWeights&) const = default;
};

[[nodiscard]] QJsonObject loadModelCommand(const QString& baseModel, const BaseWeights& weights);
[[nodiscard]] QJsonObject loadAdapterCommand(const QString& key, const QString& folder);
[[nodiscard]] QJsonObject unloadAdapterCommand(const QString& key);
[[nodiscard]] QJsonObject generateCommand(const GenerateRequest& request);
[[nodiscard]] QJsonObject checkCommand(const CheckOptions& options);
[[nodiscard]] QJsonObject exportCommand(const ExportOptions& options);
[[nodiscard]] QJsonObject inspectCommand(const QString& path);
[[nodiscard]] QJsonObject estimateCommand(const QJsonObject& config);
[[nodiscard]] QJsonObject devicesCommand();
[[nodiscard]] QJsonObject analyzeCommand(const QString& baseModel, const QString& adapterFolder);

} // namespace app
