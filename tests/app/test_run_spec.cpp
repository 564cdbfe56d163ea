// RunSpec: the form's table, the map, counts worked out by hand, rules, and run.json there and
// back. One file because the cases are of one form.
#include <algorithm>
#include <cmath>

#include <QSignalSpy>

#include "app/runs/comparison.h"
#include "app/runs/memory_fit.h"
#include "app/runs/run_spec.h"
#include "app/worker/worker_answers.h"
#include "engine/train/train_config.h"
#include "tests/app/app_test.h"

using app::FieldInfo;
using app::RunSpec;
using namespace Qt::StringLiterals;

namespace {

// hidden 64, intermediate 128, 4 heads of 16, 2 key/value heads, 3 layers.
app::ModelRecord smallModel()
{
    app::ModelRecord model;
    model.path = u"/models/small"_s;
    model.shape = {64, 128, 3, 4, 2, 16, 100, 256};
    return model;
}

// With as many parameters as resources/sample/model.
app::ModelRecord sampleModel()
{
    app::ModelRecord model = smallModel();
    model.parameters = 1'200'000;
    return model;
}

// d_in + d_out: q 128, k 96, v 96, o 128, gate 192, up 192, down 192.
constexpr qint64 kLayerSides = 128 + 96 + 96 + 128 + 192 + 192 + 192;

// One that does not fit, and what it resolved.
app::MemoryEstimate estimateOf(qint64 gradAccumSteps, qint64 length)
{
    app::MemoryEstimate estimate;
    estimate.microBatchSize = 1;
    estimate.gradAccumSteps = gradAccumSteps;
    estimate.seqLen = length;
    return estimate;
}

} // namespace

class TestRunSpec final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void everyFieldIsCompleteAndKnownToTheEngine()
    {
        QVERIFY(RunSpec::fields().size() > 40);
        for (const FieldInfo& field : RunSpec::fields()) {
            QVERIFY2(!field.label.isEmpty() && !field.help.isEmpty(), qPrintable(field.name));
            QVERIFY2(field.fallback.isValid(), qPrintable(field.name)); // the engine writes the key
            if (field.kind == FieldInfo::Kind::Integer || field.kind == FieldInfo::Kind::Real) {
                QVERIFY2(field.minimum < field.maximum, qPrintable(field.name));
                QVERIFY2(field.fallback.toDouble() >= field.minimum, qPrintable(field.name));
            }
            if (field.kind == FieldInfo::Kind::Choice) {
                QVERIFY2(field.choices.contains(field.fallback.toString()), qPrintable(field.name));
            }
        }
    }

    void defaultsAreTheProducts()
    {
        const RunSpec spec;
        QCOMPARE(spec.value(u"rank"_s).toInt(), 16);
        QCOMPARE(spec.value(u"alpha"_s).toDouble(), 32.0);
        QCOMPARE(spec.value(u"rslora"_s).toBool(), false);
        QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 2e-4);
        QCOMPARE(spec.value(u"schedule"_s).toString(), u"cosine"_s);
        QCOMPARE(spec.value(u"packing"_s).toBool(), true);
        QCOMPARE(spec.targets(), RunSpec::targetNames());
        QVERIFY(spec.isDefault(u"rank"_s));
    }

    void parametersAreCounted()
    {
        RunSpec spec;
        spec.setBaseModel(smallModel());
        QCOMPARE(spec.trainableParameters(), qint64{16} * 3 * kLayerSides);
        spec.applyPreset(RunSpec::Preset::AttentionQv);
        QCOMPARE(spec.trainableParameters(), qint64{16} * 3 * (128 + 96));
        spec.setLayers({2});
        QCOMPARE(spec.trainableParameters(), 16 * (128 + 96));
        spec.setValue(u"rank"_s, 4);
        QCOMPARE(spec.trainableParameters(), 4 * (128 + 96));
        QCOMPARE(spec.adapterMegabytes(), 4.0 * (128 + 96) * 4 / 1048576);
        spec.setCellRank(2, u"q_proj"_s, 8);
        QCOMPARE(spec.cell(2, u"q_proj"_s).parameters, 8 * 128);
        QCOMPARE(spec.trainableParameters(), 8 * 128 + 4 * 96);
        spec.setTargetRank(u"v_proj"_s, 2);
        QCOMPARE(spec.trainableParameters(), 8 * 128 + 2 * 96);
    }

    // PEFT and the engine take the first key that matches, in order of key.
    void aMatrixsOwnRankGoesBeforeItsTargets()
    {
        RunSpec spec;
        spec.setBaseModel(smallModel());
        for (const QString& target : RunSpec::targetNames()) {
            spec.setCellRank(1, target, 4);
            spec.setTargetRank(target, 8);
            QCOMPARE(spec.cell(0, target).rank, 8);
            QCOMPARE(spec.cell(1, target).rank, 4);
            QVERIFY(spec.cell(1, target).hasOwnRank);
        }
        const auto text = QJsonDocument(spec.toConfig()).toJson().toStdString();
        const auto json = engine::parse_json(text, "run.json");
        QVERIFY(json.has_value());
        const auto config = engine::TrainConfig::from_json(*json);
        QVERIFY(config.has_value());
        for (const engine::Target target : engine::kAllTargets) {
            QCOMPARE(config->lora.rank_of(0, target), 8);
            QCOMPARE(config->lora.rank_of(1, target), 4);
        }
        spec.setCellRank(1, u"q_proj"_s, 0);
        QCOMPARE(spec.cell(1, u"q_proj"_s).rank, 8);
        spec.setTargetRank(u"q_proj"_s, 0);
        QCOMPARE(spec.cell(1, u"q_proj"_s).rank, 16);
        QVERIFY(!spec.cell(1, u"q_proj"_s).hasOwnRank);
        QCOMPARE(spec.largestRank(u"k_proj"_s), 32);
        QCOMPARE(spec.largestRank(u"down_proj"_s), 64);
    }

    void keysTypedElsewhereAreRead()
    {
        RunSpec spec;
        QJsonObject config = spec.toConfig();
        config.insert(
            u"rank_pattern"_s,
            QJsonObject{{u"k_proj"_s, 8}, {u"layers\\.[01]\\.mlp\\.(up|down)_proj"_s, 2}});
        QVERIFY(spec.load(config).hasValue());
        spec.setBaseModel(smallModel());
        QCOMPARE(spec.cell(2, u"k_proj"_s).rank, 8);
        QCOMPARE(spec.cell(1, u"up_proj"_s).rank, 2);
        QCOMPARE(spec.cell(2, u"up_proj"_s).rank, 16);
        spec.setCellRank(2, u"k_proj"_s, 4); // "k_proj" would stand before it
        QCOMPARE(spec.cell(2, u"k_proj"_s).rank, 4);
        QCOMPARE(spec.cell(0, u"k_proj"_s).rank, 8);
    }

    void theMapTogglesRowsColumnsAndCells()
    {
        RunSpec spec;
        spec.setBaseModel(smallModel());
        QSignalSpy changes(&spec, &RunSpec::mapChanged);
        spec.setSelection({u"q_proj"_s}, {0});
        QVERIFY(spec.cell(0, u"q_proj"_s).targeted);
        QVERIFY(!spec.cell(1, u"q_proj"_s).targeted);
        spec.toggleCell(1, u"v_proj"_s); // its row and column join
        QVERIFY(spec.cell(1, u"v_proj"_s).targeted);
        QVERIFY(spec.cell(0, u"v_proj"_s).targeted);
        spec.toggleCell(1, u"v_proj"_s); // its row goes
        QVERIFY(!spec.cell(1, u"v_proj"_s).targeted);
        QVERIFY(spec.cell(0, u"v_proj"_s).targeted);
        spec.toggleCell(0, u"v_proj"_s); // the only row: its column goes
        QCOMPARE(spec.targets(), QStringList{u"q_proj"_s});
        spec.toggleTarget(u"q_proj"_s);
        QCOMPARE(spec.trainableParameters(), 0);
        QVERIFY(spec.errors().contains(u"targets"_s));
        spec.applyPreset(RunSpec::Preset::AllLinear);
        QCOMPARE(spec.layers().size(), 3);
        QVERIFY(changes.size() >= 6);
    }

    void errorsAndWarningsNameTheirField()
    {
        RunSpec spec;
        QVERIFY(spec.errors().contains(u"base"_s));
        QVERIFY(spec.errors().contains(u"data"_s));
        const QTemporaryDir folder;
        app::DatasetRecord dataset;
        dataset.path = folder.filePath(u"d.jsonl"_s);
        app_test::writeFile(dataset.path, "{}");
        spec.setBaseModel(smallModel());
        spec.setDataset(dataset);
        QVERIFY2(spec.canStart(), qPrintable(spec.errors().values().join(u' ')));
        spec.setValue(u"dropout"_s, 2.0);
        QVERIFY(spec.errors().value(u"dropout"_s).contains("2"_L1));
        spec.setValue(u"dropout"_s, 0.1);
        QVERIFY(spec.canStart());
        spec.setValue(u"loraplus_ratio"_s, 16.0); // with a learning rate of 2e-4
        QVERIFY(spec.canStart());
        QVERIFY(spec.warnings().contains(u"learning_rate"_s));
        QVERIFY(!spec.learningRateAdvice().reason.isEmpty());
        spec.applyAlgorithm(RunSpec::Algorithm::LoraPlus);
        QVERIFY(!spec.warnings().contains(u"learning_rate"_s));
        QVERIFY(std::isnan(spec.learningRateAdvice().learningRate));
        spec.applyAlgorithm(RunSpec::Algorithm::LoraGa);
        QCOMPARE(spec.value(u"init"_s).toString(), u"lora-ga"_s);
        QVERIFY2(spec.warnings().isEmpty(), qPrintable(spec.warnings().values().join(u' ')));
        QFile::remove(dataset.path);
        spec.setValue(u"seed"_s, 1); // looked at again
        QVERIFY(spec.errors().contains(u"data"_s));
    }

    void aRateThatWasChosenIsNotAdvisedAgainst()
    {
        RunSpec spec;
        spec.setBaseModel(smallModel());
        const auto advised = [&] { return spec.learningRateAdvice().learningRate; };
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"init"_s, u"lora-ga"_s); // with LoRA's default
        QCOMPARE(advised(), 5e-5);
        spec.takeLearningRateAdvice();
        QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 5e-5);
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"init"_s, u"lora"_s); // with LoRA-GA's preset
        QCOMPARE(advised(), 2e-4);
        spec.setValue(u"learning_rate"_s, 4e-4); // typed
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"learning_rate"_s, 5e-5); // also when it is another method's
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"loraplus_ratio"_s, 16.0);
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"learning_rate"_s, 2e-4); // typed, but B would move at 3.2e-3
        QCOMPARE(advised(), 5e-5);
        spec.setValue(u"method"_s, u"full"_s); // has no matrix B
        QVERIFY(std::isnan(advised()));
        spec.reset();
        QVERIFY(std::isnan(advised()));
        spec.setValue(u"loraplus_ratio"_s, 4.0); // the default is nobody's choice
        QCOMPARE(advised(), 5e-5);
    }

    // The engine's warnings know of it too.
    void aBaseAsSmallAsTheSampleKeepsItsLargerRate()
    {
        RunSpec spec;
        spec.setBaseModel(sampleModel());
        const auto advised = [&] { return spec.learningRateAdvice().learningRate; };
        QCOMPARE(advised(), 2e-3); // the default teaches it nothing
        spec.takeLearningRateAdvice();
        QVERIFY(std::isnan(advised()));
        QVERIFY(!spec.warnings().contains(u"learning_rate"_s));
        for (const auto algorithm : {RunSpec::Algorithm::LoraGa, RunSpec::Algorithm::LoraPlus}) {
            spec.applyAlgorithm(algorithm);
            QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 5e-4);
            QVERIFY(std::isnan(advised()));
            QVERIFY(!spec.learningRateAdvice().reason.isEmpty()); // why it is this one
            QVERIFY2(!spec.warnings().contains(u"learning_rate"_s),
                     qPrintable(spec.warnings().value(u"learning_rate"_s)));
        }
        spec.setValue(u"learning_rate"_s, 2e-3); // typed: B would move at 3.2e-2
        QCOMPARE(advised(), 5e-4);
        QVERIFY(spec.warnings().value(u"learning_rate"_s).endsWith("try 0.0005"_L1));
        spec.applyAlgorithm(RunSpec::Algorithm::Lora);
        QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 2e-3);
        spec.setBaseModel(smallModel()); // the sample's rate is no rate for another model
        QCOMPARE(advised(), 2e-4);
    }

    void theSampleSetsItsRateAndPasses()
    {
        RunSpec spec;
        spec.setBaseModel(sampleModel());
        spec.applySample();
        QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 2e-3);
        QCOMPARE(spec.value(u"epochs"_s).toDouble(), 3.0);
        QFile script(QStringLiteral(LOWRANK_TEST_DATA) + u"/../../packaging/sample_job.sh"_s);
        QVERIFY(script.open(QIODevice::ReadOnly));
        const QByteArray twin = script.readAll();
        QVERIFY(twin.contains("--epochs 3 --learning-rate 2e-3 "));
        QVERIFY(twin.contains("facts_heldout.jsonl\" --eval-every 20 "));
        QCOMPARE(spec.value(u"eval_every"_s).toInt(), 20);
        const QString heldOut = spec.value(u"eval_data"_s).toString();
        QVERIFY(QFileInfo(heldOut).isFile() && heldOut.endsWith("/facts_heldout.jsonl"_L1));
        app::DatasetRecord dataset;
        dataset.path = app::Paths::sampleDatasets().first();
        spec.setDataset(dataset);
        QCOMPARE(spec.value(u"eval_data"_s).toString(), heldOut);
        dataset.path = u"/data/mine.jsonl"_s; // of which nothing was held out
        spec.setDataset(dataset);
        QCOMPARE(spec.value(u"eval_data"_s).toString(), QString());
    }

    void memoryIsSavedByTheCheapestLeverFirst()
    {
        RunSpec spec;
        spec.setValue(u"micro_batch_size"_s, 2);
        app::MemoryFit fit;
        QVERIFY(!fit.isGoing());
        fit.start();
        QVERIFY(fit.pull(spec, estimateOf(8, 500)));
        QCOMPARE(spec.value(u"micro_batch_size"_s).toInt(), 1);
        QCOMPARE(spec.value(u"grad_accum_steps"_s).toInt(), 16); // of the estimate's 8
        QVERIFY(!spec.value(u"grad_checkpointing"_s).toBool());
        QVERIFY(fit.pull(spec, estimateOf(16, 500)));
        QVERIFY(spec.value(u"grad_checkpointing"_s).toBool());
        QCOMPARE(spec.value(u"base_quant"_s).toString(), u"none"_s);
        QVERIFY(fit.pull(spec, estimateOf(16, 500)));
        QCOMPARE(spec.value(u"base_quant"_s).toString(), u"nf4"_s);
        QCOMPARE(spec.value(u"seq_len"_s).toInt(), 0);
        QVERIFY(fit.pull(spec, estimateOf(16, 500))); // of the estimate's length
        QCOMPARE(spec.value(u"seq_len"_s).toInt(), 250);
        QVERIFY(fit.isGoing());
        QVERIFY(!fit.pull(spec, estimateOf(16, 250))); // 125 is too short
        QVERIFY(!fit.isGoing());
        QCOMPARE(spec.value(u"seq_len"_s).toInt(), 250);
        QCOMPARE(fit.changes().size(), 4);
    }

    void aSmallerMicroBatchKeepsTheEffectiveBatch()
    {
        RunSpec spec;
        spec.setValue(u"micro_batch_size"_s, 4096);
        spec.setValue(u"grad_accum_steps"_s, 1);
        app::MemoryFit fit;
        fit.start();
        for (qint64 rows = 2048; rows >= 64; rows /= 2) { // one step for each estimate
            QVERIFY(fit.pull(spec, estimateOf(4096 / rows / 2, 500)));
            QCOMPARE(spec.value(u"micro_batch_size"_s).toLongLong(), rows);
            QCOMPARE(spec.value(u"grad_accum_steps"_s).toLongLong(), 4096 / rows);
        }
        QCOMPARE(fit.changes(), QStringList{u"micro-batch 4096 -> 64, accumulated 64 times"_s});
        spec.setValue(u"micro_batch_size"_s, 9); // no half of it
        spec.setValue(u"grad_accum_steps"_s, 2);
        fit.start();
        QVERIFY(fit.pull(spec, estimateOf(2, 500)));
        QCOMPARE(spec.value(u"micro_batch_size"_s).toInt(), 3);
        QCOMPARE(spec.value(u"grad_accum_steps"_s).toInt(), 6);
        QCOMPARE(fit.changes(), QStringList{u"micro-batch 9 -> 3, accumulated 6 times"_s});
    }

    void everyWeightHasFewerLevers()
    {
        RunSpec spec;
        spec.setValue(u"method"_s, u"full"_s);
        spec.setValue(u"seq_len"_s, 256);
        app::MemoryFit fit;
        fit.start();
        QVERIFY(fit.pull(spec, estimateOf(16, 2048))); // which chose the micro-batch itself
        QCOMPARE(spec.value(u"seq_len"_s).toInt(), 128);
        QVERIFY(!fit.pull(spec, estimateOf(16, 128)));
        QVERIFY(!spec.value(u"grad_checkpointing"_s).toBool());
        QCOMPARE(spec.value(u"base_quant"_s).toString(), u"none"_s);
    }

    void aModelThatCannotBeTrainedIsRefused()
    {
        RunSpec spec;
        app::ModelRecord model = smallModel();
        model.refusal = u"There is no tokenizer."_s;
        spec.setBaseModel(model);
        QCOMPARE(spec.errors().value(u"base"_s), model.refusal);
    }

    void configGoesThereAndBack()
    {
        RunSpec spec;
        spec.setBaseModel(smallModel());
        app::DatasetRecord dataset;
        dataset.path = u"/data/d.csv"_s;
        dataset.columnMap = {{u"q"_s, u"prompt"_s}};
        spec.setDataset(dataset);
        spec.setSelection({u"q_proj"_s, u"up_proj"_s}, {0, 2});
        spec.setCellRank(2, u"up_proj"_s, 3);
        spec.setValue(u"sample_prompts"_s, QStringList{u"hello"_s, u"second, with a comma"_s});
        spec.setValue(u"seed"_s, 9007199254740992LL);
        spec.setValue(u"name"_s, u"한국어 \"name\""_s);
        const QJsonObject config = spec.toConfig();
        RunSpec other;
        const auto loaded = other.load(config);
        QVERIFY2(loaded.hasValue(), loaded ? "" : qPrintable(loaded.problem().text()));
        other.setBaseModel(smallModel());
        QCOMPARE(other.layers(), (QList<qint64>{0, 2}));
        QCOMPARE(other.cell(2, u"up_proj"_s).rank, 3);
        QCOMPARE(other.value(u"sample_prompts"_s), spec.value(u"sample_prompts"_s));
        QCOMPARE(other.dataset(), u"/data/d.csv"_s);
        const QJsonObject again = other.toConfig();
        for (const QString& key : config.keys()) {
            QCOMPARE(again.value(key), config.value(key));
        }
    }

    void aConfigWithAnUnknownKeyIsRefusedByName()
    {
        RunSpec spec;
        const auto loaded = spec.load({{u"learning_rat"_s, 1.0}});
        QVERIFY(!loaded.hasValue());
        QVERIFY(loaded.problem().message.contains("learning_rat"_L1));
    }

    void comparisonShowsOnlyWhatDiffers()
    {
        app::RunRecord first;
        first.name = u"a"_s;
        first.config = {{u"rank"_s, 8}, {u"alpha"_s, 16}, {u"name"_s, u"a"_s}};
        first.numbers.loss = 0.5;
        app::RunRecord second = first;
        second.name = u"b"_s;
        second.config.insert(u"rank"_s, 16);
        second.config.insert(u"name"_s, u"b"_s);
        second.config.insert(u"rslora"_s, true);
        const app::Comparison comparison = app::compareRuns({first, second});
        QCOMPARE(comparison.settings.size(), 2);
        QCOMPARE(comparison.settings.at(0).name, u"rank"_s);
        QCOMPARE(comparison.settings.at(0).values, (QStringList{u"8"_s, u"16"_s}));
        QCOMPARE(comparison.settings.at(1).values, (QStringList{u"-"_s, u"on"_s}));
        const bool hasEval =
            std::any_of(comparison.numbers.begin(), comparison.numbers.end(), [](const auto& row) {
                return row.name == "eval_loss"_L1;
            });
        QVERIFY(!hasEval); // no run has one
    }

    // What the worker is still to choose differs from nothing, and is shown in words.
    void aRunThatHasNotBegunDiffersInWhatWasChosenOnly()
    {
        app::RunRecord begun;
        begun.config = {{u"max_steps"_s, 52},
                        {u"warmup_steps"_s, 3},
                        {u"micro_batch_size"_s, 16},
                        {u"learning_rate"_s, 2e-3},
                        {u"eval_every"_s, 20}};
        app::RunRecord waiting;
        waiting.config = {{u"max_steps"_s, 0},
                          {u"warmup_steps"_s, -1},
                          {u"micro_batch_size"_s, 0},
                          {u"learning_rate"_s, 5e-4},
                          {u"eval_every"_s, 0}};
        const app::Comparison comparison = app::compareRuns({waiting, begun});
        QCOMPARE(comparison.settings.size(), 2);
        QCOMPARE(comparison.settings.at(0).name, u"learning_rate"_s);
        QCOMPARE(comparison.settings.at(0).values, (QStringList{u"0.0005"_s, u"0.002"_s}));
        QCOMPARE(comparison.settings.at(1).values, (QStringList{u"each epoch"_s, u"20"_s}));
        app::RunRecord other = begun;
        other.config.insert(u"max_steps"_s, 100);
        const app::Comparison three = app::compareRuns({waiting, begun, other});
        const auto steps = std::find_if(three.settings.begin(),
                                        three.settings.end(),
                                        [](const auto& row) { return row.name == "max_steps"_L1; });
        QVERIFY(steps != three.settings.end());
        QCOMPARE(steps->values, (QStringList{u"from the epochs"_s, u"52"_s, u"100"_s}));
    }
};

QTEST_GUILESS_MAIN(TestRunSpec)
#include "test_run_spec.moc"
