// TrainConfig: every setting of a run, its default and its range; the same words as run.json and
// the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/model/lora_config.h"
#include "engine/model/lora_ga.h"
#include "engine/ops/dequantize.h"

namespace engine {

enum class Method { Lora, Full };
enum class Init { Lora, Gaussian, LoraGa };
enum class OptimizerKind { AdamW, Sgd };
enum class Schedule { Constant, Linear, Cosine };

// The learning rate that suits LoRA on a base with so many parameters (0: not known): 2e-4, but
// 2e-3 below ten million, where resources/sample/README.md measured it.
[[nodiscard]] double usual_learning_rate(std::int64_t base_parameters);
// The rate to try first, `usual` being LoRA's: a quarter of it with LoRA-GA, whose best rate is
// near full training's, and with LoRA+, where B moves `loraplus_ratio` times as fast; never one
// that warnings() warns of.
[[nodiscard]] double first_learning_rate(Init init, double loraplus_ratio, double usual);

struct TrainConfig
{
    // What
    std::string base_model; // folder
    std::string dataset;    // file
    std::string data_format = "auto";
    std::map<std::string, std::string> column_map = {};
    std::string chat_format = "auto";
    std::string eval_data = {}; // file, or a fraction such as "0.05"; empty: none
    // Adapter
    Method method = Method::Lora;
    LoraConfig lora = {};
    Init init = Init::Lora;
    LoraGaConfig lora_ga = {};
    double loraplus_ratio = 1.0;
    // Optimizer
    OptimizerKind optimizer = OptimizerKind::AdamW;
    double learning_rate = 2e-4;
    double weight_decay = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double adam_eps = 1e-8;
    double max_grad_norm = 1.0; // 0: no clipping
    Schedule schedule = Schedule::Cosine;
    std::int64_t warmup_steps = -1; // -1: from warmup_ratio
    double warmup_ratio = 0.05;
    // Length
    double epochs = 1.0;
    std::int64_t max_steps = 0;        // 0: from epochs
    std::int64_t micro_batch_size = 0; // 0: chosen by the memory estimate
    std::int64_t grad_accum_steps = 0; // 0: effective batch 16
    std::int64_t seq_len = 0; // 0: 95th percentile of the data rounded up to 128, at most 2048
    bool packing = true;
    bool mask_prompt = true;
    bool shuffle = true;
    std::uint64_t seed = 42;
    // Watch and keep
    std::int64_t eval_every = 0;  // steps; 0: at the end of each epoch
    std::int64_t save_every = 50; // steps; also every 5 minutes
    double save_minutes = 5.0;
    std::int64_t keep = 3;           // checkpoints, and the best besides
    std::int64_t early_stopping = 0; // evaluations without improvement; 0: off
    std::int64_t sample_every = 0;   // steps; 0: with each evaluation
    std::vector<std::string> sample_prompts = {};
    std::int64_t sample_tokens = 64;
    // Where
    std::string device = "auto";
    DType dtype = DType::F32;                         // what the base computes in
    ops::QuantType base_quant = ops::QuantType::None; // of the blocks' matrices
    bool tf32 = false;               // float32 products on a GPU may round their inputs to TF32
    bool grad_checkpointing = false; // every block is recomputed
    // MiB; as many blocks are recomputed as it takes; 0: no budget. Without effect when
    // grad_checkpointing recomputes them all.
    std::int64_t activation_budget = 0;
    int threads = 0;
    // For people
    std::string name = {};
    std::string notes = {};

    // The keys are the command line's options with underscores (base, data, targets, rslora, ...).
    // Settings that people type short ("all-linear", "0-3,7", "on") are understood as text too. The
    // key "facts", what a finished preparation wrote beside the settings, is skipped.
    // Unknown keys are refused by name (a typo must not become a default). Errors: InvalidConfig.
    [[nodiscard]] static Result<TrainConfig> from_json(const Json& json);
    [[nodiscard]] Json to_json() const;

    // Every problem at once, each naming the field, the value and the range; empty when the config
    // is sound.
    struct FieldError
    {
        std::string field;
        std::string message;
    };

    [[nodiscard]] std::vector<FieldError> validate() const;
    // Sound but unwise settings, for example learning_rate 2e-4 with loraplus_ratio 16.
    // `usual_rate` is usual_learning_rate() of the base.
    [[nodiscard]] std::vector<FieldError> warnings(double usual_rate) const;
};

enum class FieldKind { Text, Integer, Number, Switch, Choice, List, Map };

// One setting for whoever draws a form or parses a command line.
struct TrainField
{
    std::string_view key; // of run.json; the option with underscores
    FieldKind kind = FieldKind::Text;
    std::string_view help;                      // one line, with the unit
    double minimum = 0.0;                       // of Integer and Number, inclusive
    double maximum = 0.0;                       // inclusive; may be infinite
    std::vector<std::string_view> choices = {}; // of Choice: what this build supports
};

// Every setting in the order of to_json().
[[nodiscard]] const std::vector<TrainField>& train_fields();

} // namespace engine
