// The shapes of answers.h built from the engine's values.
#include "engine/worker/answers.h"

#include "engine/core/build_config.h"
#include "engine/cuda/gpu_list.h"
#include "engine/train/train_event.h"
#include "engine/worker/protocol.h"

namespace engine {

namespace {

Json device_list(const std::vector<DeviceInfo>& devices)
{
    Json list = Json::array();
    for (const DeviceInfo& device : devices) {
        list.push_back(to_json(device));
    }
    return list;
}

} // namespace

Json to_json(const DeviceInfo& device)
{
    Json properties = Json::object();
    for (const auto& [name, value] : device.properties) {
        properties[name] = value;
    }
    Json answer = {{"device", to_string(device.device)},
                   {"name", device.name},
                   {"memory_bytes", device.memory_bytes},
                   {"usable", device.usable},
                   {"reason", device.reason},
                   {"properties", std::move(properties)}};
    if (device.free_memory_bytes >= 0) {
        answer["free_memory_bytes"] = device.free_memory_bytes;
    }
    return answer;
}

Json hello_answer(const std::vector<DeviceInfo>& devices)
{
    return {{"event", "hello"},
            {"protocol", kProtocolVersion},
            {"version", kVersion},
            {"devices", device_list(devices)}};
}

Json devices_answer(const std::vector<DeviceInfo>& devices)
{
    return {
        {"event", "devices"}, {"devices", device_list(devices)}, {"note", cuda::gpus_here().note}};
}

Json done_answer(std::string_view command)
{
    return {{"event", "done"}, {"command", command}};
}

Json failed_answer(const Error& error)
{
    return to_json(TrainEvent(FailedEvent{error}));
}

Json state_answer(std::string_view state, double fraction)
{
    return to_json(TrainEvent(StateEvent{std::string(state), fraction}));
}

Json loaded_model_answer(const ResidentModel& model)
{
    const BaseModel& base = model.base();
    return {{"event", "loaded"},
            {"what", "model"},
            {"base_model", base.folder().string()},
            {"parameters", base.config().parameter_count()},
            {"dtype", to_string(base.dtype())},
            {"base_quant", to_string(base.base_quant())},
            {"owned_bytes", base.owned_bytes()},
            {"mapped_bytes", base.mapped_bytes()},
            {"chat_format", to_string(recognize_chat_format(model.tokenizer()))}};
}

Json loaded_adapter_answer(const std::string& key,
                           const std::string& path,
                           const LoraAdapter& adapter)
{
    return {{"event", "loaded"},
            {"what", "adapter"},
            {"key", key},
            {"path", path},
            {"parameters", adapter.parameter_count()},
            {"matrices", adapter.matrices().size()},
            {"base_quant", to_string(adapter.base_quant())}};
}

Json token_answer(const std::string& text)
{
    return {{"event", "token"}, {"text", text}};
}

Json generated_answer(const std::string& adapter, const ResidentModel::Answer& answer)
{
    const char* reason = "length";
    if (answer.generation.reason == FinishReason::Stop) {
        reason = "stop";
    } else if (answer.generation.reason == FinishReason::Cancelled) {
        reason = "cancelled";
    }
    const auto tokens = static_cast<std::int64_t>(answer.generation.tokens.size());
    const double seconds = answer.generation.seconds;
    return {{"event", "generated"},
            {"adapter", adapter},
            {"text", answer.text},
            {"prompt_tokens", answer.prompt_tokens},
            {"tokens", tokens},
            {"finish_reason", reason},
            {"seconds", seconds},
            {"tokens_per_second", seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0}};
}

Json exported_answer(std::string_view format, const std::string& path, const ExportCheck& check)
{
    return {{"event", "exported"},
            {"format", format},
            {"path", path},
            {"base_quant", to_string(check.base_quant)},
            {"check",
             {{"passed", check.passed},
              {"positions", check.positions},
              {"max_abs_difference", check.max_abs_difference},
              {"max_abs_logit", check.max_abs_logit},
              {"tolerance", check.tolerance},
              {"top1_agreement", check.top1_agreement},
              {"difference_from_base", check.difference_from_base}}}};
}

Json analyzed_answer(const std::string& adapter, const std::vector<MatrixAnalysis>& matrices)
{
    Json list = Json::array();
    for (const MatrixAnalysis& matrix : matrices) {
        list.push_back({{"layer", matrix.layer},
                        {"target", to_string(matrix.target)},
                        {"rank", matrix.rank},
                        {"delta_norm", matrix.delta_norm},
                        {"weight_norm", matrix.weight_norm},
                        {"effective_rank", matrix.effective_rank}});
    }
    return {{"event", "analyzed"}, {"adapter", adapter}, {"matrices", std::move(list)}};
}

Result<DType> parse_export_dtype(const std::string& name)
{
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
        if (to_string(dtype) == name) {
            return dtype;
        }
    }
    return Error{ErrorCode::InvalidArgument,
                 concat("dtype: \"", name.substr(0, 60), "\" is not f32, bf16 or f16")};
}

Result<void> check_export_format(const std::string& format)
{
    if (format == "peft" || format == "hf") {
        return {};
    }
    if (format == "gguf" || format == "gguf-lora") {
        return Error{ErrorCode::Unsupported,
                     concat("format: ", format, " is not written yet, supported: peft, hf")};
    }
    return Error{ErrorCode::InvalidArgument,
                 concat("format: \"", format.substr(0, 60), "\" is not peft or hf")};
}

} // namespace engine
