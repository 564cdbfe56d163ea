// The Hugging Face names of the weights outside the blocks.
#pragma once

namespace engine {

inline constexpr const char* kEmbedTokens = "model.embed_tokens.weight";
inline constexpr const char* kNorm = "model.norm.weight";
inline constexpr const char* kLmHead = "lm_head.weight"; // absent where the head is tied

} // namespace engine
