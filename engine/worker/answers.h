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
//   device    {device: "cpu", name, memory_bytes, free_memory_bytes where it is known,
//              usable, reason, properties: {"instructions": "...", ...}}
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
//                  layers: [n, ...] (empty: all), matrices, parameters; likewise
//     safetensors: tensors: [{name, dtype, shape: [n, ...]}], metadata: {key: text}, parameters
//
//   checked   {path, verdict: "accept"|"warn"|"error", error: {code, message, hint} (when the file
//   as
//              a whole is refused), container, format, chat_format, fingerprint,
//              columns: [name] (of a refused file too, where it has some),
//              rows, accepted, warned, refused, blank, duplicates, leaked,
//              problems: [{severity: "warning"|"error", row, code, message}],
//              preview: [{row, total_tokens, total_targets, parts: [{text, control, trained}],
//                         tokens: [{id, token, text, trained}]}]}
//     With eval_data besides: eval_rows (that can be used), and leaked counts those that are in
//     the data set too; a problem of code "leaked" has the data set's row and names the other's.
//     With a base model besides: suggested_seq_len (as `train` chooses it for this model), seq_len
//              (what too_long counts by: the command's, or the suggested one),
//              tokens: {examples, tokens, targets, too_long, fully_masked, longest, percentile_95},
//              histogram: {bin_width, counts: [n]}   examples by length; bin i starts at
//              i * bin_width tokens
//   estimated {fits, total_bytes, available_bytes, terms: [{name, bytes}], micro_batch_size,
//              grad_accum_steps, seq_len, max_steps, trainable_parameters,
//              problems: [{field, message}], warnings: [{field, message}]}
//     With problems, the numbers are left out. Terms are named in engine/train/memory_estimate.h.
//     Without "data" but with "seq_len" the answer is immediate: rows are taken to be that long.
//
//   loaded    {what: "model", base_model, parameters, dtype, base_quant, owned_bytes,
//              mapped_bytes, chat_format}
//             {what: "adapter", key, path, parameters, matrices, base_quant}
//   token     {text}                     one per token of `generate` that completes a character
//   generated {adapter, text, prompt_tokens, tokens, finish_reason: "stop"|"length"|"cancelled",
//              seconds, tokens_per_second}
//   exported  {format: "peft"|"hf", path, base_quant: "none"|"nf4"|"int8", check: {passed,
//              positions, max_abs_difference, max_abs_logit, tolerance, top1_agreement,
//              difference_from_base}}
//     An adapter's base_quant is how its base was kept while it trained. A `warning` with the
//     command's id comes before `loaded` or `exported` when the adapter records another base.
//   analyzed  {adapter, matrices: [{layer, target, rank, delta_norm, weight_norm,
//              effective_rank}]}         the fields of engine/train/adapter_analysis.h
#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/merge.h"
#include "engine/tensor/backend.h"
#include "engine/train/adapter_analysis.h"
#include "engine/worker/resident_model.h"

namespace engine {

[[nodiscard]] Json to_json(const DeviceInfo& device);
[[nodiscard]] Json hello_answer(const std::vector<DeviceInfo>& devices);
[[nodiscard]] Json devices_answer(const std::vector<DeviceInfo>& devices);
[[nodiscard]] Json done_answer(std::string_view command);
[[nodiscard]] Json failed_answer(const Error& error);
[[nodiscard]] Json state_answer(std::string_view state, double fraction);
[[nodiscard]] Json loaded_model_answer(const ResidentModel& model);
[[nodiscard]] Json
loaded_adapter_answer(const std::string& key, const std::string& path, const LoraAdapter& adapter);
[[nodiscard]] Json token_answer(const std::string& text);
[[nodiscard]] Json generated_answer(const std::string& adapter,
                                    const ResidentModel::Answer& answer);
[[nodiscard]] Json
exported_answer(std::string_view format, const std::string& path, const ExportCheck& check);
[[nodiscard]] Json analyzed_answer(const std::string& adapter,
                                   const std::vector<MatrixAnalysis>& matrices);

// "f32", "bf16" or "f16". Errors: InvalidArgument.
[[nodiscard]] Result<DType> parse_export_dtype(const std::string& name);
// Errors: Unsupported for gguf and gguf-lora, InvalidArgument for an unknown format.
[[nodiscard]] Result<void> check_export_format(const std::string& format);

} // namespace engine
