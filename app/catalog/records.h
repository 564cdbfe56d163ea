// What the catalog knows: models, data sets, runs, adapter versions and votes, as plain structs.
#pragma once

#include <limits>

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include "app/runs/run_state.h"

namespace app {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// The sizes of a base model that the map and the parameter count need.
struct ModelShape
{
    qint64 hiddenSize = 0;
    qint64 intermediateSize = 0;
    qint64 numLayers = 0;
    qint64 numHeads = 0;
    qint64 numKvHeads = 0;
    qint64 headDim = 0;
    qint64 vocabSize = 0;
    qint64 maxPositions = 0;

    [[nodiscard]] bool isKnown() const { return numLayers > 0; }

    friend bool operator==(const ModelShape&, const ModelShape&) = default;
};

// A base model folder or GGUF file.
struct ModelRecord
{
    QString id;   // the registration's name in the workspace
    QString path; // absolute
    QString name;
    QString family;       // "llama", "qwen3", ...; empty when it cannot be used
    QString dtype;        // of the stored weights
    QString tokenizer;    // "BPE, 512 tokens"; empty: none found
    QString chatTemplate; // "in the tokenizer", or a built-in format's name; empty: none
    QString licence;      // as stated in the model's card; empty: not stated
    QString hash;    // SHA-256 over the weights' headers and the config, hex; empty: not computed
    QString refusal; // why it cannot be trained, in one sentence; empty: it can
    ModelShape shape;
    qint64 parameters = 0;
    qint64 sizeBytes = 0;
    QDateTime added;
    QStringList tags;
    QString notes;
};

struct DatasetRecord
{
    QString id;
    QString path; // absolute
    QString name;
    QString format;        // "auto", "alpaca", ...: as chosen by the person
    QString recognized;    // as recognised at import; empty: not checked yet
    QJsonObject columnMap; // file column -> role
    QString chatFormat;
    QString hash; // SHA-256 of the file, hex
    qint64 rows = 0;
    qint64 warned = 0;
    qint64 refused = 0;
    qint64 sizeBytes = 0;
    QDateTime added;
    QStringList tags;
    QString notes;
};

// What came out of a run; NaN or 0 where it is not known.
struct RunNumbers
{
    qint64 step = 0;
    qint64 maxSteps = 0;
    double loss = kUnknown;
    double evalLoss = kUnknown; // best
    double perplexity = kUnknown;
    double tokensPerSecond = kUnknown;
    double seconds = kUnknown;
    qint64 tokens = 0;
    qint64 peakMemory = 0; // bytes
    qint64 trainableParameters = 0;
};

struct RunRecord
{
    QString id;     // the folder's name
    QString folder; // absolute
    QString name;
    RunState state = RunState::Queued;
    QString baseModel;   // path
    QString baseHash;    // hex; empty: not known
    QString dataset;     // path
    QString datasetHash; // hex; empty: not known
    QString parent;      // the run whose settings this one started from; empty: none
    QJsonObject config;  // run.json
    RunNumbers numbers;
    QString problem; // why it failed; empty otherwise
    QDateTime created;
    QDateTime updated;
    qint64 sizeBytes = 0;
    QStringList tags;
    QString notes;
};

// One adapter folder: a run's result, one of its checkpoints, or an imported one.
struct AdapterRecord
{
    enum class Kind { Final, Checkpoint, Imported };

    QString id;     // "RUN/adapter", "RUN/checkpoints/step-N" or "imported/NAME"
    QString folder; // absolute; PEFT layout
    QString name;
    Kind kind = Kind::Final;
    QString run;    // the run's id; empty when imported
    QString parent; // the adapter it descends from; empty: its base
    QString baseModel;
    QString baseHash;
    QString datasetHash;
    QString hash;       // SHA-256 of adapter_model.safetensors, hex
    QJsonObject config; // the run's settings, or adapter_config.json when imported
    RunNumbers numbers;
    qint64 rank = 0;    // of the run, or of the file when imported
    double alpha = 0.0; // likewise
    QStringList targetModules;
    qint64 sizeBytes = 0;
    QDateTime created;
    QStringList tags;
    QString notes;
};

// A blind choice between two answers in the playground. An empty adapter is the base.
struct VoteRecord
{
    QString id;
    QString prompt;
    QString left;
    QString right;
    QString winner; // "left", "right", "tie"
    QDateTime created;
};

} // namespace app
