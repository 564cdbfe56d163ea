// lowrank tokenize: lines of text to token ids, or back.
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/tokenizer/tokenizer.h"

namespace cli {

namespace {

using engine::Json;

std::string input_text(const TokenizeArguments& arguments)
{
    if (arguments.has_text) {
        return arguments.text;
    }
    if (!arguments.file.empty()) {
        return engine::value_or_throw(engine::read_file(arguments.file));
    }
    std::ostringstream text;
    text << std::cin.rdbuf();
    return text.str();
}

// A text given as an option is one line whatever it holds; a file's last newline ends its last
// line.
std::vector<std::string> lines_of(const TokenizeArguments& arguments)
{
    std::string text = input_text(arguments);
    if (arguments.has_text) {
        return {std::move(text)};
    }
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::vector<std::int32_t> ids_of(const std::string& line, const engine::Tokenizer& tokenizer)
{
    std::vector<std::int32_t> ids;
    std::istringstream words(line);
    std::string word;
    while (words >> word) {
        std::size_t used = 0;
        long id = -1;
        try {
            id = std::stol(word, &used);
        } catch (const std::exception&) {
            used = 0;
        }
        if (used != word.size() || id < 0 || id > INT32_MAX) {
            throw engine::EngineError(
                {engine::ErrorCode::InvalidArgument,
                 engine::concat("tokenize: \"", word.substr(0, 40), "\" is not a token id"),
                 "give whole numbers with blanks between"});
        }
        if (tokenizer.id_to_token(static_cast<std::int32_t>(id)).empty()) {
            throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                       engine::concat("tokenize: the tokenizer has no token ",
                                                      id,
                                                      ", its ids are 0 to ",
                                                      tokenizer.vocab_size() - 1),
                                       "decode ids that this tokenizer gave"});
        }
        ids.push_back(static_cast<std::int32_t>(id));
    }
    return ids;
}

void print_ids(const std::vector<std::int32_t>& ids)
{
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::cout << (i == 0 ? "" : " ") << ids[i];
    }
    std::cout << "\n";
}

} // namespace

int run(const TokenizeArguments& arguments)
{
    if (arguments.has_text && !arguments.file.empty()) {
        throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                   "tokenize: both --text and --file are given, wanted one",
                                   "leave out one of them"});
    }
    check_base(arguments.base);
    const engine::Tokenizer tokenizer =
        engine::value_or_throw(engine::Tokenizer::load(arguments.base));
    for (const std::string& line : lines_of(arguments)) {
        const std::vector<std::int32_t> ids = arguments.decode
                                                  ? ids_of(line, tokenizer)
                                                  : tokenizer.encode(line, !arguments.no_special);
        const std::string text =
            arguments.decode ? tokenizer.decode(ids, arguments.no_special) : line;
        if (arguments.json) {
            Json tokens = Json::array();
            for (const std::int32_t id : ids) {
                tokens.push_back(tokenizer.id_to_token(id));
            }
            std::cout << engine::to_line({{"text", text}, {"ids", ids}, {"tokens", tokens}})
                      << "\n";
        } else if (arguments.decode) {
            std::cout << text << "\n";
        } else {
            print_ids(ids);
        }
    }
    return 0;
}

} // namespace cli
