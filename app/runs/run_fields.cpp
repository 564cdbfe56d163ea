// The form's words for each setting; kinds, ranges and choices come from the engine's table.
// One file because it is one table.
#include "app/runs/run_fields.h"

#include <array>

#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>

#include "engine/train/train_config.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

using Group = FieldInfo::Group;
using Kind = FieldInfo::Kind;

enum class Level { Basic, Advanced };

constexpr int kNoAutomatic = -2;          // no setting has this value
constexpr double kSmallestShown = 1e-300; // below: the engine's way to say "above 0"
constexpr double kLargestShown = 2e9;     // above: as good as no bound
constexpr int kRangeDigits = 10;

struct Words
{
    const char* name = "";
    Group group = {};
    Level level = {};
    const char* label = "";
    const char* help = "";
    int decimals = 0;
    int automaticValue = kNoAutomatic;
    const char* automatic = "";
};

constexpr std::array<Words, 49> kWords = {{
    {"name",
     Group::Notes,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Name"),
     QT_TRANSLATE_NOOP("app::RunFields", "What the run is called in every list.")},
    {"method",
     Group::Adapter,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Method"),
     QT_TRANSLATE_NOOP("app::RunFields", "Train adapters, or every weight of the model (full).")},
    {"rank",
     Group::Adapter,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Rank"),
     QT_TRANSLATE_NOOP(
         "app::RunFields",
         "Width of the adapter's two matrices: more can learn more and costs more memory.")},
    {"alpha",
     Group::Adapter,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Alpha"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Strength of the adapter: its output is scaled by alpha / rank."),
     2},
    {"rslora",
     Group::Adapter,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Rank-stabilised scale"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Scale by alpha / sqrt(rank) instead, so that high ranks keep learning.")},
    {"dropout",
     Group::Adapter,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Dropout"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Share of the adapter's inputs left out at random while training."),
     2},
    {"init",
     Group::Init,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Start of the adapter"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "LoRA starts from nothing; LoRA-GA starts along the model's own gradient.")},
    {"lora_ga_batches",
     Group::Init,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "LoRA-GA batches"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Micro batches whose gradients are averaged before the start.")},
    {"lora_ga_direction",
     Group::Init,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "LoRA-GA direction"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Which singular vectors of the gradient the two matrices take.")},
    {"lora_ga_scale",
     Group::Init,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "LoRA-GA scale"),
     QT_TRANSLATE_NOOP("app::RunFields", "How long the singular vectors are made.")},
    {"lora_ga_gamma",
     Group::Init,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "LoRA-GA gamma"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Divisor of the stable scale: larger starts closer to the base model."),
     2},
    {"loraplus_ratio",
     Group::Optimizer,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "LoRA+ ratio"),
     QT_TRANSLATE_NOOP(
         "app::RunFields",
         "Learning rate of B over that of A; 1 is plain LoRA, 16 is usual for LoRA+."),
     2},
    {"learning_rate",
     Group::Optimizer,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Learning rate"),
     QT_TRANSLATE_NOOP("app::RunFields", "Highest rate of the schedule, for matrix A."),
     7},
    {"optimizer",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Optimizer"),
     QT_TRANSLATE_NOOP("app::RunFields", "AdamW, or plain gradient descent.")},
    {"schedule",
     Group::Optimizer,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Schedule"),
     QT_TRANSLATE_NOOP("app::RunFields", "How the learning rate falls after the warm-up.")},
    {"warmup_ratio",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Warm-up share"),
     QT_TRANSLATE_NOOP("app::RunFields", "Share of the steps in which the rate rises from 0."),
     3},
    {"warmup_steps",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Warm-up steps"),
     QT_TRANSLATE_NOOP("app::RunFields", "Steps in which the rate rises from 0."),
     0,
     -1,
     QT_TRANSLATE_NOOP("app::RunFields", "from the warm-up share")},
    {"weight_decay",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Weight decay"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Pulls the adapter's weights towards 0 a little at every step."),
     4},
    {"beta1",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Beta 1"),
     QT_TRANSLATE_NOOP("app::RunFields", "AdamW: how slowly the mean gradient follows."),
     5},
    {"beta2",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Beta 2"),
     QT_TRANSLATE_NOOP("app::RunFields", "AdamW: how slowly the mean squared gradient follows."),
     5},
    {"adam_eps",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Epsilon"),
     QT_TRANSLATE_NOOP("app::RunFields", "AdamW: keeps the division safe."),
     12},
    {"max_grad_norm",
     Group::Optimizer,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Gradient limit"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Longer gradients are cut to this norm; 0 switches it off."),
     3},
    {"epochs",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Epochs"),
     QT_TRANSLATE_NOOP("app::RunFields", "Passes over the data."),
     2},
    {"max_steps",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Steps"),
     QT_TRANSLATE_NOOP("app::RunFields", "Optimizer steps in all."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "from the epochs")},
    {"micro_batch_size",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Micro batch"),
     QT_TRANSLATE_NOOP("app::RunFields", "Rows computed at once: less needs less memory."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "what fits the memory")},
    {"grad_accum_steps",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Accumulation"),
     QT_TRANSLATE_NOOP("app::RunFields", "Micro batches that make one step."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "16 rows a step")},
    {"seq_len",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Length"),
     QT_TRANSLATE_NOOP("app::RunFields", "Longest sequence in tokens; longer examples are cut."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "from the data")},
    {"packing",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Packing"),
     QT_TRANSLATE_NOOP("app::RunFields", "Several examples share a row; none sees its neighbour.")},
    {"mask_prompt",
     Group::Length,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Learn the answer only"),
     QT_TRANSLATE_NOOP("app::RunFields", "The prompt is read but carries no loss.")},
    {"shuffle",
     Group::Length,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Shuffle"),
     QT_TRANSLATE_NOOP("app::RunFields", "Take the rows in a random order that the seed fixes.")},
    {"seed",
     Group::Length,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Seed"),
     QT_TRANSLATE_NOOP("app::RunFields", "Same seed, same settings: same run.")},
    {"eval_data",
     Group::Watch,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Evaluation data"),
     QT_TRANSLATE_NOOP(
         "app::RunFields",
         "Held-out data: a file, or a share of the data such as 0.05; empty for none.")},
    {"eval_every",
     Group::Watch,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Evaluate every"),
     QT_TRANSLATE_NOOP("app::RunFields", "Steps between evaluations."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "each epoch")},
    {"early_stopping",
     Group::Watch,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Stop early after"),
     QT_TRANSLATE_NOOP("app::RunFields", "Evaluations without improvement before the run ends."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "off")},
    {"save_every",
     Group::Watch,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Save every"),
     QT_TRANSLATE_NOOP("app::RunFields", "Steps between checkpoints."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "by time only")},
    {"save_minutes",
     Group::Watch,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Save every (minutes)"),
     QT_TRANSLATE_NOOP("app::RunFields", "Minutes between checkpoints."),
     1,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "by steps only")},
    {"keep",
     Group::Watch,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Keep"),
     QT_TRANSLATE_NOOP("app::RunFields", "Checkpoints kept besides the best.")},
    {"sample_prompts",
     Group::Watch,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Sample prompts"),
     QT_TRANSLATE_NOOP("app::RunFields", "Prompts that are answered while training, one a line.")},
    {"sample_every",
     Group::Watch,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Sample every"),
     QT_TRANSLATE_NOOP("app::RunFields", "Steps between samples."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "with each evaluation")},
    {"sample_tokens",
     Group::Watch,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Sample length"),
     QT_TRANSLATE_NOOP("app::RunFields", "Longest answer of a sample in tokens.")},
    {"chat_format",
     Group::Device,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Chat format"),
     QT_TRANSLATE_NOOP("app::RunFields", "How conversations are written for the model.")},
    {"device",
     Group::Device,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Device"),
     QT_TRANSLATE_NOOP("app::RunFields", "Where the run computes.")},
    {"dtype",
     Group::Device,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Precision"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "What the base computes in; the adapter is always float32.")},
    {"tf32",
     Group::Device,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "TF32 products"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "Float32 on a GPU only: products round their inputs to ten bits. Faster, "
                       "less exact.")},
    {"base_quant",
     Group::Device,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Base quantisation"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "How the frozen matrices are kept: nf4 takes about 4 bits a weight, int8 8. "
                       "Less memory; a little less exact.")},
    {"grad_checkpointing",
     Group::Device,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Recompute activations"),
     QT_TRANSLATE_NOOP("app::RunFields", "Needs much less memory and about a third more time.")},
    {"activation_budget",
     Group::Device,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Memory for activations"),
     QT_TRANSLATE_NOOP("app::RunFields",
                       "In MiB. Only so many blocks are recomputed that activations fit; between "
                       "keeping all and recomputing all."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "no limit")},
    {"threads",
     Group::Device,
     Level::Advanced,
     QT_TRANSLATE_NOOP("app::RunFields", "Threads"),
     QT_TRANSLATE_NOOP("app::RunFields", "Processor threads."),
     0,
     0,
     QT_TRANSLATE_NOOP("app::RunFields", "every core")},
    {"notes",
     Group::Notes,
     Level::Basic,
     QT_TRANSLATE_NOOP("app::RunFields", "Notes"),
     QT_TRANSLATE_NOOP("app::RunFields", "Anything to remember about the run.")},
}};

// lupdate takes the context from here.
struct FieldTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::RunFields)
};

QString text(std::string_view view)
{
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

const engine::TrainField* engineField(std::string_view key)
{
    for (const engine::TrainField& field : engine::train_fields()) {
        if (field.key == key) {
            return &field;
        }
    }
    return nullptr;
}

Kind kindOf(const engine::TrainField& field)
{
    switch (field.kind) {
    case engine::FieldKind::Integer:
        return Kind::Integer;
    case engine::FieldKind::Number:
        return Kind::Real;
    case engine::FieldKind::Switch:
        return Kind::Toggle;
    case engine::FieldKind::Choice:
        return Kind::Choice;
    case engine::FieldKind::List:
        return Kind::Lines;
    case engine::FieldKind::Text:
    case engine::FieldKind::Map:
        break;
    }
    return Kind::Text;
}

FieldInfo fieldFrom(const Words& words, const QJsonObject& defaults)
{
    FieldInfo info;
    info.name = QString::fromUtf8(words.name);
    info.label = FieldTexts::tr(words.label);
    info.help = FieldTexts::tr(words.help);
    info.group = words.group;
    info.advanced = words.level == Level::Advanced;
    info.decimals = words.decimals;
    info.fallback = defaults.value(info.name).toVariant();
    if (words.automaticValue != kNoAutomatic) {
        info.automatic = FieldTexts::tr(words.automatic);
        info.automaticValue = words.automaticValue;
    }
    if (const engine::TrainField* field = engineField(words.name)) {
        info.kind = kindOf(*field);
        info.minimum = field->minimum;
        info.maximum = field->maximum;
        for (const std::string_view choice : field->choices) {
            info.choices.append(text(choice));
        }
    }
    if (info.name == "chat_format"_L1) {
        info.kind = Kind::Choice;
        info.choices = {u"auto"_s,
                        u"chatml"_s,
                        u"chatml-default"_s,
                        u"llama2"_s,
                        u"llama3"_s,
                        u"mistral"_s,
                        u"alpaca"_s,
                        u"plain"_s};
    } else if (info.name == "device"_L1) {
        info.kind = Kind::Choice; // what there is to choose is known to the page
        info.choices = {u"auto"_s};
    } else if (info.name == "eval_data"_L1) {
        info.kind = Kind::Path;
    }
    return info;
}

} // namespace

QString rangeText(const FieldInfo& info)
{
    if (info.kind != FieldInfo::Kind::Integer && info.kind != FieldInfo::Kind::Real) {
        return {};
    }
    const bool isPositive = info.minimum > 0.0 && info.minimum < kSmallestShown;
    const QString low = QString::number(info.minimum, 'g', kRangeDigits);
    if (info.maximum > kLargestShown) {
        return isPositive ? FieldTexts::tr("above 0") : FieldTexts::tr("%1 or more").arg(low);
    }
    const QString high = QString::number(info.maximum, 'g', kRangeDigits);
    return isPositive ? FieldTexts::tr("above 0, at most %1").arg(high)
                      : FieldTexts::tr("%1 to %2").arg(low, high);
}

const QList<FieldInfo>& runFields()
{
    static const QList<FieldInfo> kFields = [] {
        const QJsonObject defaults =
            QJsonDocument::fromJson(
                QByteArray::fromStdString(engine::TrainConfig().to_json().dump()))
                .object();
        QList<FieldInfo> fields;
        for (const Words& words : kWords) {
            fields.append(fieldFrom(words, defaults));
        }
        return fields;
    }();
    return kFields;
}

} // namespace app
