// Makes everything of the sample but the trained weights: text, tokenizer, a base model with random
// weights, and the data of the two tasks. Afterwards it stores the trained model in bfloat16.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/io/safetensors.h"
#include "engine/model/base_model.h"
#include "engine/model/model_config.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "resources/sample/maker/story_writer.h"

namespace {

using engine::Json;

constexpr std::uint64_t kSeed = 20240;
constexpr int kStories = 14000;
constexpr int kHeldOutStories = 200;
constexpr int kTrainRows = 2000;
constexpr int kHeldOutRows = 100;

constexpr const char* kChatTemplate =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ "
    "'<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ "
    "'<|im_start|>assistant\\n' }}{% endif %}";

Json messages_row(const sample::Turn& turn)
{
    return {{"messages",
             Json::array({{{"role", "user"}, {"content", turn.user}},
                          {{"role", "assistant"}, {"content", turn.assistant}}})}};
}

void write_lines(const std::filesystem::path& path, const std::vector<Json>& rows)
{
    std::string text;
    for (const Json& row : rows) {
        text += row.dump() + "\n";
    }
    engine::value_or_throw(engine::write_file_atomically(path, text));
}

// Draws rows until there are `count` whose facts were not drawn before.
template <typename Row>
std::vector<Json> draw(int count,
                       std::set<std::string>& seen,
                       const std::function<Row()>& next,
                       const std::function<Json(const Row&)>& to_json)
{
    std::vector<Json> rows;
    while (static_cast<int>(rows.size()) < count) {
        const Row row = next();
        if (seen.insert(row.key).second) {
            rows.push_back(to_json(row));
        }
    }
    return rows;
}

void write_tasks(const std::filesystem::path& folder, sample::StoryWriter& writer)
{
    for (const bool held_out : {false, true}) {
        const int count = held_out ? kHeldOutRows : kTrainRows;
        const std::string ending = held_out ? "_heldout.jsonl" : ".jsonl";
        std::set<std::string> seen;
        write_lines(folder / ("facts" + ending),
                    draw<sample::Fact>(
                        count,
                        seen,
                        [&] { return writer.fact(held_out); },
                        [](const sample::Fact& fact) {
                            return Json{{"instruction", fact.instruction},
                                        {"input", fact.input},
                                        {"output", fact.output}};
                        }));
        seen.clear();
        write_lines(
            folder / ("questions" + ending),
            draw<sample::Question>(
                count,
                seen,
                [&] { return writer.question(held_out); },
                [](const sample::Question& question) { return messages_row(question.turn); }));
    }
}

// The first stories teach the language, the second ones, from another seed, to remember: they ask
// more often for what was put where.
std::vector<sample::Turn> write_stories(const std::filesystem::path& folder, std::uint64_t seed)
{
    sample::StoryWriter writer(seed);
    std::vector<sample::Turn> stories;
    std::vector<Json> rows;
    for (int i = 0; i < kStories + kHeldOutStories; ++i) {
        stories.push_back(writer.story(sample::Recall::Sometimes));
        rows.push_back(messages_row(stories.back()));
    }
    const auto border = rows.begin() + kStories;
    write_lines(folder / "stories.jsonl", {rows.begin(), border});
    write_lines(folder / "stories_heldout.jsonl", {border, rows.end()});
    rows.clear();
    sample::StoryWriter second(seed + 2);
    for (int i = 0; i < kStories; ++i) {
        rows.push_back(messages_row(second.story(sample::Recall::Often)));
    }
    write_lines(folder / "stories_recall.jsonl", rows);
    return stories;
}

engine::BpeTrainerOptions tokenizer_options()
{
    engine::BpeTrainerOptions options;
    options.vocab_size = 1024;
    options.special_tokens = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
    options.eos_token = "<|im_end|>";
    options.pad_token = "<|endoftext|>";
    options.chat_template = kChatTemplate;
    options.model_max_length = 512;
    return options;
}

// Returns the number of tokens, which is below the wanted size when the text has fewer words.
std::int64_t write_tokenizer_of(const std::vector<sample::Turn>& stories,
                                const std::filesystem::path& folder)
{
    // The tasks' own words are part of the language, so that their prompts stay short.
    std::vector<std::string_view> texts = {"user\n", "assistant\n", "system\n"};
    const std::string task = "List who, what and where.\n\nwho: \nwhat: \nwhere: ";
    texts.insert(texts.end(), 100, task);
    for (const sample::Turn& turn : stories) {
        texts.push_back(turn.user);
        texts.push_back(turn.assistant);
    }
    const engine::BpeTrainerOptions options = tokenizer_options();
    const Json tokenizer = engine::value_or_throw(engine::train_bpe(texts, options));
    engine::value_or_throw(engine::write_tokenizer(folder, tokenizer, options));
    return std::ssize(tokenizer["model"]["vocab"]);
}

void write_model(const std::filesystem::path& folder, std::int64_t vocab_size, std::uint64_t seed)
{
    const Json json = {{"architectures", {"LlamaForCausalLM"}},
                       {"model_type", "llama"},
                       {"hidden_size", 160},
                       {"intermediate_size", 432},
                       {"num_hidden_layers", 4},
                       {"num_attention_heads", 4},
                       {"num_key_value_heads", 2},
                       {"head_dim", 32},
                       {"vocab_size", vocab_size},
                       {"max_position_embeddings", 512},
                       {"rms_norm_eps", 1e-5},
                       {"rope_theta", 10000.0},
                       {"hidden_act", "silu"},
                       {"tie_word_embeddings", true},
                       {"attention_bias", false},
                       {"mlp_bias", false},
                       {"initializer_range", 0.02},
                       {"eos_token_id", 2},
                       {"pad_token_id", 0},
                       {"torch_dtype", "float32"}};
    const auto config = engine::value_or_throw(engine::ModelConfig::from_json(json));
    auto backend = engine::value_or_throw(engine::make_backend(engine::Device{}));
    const auto model = engine::BaseModel::random(*backend, config, seed);
    std::vector<engine::SafetensorsSource> sources;
    sources.reserve(model.tensors().size());
    for (const auto& [name, tensor] : model.tensors()) {
        const auto view = tensor;
        sources.push_back(
            {name, "F32", engine::safetensors_shape(tensor.shape()), [view](const auto& sink) {
                 return sink(std::as_bytes(std::span(view.template data<float>(),
                                                     static_cast<std::size_t>(view.numel()))));
             }});
    }
    engine::value_or_throw(
        engine::write_safetensors(folder / "model.safetensors", std::move(sources)));
    engine::value_or_throw(
        engine::write_file_atomically(folder / "config.json", json.dump(2) + "\n"));
    const Json generation = {{"eos_token_id", 2}, {"pad_token_id", 0}};
    engine::value_or_throw(engine::write_file_atomically(folder / "generation_config.json",
                                                         generation.dump(2) + "\n"));
}

void make(const std::filesystem::path& folder, std::uint64_t seed)
{
    for (const char* name : {"init", "data"}) {
        std::filesystem::create_directories(folder / name);
    }
    const auto stories = write_stories(folder, seed);
    const std::int64_t vocab_size = write_tokenizer_of(stories, folder / "init");
    write_model(folder / "init", vocab_size, seed);
    sample::StoryWriter task_writer(seed + 1);
    write_tasks(folder / "data", task_writer);
}

// Copies a model folder with its float32 weights rounded to bfloat16.
void store(const std::filesystem::path& from, const std::filesystem::path& to)
{
    std::filesystem::create_directories(to);
    for (const char* name : {"tokenizer.json",
                             "tokenizer_config.json",
                             "special_tokens_map.json",
                             "generation_config.json"}) {
        std::filesystem::copy_file(
            from / name, to / name, std::filesystem::copy_options::overwrite_existing);
    }
    Json config = engine::value_or_throw(engine::read_json_file(from / "config.json"));
    config["torch_dtype"] = "bfloat16";
    engine::value_or_throw(
        engine::write_file_atomically(to / "config.json", config.dump(2) + "\n"));
    const auto file =
        engine::value_or_throw(engine::SafetensorsFile::open(from / "model.safetensors"));
    std::vector<engine::SafetensorsSource> sources;
    for (const engine::SafetensorsEntry& entry : file.entries()) {
        if (entry.dtype != "F32") {
            throw std::runtime_error(entry.name + ": dtype is " + entry.dtype + ", wanted F32");
        }
        sources.push_back({entry.name, "BF16", entry.shape, [&entry](const auto& sink) {
                               std::vector<engine::bfloat16_t> rounded;
                               for (std::size_t at = 0; at < entry.bytes.size(); at += 4) {
                                   float value = 0.0F;
                                   std::memcpy(&value, entry.bytes.data() + at, sizeof value);
                                   rounded.push_back(engine::to_bfloat16(value));
                               }
                               return sink(std::as_bytes(std::span(rounded)));
                           }});
    }
    engine::value_or_throw(engine::write_safetensors(to / "model.safetensors", std::move(sources)));
}

} // namespace

int main(int argc, char** argv)
{
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (!(command == "make" && argc == 3) && !(command == "store" && argc == 4)) {
        std::fprintf(stderr,
                     "usage: make_sample make FOLDER\n"
                     "       make_sample store TRAINED_MODEL FOLDER\n");
        return 2;
    }
    try {
        if (command == "make") {
            make(argv[2], kSeed);
        } else {
            store(argv[2], argv[3]);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make_sample: %s\n", error.what());
        return 2;
    }
    return 0;
}
