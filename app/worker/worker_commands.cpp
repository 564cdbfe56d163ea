// Commands as JSON objects; tests/app holds each against the engine's own parser.
#include "app/worker/worker_commands.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace app {

namespace {

QJsonObject command(QLatin1StringView name)
{
    return {{u"command"_s, name}};
}

QJsonObject runCommand(QLatin1StringView name, const QString& runFolder)
{
    return {{u"command"_s, name}, {u"run_dir"_s, runFolder}};
}

} // namespace

QJsonObject trainCommand(const QString& runFolder)
{
    return runCommand("train"_L1, runFolder);
}

QJsonObject resumeRunCommand(const QString& runFolder)
{
    return runCommand("resume_run"_L1, runFolder);
}

QJsonObject pauseCommand()
{
    return command("pause"_L1);
}

QJsonObject continueCommand()
{
    return command("continue"_L1);
}

QJsonObject checkpointCommand()
{
    return command("checkpoint"_L1);
}

QJsonObject sampleCommand()
{
    return command("sample"_L1);
}

QJsonObject stopCommand()
{
    return {{u"command"_s, u"stop"_s}, {u"save"_s, true}};
}

QJsonObject discardCommand()
{
    return {{u"command"_s, u"stop"_s}, {u"save"_s, false}};
}

QJsonObject quitCommand()
{
    return command("quit"_L1);
}

QJsonObject cancelCommand()
{
    return command("cancel"_L1);
}

QJsonObject loadModelCommand(const QString& baseModel, const BaseWeights& weights)
{
    return {{u"command"_s, u"load_model"_s},
            {u"base_model"_s, baseModel},
            {u"dtype"_s, weights.dtype},
            {u"base_quant"_s, weights.baseQuant},
            {u"device"_s, weights.device}};
}

QJsonObject loadAdapterCommand(const QString& key, const QString& folder)
{
    return {{u"command"_s, u"load_adapter"_s}, {u"key"_s, key}, {u"path"_s, folder}};
}

QJsonObject unloadAdapterCommand(const QString& key)
{
    return {{u"command"_s, u"unload_adapter"_s}, {u"key"_s, key}};
}

QJsonObject generateCommand(const GenerateRequest& request)
{
    QJsonObject object = command("generate"_L1);
    object.insert("adapter"_L1, request.adapter);
    if (request.messages.isEmpty()) {
        object.insert("prompt"_L1, request.prompt);
    } else {
        QJsonArray turns;
        for (const ChatTurn& turn : request.messages) {
            turns.append(QJsonObject{{u"role"_s, turn.role}, {u"content"_s, turn.content}});
        }
        object.insert("messages"_L1, turns);
    }
    object.insert("chat_format"_L1, request.chatFormat);
    object.insert("max_new_tokens"_L1, request.sampling.maxNewTokens);
    object.insert("temperature"_L1, request.sampling.temperature);
    object.insert("top_k"_L1, request.sampling.topK);
    object.insert("top_p"_L1, request.sampling.topP);
    object.insert("seed"_L1, request.sampling.seed);
    return object;
}

QJsonObject checkCommand(const CheckOptions& options)
{
    QJsonObject object = command("check"_L1);
    object.insert("base_model"_L1, options.baseModel);
    object.insert("dataset"_L1, options.dataset);
    object.insert("format"_L1, options.format);
    object.insert("column_map"_L1, options.columnMap);
    object.insert("chat_format"_L1, options.chatFormat);
    object.insert("preview_rows"_L1, options.previewRows);
    object.insert("preview_offset"_L1, options.previewOffset);
    object.insert("seq_len"_L1, options.seqLen);
    object.insert("mask_prompt"_L1, options.maskPrompt);
    return object;
}

QJsonObject exportCommand(const ExportOptions& options)
{
    // A merged folder is the protocol's `merge`, which also takes the size of a shard.
    const bool merged = options.format == "hf"_L1;
    QJsonObject object = command(merged ? "merge"_L1 : "export"_L1);
    object.insert("base_model"_L1, options.baseModel);
    object.insert("adapter"_L1, options.adapter);
    object.insert("out"_L1, options.out);
    object.insert("dtype"_L1, options.dtype);
    if (merged) {
        object.insert("max_shard_bytes"_L1, options.maxShardBytes);
    } else {
        object.insert("format"_L1, options.format);
    }
    return object;
}

QJsonObject analyzeCommand(const QString& baseModel, const QString& adapterFolder)
{
    return {
        {u"command"_s, u"analyze"_s}, {u"base_model"_s, baseModel}, {u"adapter"_s, adapterFolder}};
}

QJsonObject inspectCommand(const QString& path)
{
    return {{u"command"_s, u"inspect"_s}, {u"path"_s, path}};
}

QJsonObject estimateCommand(const QJsonObject& config)
{
    return {{u"command"_s, u"estimate"_s}, {u"config"_s, config}};
}

QJsonObject devicesCommand()
{
    return command("devices"_L1);
}

} // namespace app
