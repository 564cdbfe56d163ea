// lowrank render: one row as training sees it.
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/data/data_gate.h"
#include "engine/train/run_inputs.h"

namespace cli {

namespace {

const engine::Record&
find_row(const engine::Dataset& dataset, const std::string& path, std::int64_t row)
{
    for (const engine::Record& record : dataset.records) {
        if (record.row == row) {
            return record;
        }
    }
    for (const engine::RowProblem& problem : dataset.problems) {
        if (problem.row == row) {
            throw engine::EngineError({engine::ErrorCode::Format,
                                       engine::concat(path, ": row ", row, ": ", problem.message)});
        }
    }
    throw engine::EngineError(
        {engine::ErrorCode::NotFound,
         engine::concat(path, ": row ", row, " of ", dataset.rows, " is not there"),
         "--row counts from 1; choose one of them"});
}

} // namespace

int run(const RenderArguments& arguments)
{
    const engine::CheckCommand command = data_command(arguments.data, arguments.base);
    check_base(arguments.base);
    const engine::Tokenizer tokenizer =
        engine::value_or_throw(engine::Tokenizer::load(arguments.base));
    const engine::ChatFormat format =
        engine::value_or_throw(engine::resolve_chat_format(command.chat_format, tokenizer));
    engine::DatasetOptions options;
    options.format = engine::value_or_throw(engine::parse_data_format(command.format));
    options.column_map = command.column_map;
    const engine::Dataset dataset =
        engine::value_or_throw(engine::read_dataset(command.dataset, options));
    const engine::Record& record = find_row(dataset, command.dataset, arguments.row);
    const engine::PreviewRow preview =
        engine::preview_row(format, tokenizer, record, command.mask_prompt, 0);
    if (arguments.json) {
        engine::Json answer = engine::to_json(preview);
        answer["chat_format"] = engine::to_string(format);
        print_json(std::move(answer));
        return 0;
    }
    std::cout << "chat format " << engine::to_string(format) << ", " << preview.total_tokens
              << " tokens, " << preview.total_targets << " trained\n\n";
    for (const engine::RenderedPart& part : preview.parts) {
        std::cout << part.text;
    }
    std::cout << "\n\n     id  loss  token\n";
    for (const engine::PreviewToken& token : preview.tokens) {
        std::cout.width(7);
        std::cout << token.id << (token.trained ? "  yes   " : "  -     ") << token.token << "\n";
    }
    return 0;
}

} // namespace cli
