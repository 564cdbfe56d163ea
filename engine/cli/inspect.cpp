// lowrank inspect: what a path holds.
#include "engine/worker/inspect.h"

#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"

namespace cli {

namespace {

using engine::Json;

void print_model(const Json& answer)
{
    std::cout << "model  " << answer.value("model_type", "unknown type") << "\n";
    if (answer.contains("parameters")) {
        std::cout << "  parameters   " << count_text(answer["parameters"].get<std::int64_t>())
                  << "\n  layers       " << answer["num_layers"] << "\n  hidden size  "
                  << answer["hidden_size"] << "\n  heads        " << answer["num_heads"] << " ("
                  << answer["num_kv_heads"] << " key/value), head_dim " << answer["head_dim"]
                  << "\n  vocabulary   " << answer["vocab_size"] << "\n  positions    "
                  << answer["max_position_embeddings"] << "\n";
    }
    if (answer.contains("dtype")) {
        std::cout << "  weights      " << answer["dtype"].get<std::string>() << ", "
                  << bytes_text(answer["bytes"].get<std::int64_t>()) << "\n";
    }
    const Json& tokenizer = answer["tokenizer"];
    if (tokenizer["usable"].get<bool>()) {
        std::cout << "  tokenizer    " << tokenizer["vocab_size"] << " tokens, chat format "
                  << tokenizer["chat_format"].get<std::string>() << "\n";
    }
}

void print_adapter(const Json& answer)
{
    const auto number = [&](const char* key) {
        return answer.contains(key) ? answer[key].dump() : std::string("unknown");
    };
    const std::string base = answer.value("base_model", "");
    std::cout << "adapter  rank " << number("rank") << ", alpha " << number("alpha")
              << "\n  base         " << (base.empty() ? "not stated" : base) << "\n";
    if (answer.contains("target_modules")) {
        std::cout << "  matrices     " << answer["matrices"] << " in " << answer["layers"].size()
                  << " layers:";
        for (const Json& target : answer["target_modules"]) {
            std::cout << " " << target.get<std::string>();
        }
        std::cout << "\n  parameters   " << count_text(answer["parameters"].get<std::int64_t>())
                  << ", " << bytes_text(answer["bytes"].get<std::int64_t>()) << "\n";
    }
}

void print_tensors(const Json& answer)
{
    std::cout << "safetensors  " << answer["tensors"].size() << " tensors, "
              << count_text(answer["parameters"].get<std::int64_t>()) << " numbers, "
              << bytes_text(answer["bytes"].get<std::int64_t>()) << "\n";
    for (const Json& tensor : answer["tensors"]) {
        std::cout << "  " << tensor["name"].get<std::string>() << "  "
                  << tensor["dtype"].get<std::string>() << " " << tensor["shape"].dump() << "\n";
    }
}

} // namespace

int run(const InspectArguments& arguments)
{
    const Json answer = engine::value_or_throw(engine::inspect(arguments.path));
    const bool usable = answer["usable"].get<bool>();
    const std::string kind = answer["kind"].get<std::string>();
    if (arguments.json) {
        print_json(answer);
    } else if (kind == "model") {
        print_model(answer);
    } else if (kind == "adapter") {
        print_adapter(answer);
    } else {
        print_tensors(answer);
    }
    if (!usable) {
        return report({engine::ErrorCode::Unsupported, answer["reason"].get<std::string>()});
    }
    return 0;
}

} // namespace cli
