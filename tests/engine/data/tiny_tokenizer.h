// A byte-level tokenizer of a few hundred ids, whose right answers are readable: the id of an ASCII
// character is its code, and control tokens follow from 256 on.
// One file because it is one tokenizer.
#pragma once

#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace tests {

struct TinyTokenizerOptions
{
    std::vector<std::string> specials = {}; // ids 256, 257, ...
    std::string bos = {};
    std::string eos = {};
    std::string chat_template = {};
    bool adds_bos = false;                                        // the post-processor writes BOS
    std::vector<std::pair<std::string, std::string>> merges = {}; // ids behind the specials
};

// The printable character that byte-level BPE writes for a byte.
inline std::string byte_piece(unsigned byte)
{
    unsigned code = byte;
    const auto printable = [](unsigned b) {
        return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
    };
    if (!printable(byte)) {
        code = 256;
        for (unsigned b = 0; b < byte; ++b) {
            code += printable(b) ? 0 : 1;
        }
    }
    if (code < 0x80) {
        return {static_cast<char>(code)};
    }
    return {static_cast<char>(0xC0U | (code >> 6U)), static_cast<char>(0x80U | (code & 0x3FU))};
}

inline engine::Json tiny_tokenizer_json(const TinyTokenizerOptions& options)
{
    using engine::Json;
    Json vocab = Json::object();
    for (unsigned byte = 0; byte < 256; ++byte) {
        vocab[byte_piece(byte)] = byte;
    }
    Json added = Json::array();
    std::size_t id = 256;
    for (const std::string& special : options.specials) {
        added.push_back({{"id", id++},
                         {"content", special},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    }
    Json merges = Json::array();
    for (const auto& [left, right] : options.merges) {
        vocab[left + right] = id++;
        merges.push_back(Json::array({left, right}));
    }
    Json post = nullptr;
    if (options.adds_bos) {
        const auto bos_id = added[0]["id"];
        post = {{"type", "TemplateProcessing"},
                {"single",
                 Json::array({{{"SpecialToken", {{"id", options.bos}, {"type_id", 0}}}},
                              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})},
                {"pair", Json::array()},
                {"special_tokens",
                 {{options.bos,
                   {{"id", options.bos},
                    {"ids", Json::array({bos_id})},
                    {"tokens", Json::array({options.bos})}}}}}};
    }
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "ByteLevel"},
              {"add_prefix_space", false},
              {"trim_offsets", true},
              {"use_regex", true}}},
            {"post_processor", post},
            {"decoder", {{"type", "ByteLevel"}}},
            {"model",
             {{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", nullptr},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", false},
              {"byte_fallback", false},
              {"vocab", vocab},
              {"merges", merges}}}};
}

// Written to a folder and loaded, as a model's tokenizer is.
inline engine::Tokenizer tiny_tokenizer(const TinyTokenizerOptions& options)
{
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "tokenizer.json") << tiny_tokenizer_json(options).dump();
    engine::Json config = engine::Json::object();
    if (!options.bos.empty()) {
        config["bos_token"] = options.bos;
    }
    if (!options.eos.empty()) {
        config["eos_token"] = options.eos;
    }
    if (!options.chat_template.empty()) {
        config["chat_template"] = options.chat_template;
    }
    std::ofstream(folder.path() / "tokenizer_config.json") << config.dump();
    engine::Result<engine::Tokenizer> tokenizer = engine::Tokenizer::load(folder.path());
    if (!tokenizer) {
        throw engine::EngineError(tokenizer.error());
    }
    return std::move(*tokenizer);
}

inline engine::Tokenizer chatml_tokenizer()
{
    return tiny_tokenizer(
        {.specials = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, .eos = "<|endoftext|>"});
}

inline engine::Tokenizer llama2_tokenizer()
{
    return tiny_tokenizer(
        {.specials = {"<s>", "</s>"}, .bos = "<s>", .eos = "</s>", .adds_bos = true});
}

inline engine::Tokenizer llama3_tokenizer()
{
    return tiny_tokenizer({.specials = {"<|begin_of_text|>",
                                        "<|end_of_text|>",
                                        "<|start_header_id|>",
                                        "<|end_header_id|>",
                                        "<|eot_id|>"},
                           .bos = "<|begin_of_text|>",
                           .eos = "<|end_of_text|>",
                           .adds_bos = true});
}

} // namespace tests
