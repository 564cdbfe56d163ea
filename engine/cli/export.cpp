// lowrank merge and export: checked copies for other software.
#include <cmath>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/model/merge.h"
#include "engine/train/config_text.h"
#include "engine/worker/answers.h"

namespace cli {

namespace {

// "5GB", "500MB", "2GiB", "1000000"; decimal units as Hugging Face counts shards.
std::int64_t parse_bytes(const std::string& text)
{
    const std::size_t unit_at = text.find_first_not_of("0123456789.");
    const engine::Result<double> parsed =
        engine::parse_number("--max-shard-size", text.substr(0, unit_at));
    const double number = parsed ? *parsed : 0.0; // and so no size
    const std::string unit = unit_at == std::string::npos ? "" : text.substr(unit_at);
    constexpr std::pair<const char*, double> kUnits[] = {{"", 1.0},
                                                         {"B", 1.0},
                                                         {"KB", 1e3},
                                                         {"MB", 1e6},
                                                         {"GB", 1e9},
                                                         {"KiB", 1024.0},
                                                         {"MiB", 1048576.0},
                                                         {"GiB", 1073741824.0}};
    for (const auto& [name, factor] : kUnits) {
        if (unit == name && number * factor >= 1.0 && number * factor < 9e18) {
            return static_cast<std::int64_t>(number * factor);
        }
    }
    throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                               engine::concat("--max-shard-size is ",
                                              text.empty() ? "\"\"" : text.substr(0, 60),
                                              ", wanted a size such as 5GB or 500MB")});
}

int print_export(const std::string& format,
                 const std::string& out,
                 const engine::ExportCheck& check,
                 bool json)
{
    if (json) {
        print_json(engine::exported_answer(format, out, check));
        return 0;
    }
    std::cout << out << ": written and checked over " << check.positions
              << " positions; logits differ from base + adapter by at most "
              << check.max_abs_difference << " (allowed " << check.tolerance
              << "), from the base by " << check.difference_from_base << "\n";
    if (check.base_quant != engine::ops::QuantType::None) {
        std::cout << "The adapter was trained on the base in " << to_string(check.base_quant)
                  << "; this export is for the base as it is, whose answers may differ a little.\n";
    }
    return 0;
}

int merge(const MergeArguments& arguments)
{
    engine::StopSource stop;
    engine::stop_on_signals(stop);
    engine::MergeOptions options;
    options.dtype = engine::value_or_throw(engine::parse_export_dtype(arguments.dtype));
    options.max_shard_bytes = parse_bytes(arguments.max_shard_size);
    options.stop = engine::StopToken(stop);
    check_base(arguments.base);
    note_other_base(arguments.adapter, arguments.base);
    const auto backend = engine::value_or_throw(engine::make_backend({}));
    const engine::ExportCheck check = engine::value_or_throw(engine::merge_to_folder(
        *backend, arguments.base, arguments.adapter, arguments.out, options));
    return print_export("hf", arguments.out, check, arguments.json);
}

} // namespace

int run(const MergeArguments& arguments)
{
    return merge(arguments);
}

int run(const ExportArguments& arguments)
{
    engine::value_or_throw(engine::check_export_format(arguments.format));
    if (arguments.format == "hf") {
        MergeArguments whole;
        whole.base = arguments.base;
        whole.adapter = arguments.adapter;
        whole.out = arguments.out;
        whole.dtype = arguments.type.empty() ? whole.dtype : arguments.type;
        whole.json = arguments.json;
        return merge(whole);
    }
    if (!arguments.type.empty()) {
        throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                   engine::concat("--type is ",
                                                  arguments.type,
                                                  ", but a peft adapter is always written in f32"),
                                   "leave out --type"});
    }
    check_base(arguments.base);
    note_other_base(arguments.adapter, arguments.base);
    const auto backend = engine::value_or_throw(engine::make_backend({}));
    const engine::ExportCheck check = engine::value_or_throw(
        engine::export_peft(*backend, arguments.base, arguments.adapter, arguments.out));
    return print_export("peft", arguments.out, check, arguments.json);
}

} // namespace cli
