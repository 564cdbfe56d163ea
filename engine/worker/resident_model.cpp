// Prompts to tokens, tokens to text as it comes.
#include "engine/worker/resident_model.h"

#include <algorithm>
#include <utility>

#include "engine/core/log.h"
#include "engine/model/device_choice.h"
#include "engine/model/kv_decoder.h"
#include "engine/tensor/memory_check.h"
#include "engine/train/run_inputs.h"

namespace engine {

namespace {

constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD"; // U+FFFD: a character still in pieces

Result<Role> parse_role(const std::string& name)
{
    for (const Role role : {Role::System, Role::User, Role::Assistant, Role::Tool}) {
        if (to_string(role) == name) {
            return role;
        }
    }
    return Error{ErrorCode::InvalidArgument,
                 concat("messages: role \"",
                        name.substr(0, 60),
                        "\" is not one of system, user, assistant, tool")};
}

// Turns tokens into text piece by piece, holding back an incomplete character.
class TextStream
{
public:
    explicit TextStream(const Tokenizer& tokenizer)
        : m_tokenizer(tokenizer)
    {}

    // The text that the token completes; may be empty.
    std::string add(std::int32_t token)
    {
        m_tokens.push_back(token);
        const std::string text = m_tokenizer.decode(m_tokens, true);
        if (text.size() <= m_sent || text.ends_with(kReplacementUtf8)) {
            return {};
        }
        std::string piece = text.substr(m_sent);
        m_sent = text.size();
        return piece;
    }

private:
    const Tokenizer& m_tokenizer;
    std::vector<std::int32_t> m_tokens;
    std::size_t m_sent = 0;
};

} // namespace

Result<DType> parse_compute_dtype(const std::string& name)
{
    for (const DType dtype : {DType::F32, DType::BF16}) {
        if (to_string(dtype) == name) {
            return dtype;
        }
    }
    return Error{ErrorCode::InvalidArgument,
                 concat("dtype: \"", name.substr(0, 60), "\" is not f32 or bf16")};
}

Result<ops::QuantType> parse_base_quant(const std::string& name)
{
    const ops::QuantType type = ops::quant_type(name);
    if (to_string(type) == name) {
        return type;
    }
    return Error{ErrorCode::InvalidArgument,
                 concat("base_quant: \"", name.substr(0, 60), "\" is not none, nf4 or int8")};
}

ResidentModel::ResidentModel(std::unique_ptr<Backend> backend, BaseModel base, Tokenizer tokenizer)
    : m_backend(std::move(backend))
    , m_base(std::move(base))
    , m_tokenizer(std::move(tokenizer))
{}

Result<std::unique_ptr<ResidentModel>>
ResidentModel::load(const std::string& folder,
                    const ResidentOptions& options,
                    const std::function<void(double fraction)>& progress,
                    StopToken stop)
{
    const Result<DType> compute = parse_compute_dtype(options.dtype);
    if (!compute) {
        return compute.error();
    }
    const Result<ops::QuantType> base_quant = parse_base_quant(options.base_quant);
    if (!base_quant) {
        return base_quant.error();
    }
    Result<Tokenizer> tokenizer = Tokenizer::load(folder);
    if (!tokenizer) {
        return tokenizer.error();
    }
    const LoadOptions how = {
        .dtype = *compute, .base_quant = *base_quant, .progress = progress, .stop = stop};
    Result<ChosenDevice> device = choose_device(options.device, {.threads = options.threads});
    if (!device) {
        return device.error();
    }
    Result<BaseModel> base = BaseModel::load(*device->backend, folder, how);
    if (!base && base.error().code == ErrorCode::OutOfDeviceMemory && options.device == "auto") {
        const std::string too_small = base.error().message + ". The CPU computes.";
        device = choose_device("cpu", {.threads = options.threads});
        base = BaseModel::load(*device->backend, folder, how);
        device->note = too_small;
        device->saw_gpu = true;
    }
    if (!base) {
        return base.error();
    }
    if (device->saw_gpu) { // who has none need not hear it with every answer
        log(LogLevel::Info, device->note);
    }
    return std::unique_ptr<ResidentModel>(
        new ResidentModel(std::move(device->backend), std::move(*base), std::move(*tokenizer)));
}

const LoraAdapter* ResidentModel::adapter(const std::string& key) const
{
    const auto found = m_adapters.find(key);
    return found == m_adapters.end() ? nullptr : &found->second;
}

Result<void> ResidentModel::load_adapter(const std::string& key, const std::string& path)
{
    if (key.empty()) {
        return Error{ErrorCode::InvalidArgument, "load_adapter: the key is empty"};
    }
    Result<LoraAdapter> loaded =
        engine::load_adapter(*m_backend, m_base.config(), path, m_base.dtype());
    if (!loaded) {
        return loaded.error();
    }
    m_adapters.insert_or_assign(key, std::move(*loaded));
    return {};
}

Result<void> ResidentModel::unload_adapter(const std::string& key)
{
    if (m_adapters.erase(key) == 0) {
        return Error{ErrorCode::NotFound,
                     concat("unload_adapter: no adapter \"", key, "\" is loaded"),
                     "name one that load_adapter loaded"};
    }
    return {};
}

Result<std::vector<std::int32_t>> ResidentModel::prompt_of(const GenerateCommand& request,
                                                           SamplingConfig& sampling) const
{
    sampling.vocab_limit = m_tokenizer.vocab_size();
    for (const std::int64_t id : m_base.config().eos_token_ids) {
        sampling.stop_token_ids.push_back(id);
    }
    if (request.messages.empty()) {
        if (const std::optional<std::int32_t> eos = m_tokenizer.eos_token_id(); eos) {
            sampling.stop_token_ids.push_back(*eos);
        }
        return m_tokenizer.encode(request.prompt, true, SpecialTokens::Parse);
    }
    const Result<ChatFormat> format = resolve_chat_format(request.chat_format, m_tokenizer);
    if (!format) {
        return format.error();
    }
    std::vector<Message> messages;
    for (const auto& [name, content] : request.messages) {
        const Result<Role> role = parse_role(name);
        if (!role) {
            return role.error();
        }
        Message message;
        message.role = *role;
        message.content = content;
        messages.push_back(std::move(message));
    }
    for (const std::int64_t id : engine::stop_token_ids(*format, m_tokenizer)) {
        sampling.stop_token_ids.push_back(id);
    }
    return encode_prompt(*format, m_tokenizer, messages);
}

Result<ResidentModel::Answer>
ResidentModel::generate(const GenerateCommand& request,
                        const std::function<void(const std::string& text)>& on_text,
                        StopToken stop)
{
    const LoraAdapter* chosen = adapter(request.adapter);
    if (!request.adapter.empty() && chosen == nullptr) {
        return Error{ErrorCode::NotFound,
                     concat("generate: no adapter \"", request.adapter, "\" is loaded"),
                     "load it with load_adapter first"};
    }
    SamplingConfig sampling = request.sampling;
    Result<std::vector<std::int32_t>> prompt = prompt_of(request, sampling);
    if (!prompt) {
        return prompt.error();
    }
    const auto length = static_cast<std::int64_t>(prompt->size());
    const std::int64_t positions = m_base.config().max_position_embeddings;
    if (length == 0 || length >= positions) {
        return Error{
            ErrorCode::InvalidArgument,
            concat("generate: the prompt has ", length, " tokens, wanted 1 to ", positions - 1)};
    }
    sampling.max_new_tokens = std::min(sampling.max_new_tokens, positions - length);
    const std::int64_t capacity = length + sampling.max_new_tokens;
    if (!m_generator || m_capacity < capacity) {
        m_generator.reset();
        Result<void> room =
            check_memory(*m_backend,
                         "the answer",
                         KvDecoder::memory_bytes(*m_backend,
                                                 m_base.config(),
                                                 m_base.dtype(),
                                                 m_base.base_quant() != ops::QuantType::None,
                                                 capacity),
                         "choose a smaller max_new_tokens");
        if (!room) {
            return room.error();
        }
        m_generator.emplace(*m_backend, m_base, capacity);
        m_capacity = capacity;
    }
    TextStream stream(m_tokenizer);
    Result<Generation> generation = m_generator->generate(
        *prompt,
        chosen,
        sampling,
        [&](std::int32_t token) {
            const std::string piece = stream.add(token);
            if (on_text && !piece.empty()) {
                on_text(piece);
            }
        },
        stop);
    if (!generation) {
        return generation.error();
    }
    Answer answer;
    answer.text = m_tokenizer.decode(generation->tokens, true);
    answer.prompt_tokens = length;
    answer.generation = std::move(*generation);
    return answer;
}

} // namespace engine
