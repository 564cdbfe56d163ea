// The worker's answers as JSON: every shape that the studio and `--json` read, field by field.
//
// Every answer carries "event" and, in the protocol, the "id" of its command. Sizes are bytes,
// times are seconds, counts are whole numbers; a number that is not finite is null. Events of a run
// (state, started, step, eval, sample, checkpoint, init_report, warning, finished, failed) are
// written in engine/train/train_event.h; they carry the id of `train` or `resume_run`. Long
// commands send `state` events with their id, a state name and a fraction from 0 to 1.
//
//   hello     {protocol, version, devices: [device]}            first event, no id
//   devices   {devices: [device]}
//   device    {device: "cpu", name, memory_bytes, free_memory_bytes, usable, reason,
//              properties: {"instructions": "...", ...}}
//   done      {command}                  unload_adapter and cancel; other commands answer below
//   failed    {code, message, hint}      a command (with its id) or a run that could not go on
//
//   inspected {kind: "model"|"adapter"|"safetensors", path, usable, reason, bytes, ...}
//     reason is empty when usable, else one sentence. Besides, by kind:
//     model:       model_type, parameters, hidden_size, intermediate_size, num_layers, num_heads,
//                  num_kv_heads, head_dim, vocab_size, max_position_embeddings,
//                  tie_word_embeddings, dtype ("BF16", "F32", or "mixed"), license ("" not stated),
//                  target_shapes: {"q_proj": [out_features, in_features], ...},
//                  tokenizer: {usable, reason, vocab_size, bos_token, eos_token, chat_format,
//                              has_chat_template}
//                  An unusable folder has only the fields that could be read.
//     adapter:     base_model, rank, alpha, use_rslora, dropout, target_modules: ["q_proj", ...],
//                  layers: [n, ...] (empty: all), matrices, parameters
//     safetensors: tensors: [{name, dtype, shape: [n, ...]}], metadata: {key: text}, parameters
//
//   checked   {path, container, format, columns: [name], rows, accepted, warned, refused,
//              fingerprint, usable, reason, problems: [{severity: "warning"|"error", row, code,
//              message}], problem_counts: {code: n}, chat_format,
//              statistics: {examples, tokens, targets, cut, fully_masked, longest,
//                           percentile_95}           (with a base model only)
//              suggested_seq_len, histogram: [{from, to, count}]   tokens; from <= n < to
//              preview: [{row, text, tokens: [{id, text, trained}]}]}
//   estimated {fits, total_bytes, available_bytes, terms: [{name, bytes}], micro_batch_size,
//              grad_accum_steps, seq_len, max_steps, trainable_parameters,
//              problems: [{field, message}], warnings: [{field, message}]}
//
//   loaded    {what: "model", base_model, parameters, dtype, owned_bytes, mapped_bytes,
//   chat_format}
//             {what: "adapter", key, path, parameters, matrices}
//   token     {text}                     one per token of `generate` that completes a character
//   generated {adapter, text, prompt_tokens, tokens, finish_reason: "stop"|"length"|"cancelled",
//              seconds, tokens_per_second}
//   exported  {format: "peft"|"hf", path, check: {passed, positions, max_abs_difference,
//              max_abs_logit, tolerance, top1_agreement, difference_from_base}}
#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/tensor/backend.h"

namespace engine {

[[nodiscard]] Json to_json(const DeviceInfo& device);
[[nodiscard]] Json hello_answer(const std::vector<DeviceInfo>& devices);
[[nodiscard]] Json devices_answer(const std::vector<DeviceInfo>& devices);
[[nodiscard]] Json done_answer(std::string_view command);
[[nodiscard]] Json failed_answer(const Error& error);
[[nodiscard]] Json state_answer(std::string_view state, double fraction);

} // namespace engine
