// ModelConfig: the llama family's sizes and switches, read from a Hugging Face config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/model/target.h"

namespace engine {

enum class RopeType { Default, Linear, Llama3, Yarn };

struct RopeConfig
{
    RopeType type = RopeType::Default;
    double theta = 10000.0;
    double factor = 1.0;
    double low_freq_factor = 1.0;
    double high_freq_factor = 4.0;
    std::int64_t original_max_position_embeddings = 0;
    // Of yarn: what multiplies cos and sin, the turns within the trained length beyond which a wave
    // is kept and below which it is slowed, and whether the dimensions of those two are whole.
    double attention_factor = 1.0;
    double beta_fast = 32.0;
    double beta_slow = 1.0;
    bool truncate = true;
};

struct ModelConfig
{
    std::string model_type;  // llama, mistral, qwen2, qwen3
    std::string torch_dtype; // as stated in the file; may be empty
    std::int64_t hidden_size = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t num_layers = 0;
    std::int64_t num_heads = 0;
    std::int64_t num_kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t vocab_size = 0;
    std::int64_t max_position_embeddings = 0;
    double rms_norm_eps = 1e-6;
    RopeConfig rope;
    bool attention_bias = false; // q k v (and o for llama) have biases
    bool o_bias = false;
    bool mlp_bias = false;
    bool qk_norm = false; // qwen3: RMSNorm over head_dim on q and k before rope
    bool tie_word_embeddings = false;
    std::vector<std::int64_t> sliding_window; // per layer; 0: full attention
    std::vector<std::int64_t> eos_token_ids;  // generation_config.json's when present
    std::int64_t bos_token_id = -1;

    // Parses config.json. Anything this engine does not compute exactly is refused by the key's
    // name. Errors: InvalidConfig, Unsupported.
    [[nodiscard]] static Result<ModelConfig> from_json(const Json& json);

    // Reads config.json and generation_config.json of a model folder. Errors: NotFound, Io, Format
    // and above.
    [[nodiscard]] static Result<ModelConfig> load(const std::filesystem::path& folder);

    // The config.json that from_json reads back to the same values; transformers loads it too.
    [[nodiscard]] Json to_json() const;

    // d_out and d_in of a projection's weight.
    [[nodiscard]] std::int64_t out_features(Target target) const;
    [[nodiscard]] std::int64_t in_features(Target target) const;

    [[nodiscard]] std::int64_t attention_width() const { return num_heads * head_dim; }

    [[nodiscard]] std::int64_t kv_width() const { return num_kv_heads * head_dim; }

    [[nodiscard]] std::int64_t parameter_count() const;
};

} // namespace engine
