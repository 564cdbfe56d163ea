// The rules of a run's settings, and what is sound but unwise.
#include "engine/train/train_config.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "engine/tensor/backend.h"
#include "engine/train/config_text.h"
#include "engine/train/train_config_table.h"

namespace engine {

namespace {

using detail::Entry;

constexpr double kUsualRate = 2e-4;
constexpr double kUsualRateOfSmall = 2e-3;
constexpr std::int64_t kSmallBase = 10'000'000; // parameters
// Shares of the usual rate.
constexpr double kFirstShare = 0.25;     // to try first with LoRA-GA or LoRA+
constexpr double kHottestB = 10.0;       // above it B may diverge
constexpr double kHottestLoraGa = 0.5;   // likewise A and B
constexpr double kRounding = 1.0 + 1e-9; // products of decimals are not exact

class Rules
{
public:
    void require(bool holds, std::string_view field, std::string message)
    {
        if (!holds) {
            m_errors.push_back({std::string(field), std::move(message)});
        }
    }

    [[nodiscard]] std::vector<TrainConfig::FieldError> take() { return std::move(m_errors); }

private:
    std::vector<TrainConfig::FieldError> m_errors;
};

void check_ranges(TrainConfig& config, Rules& rules)
{
    for (const Entry& entry : detail::train_config_table()) {
        std::visit(
            [&](auto member) {
                using T = std::remove_reference_t<decltype(member(config))>;
                if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
                    const auto value = static_cast<double>(member(config));
                    const TrainField& field = entry.field;
                    // Written so that NaN is out of range.
                    const bool inside = value >= field.minimum && value <= field.maximum;
                    const bool positive = field.minimum > 0.0 && field.minimum < 1e-300;
                    rules.require(inside,
                                  field.key,
                                  concat(field.key,
                                         ": ",
                                         member(config),
                                         positive ? " is not above 0 and at most "
                                                  : concat(" is not from ", field.minimum, " to "),
                                         field.maximum));
                }
            },
            entry.member);
    }
}

void check_adapter_settings(const TrainConfig& config, Rules& rules)
{
    rules.require(!config.lora.target_modules.empty(), "targets", "targets: none is chosen");
    for (const auto& [name, rank] : config.lora.rank_pattern) {
        rules.require(rank >= 1 && rank <= 4096,
                      "rank_pattern",
                      concat("rank_pattern: ", name, " is ", rank, ", wanted 1 to 4096"));
    }
    for (const auto& [name, alpha] : config.lora.alpha_pattern) {
        rules.require(alpha > 0.0,
                      "alpha_pattern",
                      concat("alpha_pattern: ", name, " is ", alpha, ", wanted above 0"));
    }
}

void check_device(const TrainConfig& config, Rules& rules)
{
    const Result<Device> device = find_device(config.device);
    rules.require(device.has_value(), "device", device ? "" : device.error().message);
}

void check_eval_data(const TrainConfig& config, Rules& rules)
{
    const Result<double> fraction = parse_number("eval_data", config.eval_data);
    rules.require(!fraction || (*fraction > 0.0 && *fraction < 1.0),
                  "eval_data",
                  concat("eval_data: ", config.eval_data, " is not a file or a fraction below 1"));
    rules.require(config.early_stopping == 0 || !config.eval_data.empty(),
                  "early_stopping",
                  "early_stopping: needs eval_data to look at");
}

} // namespace

double usual_learning_rate(std::int64_t base_parameters)
{
    return base_parameters > 0 && base_parameters < kSmallBase ? kUsualRateOfSmall : kUsualRate;
}

double first_learning_rate(Init init, double loraplus_ratio, double usual)
{
    const bool is_slower = init == Init::LoraGa || loraplus_ratio > 1.0;
    return std::min(is_slower ? usual * kFirstShare : usual, kHottestB * usual / loraplus_ratio);
}

std::vector<TrainConfig::FieldError> TrainConfig::validate() const
{
    Rules rules;
    rules.require(!base_model.empty(), "base", "base: no model folder is given");
    rules.require(!dataset.empty(), "data", "data: no data file is given");
    TrainConfig copy = *this;
    check_ranges(copy, rules);
    rules.require(
        max_steps > 0 || epochs > 0.0, "epochs", "epochs: 0 with max_steps 0 trains nothing");
    check_device(*this, rules);
    check_eval_data(*this, rules);
    if (method == Method::Lora) {
        check_adapter_settings(*this, rules);
    } else {
        rules.require(dtype == DType::F32, "dtype", "dtype: bf16 with method full, wanted f32");
        rules.require(
            base_quant == ops::QuantType::None,
            "base_quant",
            concat("base_quant: ",
                   to_string(base_quant),
                   " with method full, which trains the weights themselves, wanted none"));
        rules.require(!grad_checkpointing,
                      "grad_checkpointing",
                      "grad_checkpointing: on is not supported with method full");
        rules.require(activation_budget == 0,
                      "activation_budget",
                      concat("activation_budget: ",
                             activation_budget,
                             " is not supported with method full, wanted 0"));
    }
    return rules.take();
}

std::vector<TrainConfig::FieldError> TrainConfig::warnings(double usual_rate) const
{
    Rules rules;
    const bool lora_trains = method == Method::Lora;
    const double hottest_b = kHottestB * usual_rate;
    const double advised = first_learning_rate(init, loraplus_ratio, usual_rate);
    rules.require(!lora_trains || optimizer != OptimizerKind::AdamW
                      || learning_rate * loraplus_ratio <= hottest_b * kRounding,
                  "learning_rate",
                  concat("learning_rate: ",
                         learning_rate,
                         " with loraplus_ratio ",
                         loraplus_ratio,
                         " moves B at ",
                         learning_rate * loraplus_ratio,
                         "; ",
                         hottest_b,
                         " or less is usual, so try ",
                         advised));
    rules.require(!lora_trains || init != Init::LoraGa
                      || learning_rate <= kHottestLoraGa * usual_rate * kRounding,
                  "learning_rate",
                  concat("learning_rate: ",
                         learning_rate,
                         " with init lora-ga; its best rate is near that of full training, try ",
                         advised));
    rules.require(!lora_trains || init != Init::LoraGa || lora.use_rslora,
                  "rslora",
                  "rslora: off with init lora-ga, whose stable scale assumes alpha / sqrt(rank)");
    rules.require(lora_trains || learning_rate <= 1e-3,
                  "learning_rate",
                  concat("learning_rate: ", learning_rate, " is high for training every weight"));
    rules.require(optimizer != OptimizerKind::AdamW || learning_rate > 0.0,
                  "learning_rate",
                  "learning_rate: 0 changes nothing");
    return rules.take();
}

} // namespace engine
