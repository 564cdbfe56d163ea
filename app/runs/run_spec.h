// RunSpec: what the New run page edits: every setting with its default, range and help, the map of
// target matrices x layers, and what is wrong or unwise; read and written as run.json.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QObject>
#include <QStringList>
#include <QVariant>

#include "app/catalog/records.h"
#include "app/error_text.h"
#include "app/human_text.h"
#include "app/runs/rank_pattern.h"
#include "app/runs/run_fields.h"

namespace app {

// One adapted matrix of the map.
struct MapCell
{
    bool targeted = false;
    bool hasOwnRank = false; // by the rank pattern, not the run's
    qint64 rank = 0;
    qint64 parameters = 0; // rank * (d_in + d_out) when targeted
};

class RunSpec final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunSpec)

public:
    enum class Preset { AttentionQv, Attention, AllLinear };

    explicit RunSpec(QObject* parent = nullptr);
    ~RunSpec() override;

    // Every field in the order of the form.
    [[nodiscard]] static const QList<FieldInfo>& fields();
    [[nodiscard]] static const FieldInfo* field(const QString& name); // nullptr: unknown
    // "q_proj", "k_proj", ... in the map's column order.
    [[nodiscard]] static const QStringList& targetNames();

    [[nodiscard]] QVariant value(const QString& name) const;
    void setValue(const QString& name, const QVariant& value); // unknown names are ignored
    [[nodiscard]] bool isDefault(const QString& name) const;
    void reset(); // every field to its default; base model and data stay

    // The base. Reads config.json; the map has its layers afterwards.
    void setBaseModel(const ModelRecord& model);

    [[nodiscard]] const ModelShape& shape() const { return m_shape; }

    void setDataset(const DatasetRecord& dataset); // its format, columns and chat format too

    [[nodiscard]] QString baseModel() const; // path; empty: none chosen
    [[nodiscard]] QString dataset() const;

    [[nodiscard]] QString parentRun() const { return m_parentRun; }

    // The map. A selection is a product, targets x layers, as PEFT writes it: switching a cell on
    // adds its row and column; switching one off removes its column when its row is the only
    // layer, else its row.
    [[nodiscard]] QStringList targets() const;
    [[nodiscard]] QList<qint64> layers() const; // never empty for a known shape: all are listed
    void setTargets(const QStringList& targets);
    void setLayers(const QList<qint64>& layers);
    void setSelection(const QStringList& targets, const QList<qint64>& layers);
    void toggleTarget(const QString& target);
    void toggleLayer(qint64 layer);
    void toggleCell(qint64 layer, const QString& target);
    // What toggleCell() would do, for people: "removes layer 3".
    [[nodiscard]] QString toggleText(qint64 layer, const QString& target) const;
    void applyPreset(Preset preset);
    [[nodiscard]] MapCell cell(qint64 layer, const QString& target) const;
    // A rank for one target (all layers) or one matrix, which goes before; 0 takes it away again.
    void setTargetRank(const QString& target, qint64 rank);
    void setCellRank(qint64 layer, const QString& target, qint64 rank);
    [[nodiscard]] qint64 largestRank(const QString& target) const; // the matrix's shorter side
    [[nodiscard]] qint64 trainableParameters() const;
    [[nodiscard]] double adapterMegabytes() const; // of the saved float32 adapter

    // The learning rate that suits the model, the chosen start and the ratio, and why. NaN when the
    // present one does; also empty when that was chosen on purpose: only a default or preset that
    // has become another method's or model's is advised against, and a rate that is risky.
    struct Advice
    {
        double learningRate = kUnknown;
        QString reason;
    };

    [[nodiscard]] Advice learningRateAdvice() const;
    void takeLearningRateAdvice();
    // Sets what suits the chosen start of the adapter: learning rate and scale. For the buttons
    // "LoRA", "LoRA-GA" and "LoRA+".
    enum class Algorithm { Lora, LoraGa, LoraPlus };
    void applyAlgorithm(Algorithm algorithm);

    // What teaches the sample model its task, with its held-out rows; packaging/sample_job.sh has
    // the same numbers.
    void applySample();

    // Field name -> sentence. Errors keep a run from starting; "" holds what belongs to no field.
    [[nodiscard]] const QMap<QString, QString>& errors() const { return m_errors; }

    [[nodiscard]] const QMap<QString, QString>& warnings() const { return m_warnings; }

    [[nodiscard]] bool canStart() const { return m_errors.isEmpty(); }

    // run.json's object; keys this studio does not know are kept through load.
    [[nodiscard]] QJsonObject toConfig() const;
    [[nodiscard]] Outcome<Done> load(const QJsonObject& config);
    // The settings that a run was asked for, to start another from; remembers the parent. Of a run
    // that no studio started the settings it trained with: nobody knows what was automatic.
    [[nodiscard]] Outcome<Done> loadFromRun(const RunRecord& run);

Q_SIGNALS:
    void valueChanged(const QString& name);
    void mapChanged();      // shape, targets, layers or ranks
    void problemsChanged(); // errors or warnings

private:
    void store(const QString& name, const QVariant& value);
    void changeMap();
    void revalidate();
    [[nodiscard]] double usualRate() const;  // of LoRA, for the chosen model
    [[nodiscard]] double presetRate() const; // of the chosen method, likewise
    [[nodiscard]] QString presetReason() const;
    void setPresetRate(double rate);

    QMap<QString, QVariant> m_values; // of fields
    bool m_isRatePreset = true;       // nobody chose the learning rate on purpose
    ModelShape m_shape;
    qint64 m_baseParameters = 0; // 0: not known
    QString m_baseRefusal;       // why the chosen base cannot be trained
    QStringList m_targets;
    QList<qint64> m_layers; // ascending; empty: all
    RankPattern m_rankPattern;
    QJsonObject m_rest; // base, data, format, map, and keys that no field shows
    QString m_parentRun;
    QMap<QString, QString> m_errors;
    QMap<QString, QString> m_warnings;
};

} // namespace app
