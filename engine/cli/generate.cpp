// lowrank generate: one prompt, answered by the base or by each adapter given.
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/worker/answers.h"
#include "engine/worker/resident_model.h"

namespace cli {

namespace {

std::vector<std::pair<std::string, std::string>> read_messages(const std::string& path)
{
    const engine::Json json = engine::value_or_throw(engine::read_json_file(path));
    const engine::Json& list =
        json.is_object() && json.contains("messages") ? json["messages"] : json;
    std::vector<std::pair<std::string, std::string>> messages;
    const auto refuse = [&] {
        throw engine::EngineError(
            {engine::ErrorCode::Format,
             engine::concat(path, ": wanted an array of {\"role\", \"content\"}")});
    };
    if (!list.is_array() || list.empty()) {
        refuse();
    }
    for (const engine::Json& message : list) {
        if (!message.is_object() || !message.contains("role") || !message["role"].is_string()
            || !message.contains("content") || !message["content"].is_string()) {
            refuse();
        }
        messages.emplace_back(message["role"].get<std::string>(),
                              message["content"].get<std::string>());
    }
    return messages;
}

engine::GenerateCommand request_of(const GenerateArguments& arguments)
{
    if (arguments.prompt.empty() == arguments.messages.empty()) {
        throw engine::EngineError(
            {engine::ErrorCode::InvalidArgument, "generate: wanted either --prompt or --messages"});
    }
    if (!arguments.prompt.empty() && arguments.chat_format != "auto") {
        throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                   engine::concat("--chat-format is ",
                                                  arguments.chat_format,
                                                  ", but --prompt is text that no format changes"),
                                   "leave out --chat-format, or ask with --messages"});
    }
    engine::GenerateCommand request;
    request.prompt = arguments.prompt;
    if (!arguments.messages.empty()) {
        request.messages = read_messages(arguments.messages);
    }
    request.chat_format = arguments.chat_format;
    request.sampling.max_new_tokens = arguments.max_new_tokens;
    request.sampling.temperature = arguments.temperature;
    request.sampling.top_k = arguments.top_k;
    request.sampling.top_p = arguments.top_p;
    request.sampling.seed = arguments.seed;
    return request;
}

} // namespace

int run(const GenerateArguments& arguments)
{
    engine::GenerateCommand request = request_of(arguments);
    check_base(arguments.base);
    engine::StopSource stop;
    engine::stop_on_signals(stop);
    const auto model = engine::value_or_throw(engine::ResidentModel::load(
        arguments.base, arguments.resident, {}, engine::StopToken(stop)));
    std::vector<std::string> keys = arguments.adapters;
    for (const std::string& path : keys) {
        engine::value_or_throw(model->load_adapter(path, path));
        note_base_quant(*model->adapter(path), model->base());
        note_other_base(path, arguments.base);
    }
    if (keys.empty()) {
        keys.emplace_back(); // the base
    }
    engine::Json answers = engine::Json::array();
    for (const std::string& key : keys) {
        request.adapter = key;
        if (keys.size() > 1 && !arguments.json) {
            std::cout << "== " << key << "\n";
        }
        const auto show = [&](const std::string& text) { std::cout << text << std::flush; };
        const engine::ResidentModel::Answer answer = engine::value_or_throw(
            model->generate(request,
                            arguments.json ? std::function<void(const std::string&)>() : show,
                            engine::StopToken(stop)));
        if (arguments.json) {
            engine::Json json = engine::generated_answer(key, answer);
            json["token_ids"] = answer.generation.tokens;
            json.erase("event");
            answers.push_back(std::move(json));
        } else {
            std::cout << "\n";
        }
    }
    if (arguments.json) {
        print_json(answers.size() == 1 ? answers.front() : answers);
    }
    return stop.stop_requested() ? engine::exit_code(engine::ErrorCode::Cancelled) : 0;
}

} // namespace cli
