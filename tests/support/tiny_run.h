// A model folder small enough to train in a test: random weights, a byte tokenizer, and data.
// One file because it is one folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/model/base_model.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/train/model_folder.h"

namespace tests {

inline constexpr int kTinyEos = 257;

// One token per byte, <s> 256, </s> 257.
inline engine::Json byte_tokenizer()
{
    engine::Json vocab = engine::Json::object();
    for (int byte = 0; byte < 256; ++byte) {
        vocab[engine::byte_level::encode(std::string(1, static_cast<char>(byte)))] = byte;
    }
    engine::Json added = engine::Json::array();
    for (const auto& [id, content] : {std::pair(256, "<s>"), std::pair(kTinyEos, "</s>")}) {
        added.push_back({{"id", id},
                         {"content", content},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    }
    const engine::Json byte_level = {{"type", "ByteLevel"},
                                     {"add_prefix_space", false},
                                     {"trim_offsets", true},
                                     {"use_regex", false}};
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer", byte_level},
            {"post_processor", nullptr},
            {"decoder", byte_level},
            {"model",
             {{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", nullptr},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", false},
              {"byte_fallback", false},
              {"vocab", vocab},
              {"merges", engine::Json::array()}}}};
}

inline engine::ModelConfig tiny_config(std::int64_t hidden_size = 32, std::int64_t num_layers = 2)
{
    const engine::Json json = {{"model_type", "llama"},
                               {"architectures", {"LlamaForCausalLM"}},
                               {"hidden_size", hidden_size},
                               {"intermediate_size", 2 * hidden_size},
                               {"num_hidden_layers", num_layers},
                               {"num_attention_heads", 4},
                               {"num_key_value_heads", 2},
                               {"vocab_size", 258},
                               {"max_position_embeddings", 256},
                               {"rms_norm_eps", 1e-5},
                               {"rope_theta", 10000.0},
                               {"hidden_act", "silu"},
                               {"tie_word_embeddings", false},
                               {"bos_token_id", 256},
                               {"eos_token_id", kTinyEos},
                               {"torch_dtype", "float32"}};
    return engine::value_or_throw(engine::ModelConfig::from_json(json));
}

inline void write_text(const std::filesystem::path& path, const std::string& text)
{
    engine::value_or_throw(engine::write_file_atomically(path, text));
}

// Writes the folder; the same every time.
inline void write_tiny_model(const std::filesystem::path& folder,
                             std::int64_t hidden_size = 32,
                             std::int64_t num_layers = 2)
{
    engine::CpuBackend backend(1);
    const engine::BaseModel model =
        engine::BaseModel::random(backend, tiny_config(hidden_size, num_layers), 7);
    engine::value_or_throw(engine::save_model_folder(backend, model, {}, folder));
    write_text(folder / "tokenizer.json", byte_tokenizer().dump());
    write_text(folder / "tokenizer_config.json",
               R"({"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false})");
}

// `rows` prompts with short answers, in prompt/completion shape.
inline void write_tiny_data(const std::filesystem::path& path, int rows = 24)
{
    std::string text;
    for (int row = 0; row < rows; ++row) {
        text += engine::to_line({{"prompt", "say " + std::to_string(row) + ":"},
                                 {"completion", " the answer is " + std::to_string(row * 7 % 10)}})
                + "\n";
    }
    write_text(path, text);
}

// Settings of a run that takes a fraction of a second.
inline engine::Json tiny_settings(const std::filesystem::path& folder)
{
    return {{"base", (folder / "model").string()},
            {"data", (folder / "data.jsonl").string()},
            {"rank", 4},
            {"alpha", 8},
            {"learning_rate", 2e-3},
            {"max_steps", 6},
            {"micro_batch_size", 2},
            {"grad_accum_steps", 2},
            {"seq_len", 64},
            {"save_every", 3},
            {"save_minutes", 0},
            {"sample_prompts", {"say 1:"}},
            {"sample_tokens", 4},
            {"threads", 1}};
}

// A folder with model/ and data.jsonl, and run folders with run.json in them.
inline void write_tiny_workspace(const std::filesystem::path& folder)
{
    std::filesystem::create_directories(folder);
    write_tiny_model(folder / "model");
    write_tiny_data(folder / "data.jsonl");
}

inline std::filesystem::path make_run(const std::filesystem::path& folder,
                                      const std::string& name,
                                      const engine::Json& changes = engine::Json::object())
{
    engine::Json settings = tiny_settings(folder);
    settings.update(changes);
    std::filesystem::path run = folder / name;
    std::filesystem::create_directories(run);
    write_text(run / "run.json", settings.dump(2));
    return run;
}

} // namespace tests
