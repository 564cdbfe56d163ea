// Learns a byte-level BPE vocabulary from text and writes it as a Hugging Face tokenizer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"

namespace engine {

struct BpeTrainerOptions
{
    std::int64_t vocab_size = 2048;               // special tokens, 256 bytes, then merges
    std::int64_t min_frequency = 2;               // a pair seen less often is not merged
    std::vector<std::string> special_tokens = {}; // ids 0, 1, ...
    std::string bos_token = {}; // one of special_tokens, or empty; encoding puts it first
    std::string eos_token = {};
    std::string pad_token = {};
    std::string chat_template = {}; // for tokenizer_config.json; empty for none
    std::int64_t model_max_length = 2048;
};

// The tokenizer.json learned from `texts`: no merge crosses the boundary of a word, a number of up
// to three digits or a run of other characters. Pairs are merged by falling count; of equal counts
// the pair of smaller ids goes first, so the same texts give the same file. Errors:
// InvalidArgument.
[[nodiscard]] Result<Json> train_bpe(const std::vector<std::string_view>& texts,
                                     const BpeTrainerOptions& options);

// Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json. Errors: Io.
[[nodiscard]] Result<void> write_tokenizer(const std::filesystem::path& folder,
                                           const Json& tokenizer,
                                           const BpeTrainerOptions& options);

} // namespace engine
