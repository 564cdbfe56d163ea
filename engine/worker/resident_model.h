// A base kept in memory with any number of adapters beside it: what the playground and `generate`
// talk to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/cancellation.h"
#include "engine/data/chat_format.h"
#include "engine/model/base_model.h"
#include "engine/model/generator.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/worker/protocol.h"

namespace engine {

// How a base is kept, in the words of the command line.
struct ResidentOptions
{
    std::string dtype = "f32";
    std::string base_quant = "none";
    int threads = 0; // 0: one per core
    std::string device = "auto";
};

class ResidentModel
{
public:
    // Errors: those of choose_device, BaseModel::load and Tokenizer::load.
    [[nodiscard]] static Result<std::unique_ptr<ResidentModel>>
    load(const std::string& folder,
         const ResidentOptions& options,
         const std::function<void(double fraction)>& progress = {},
         StopToken stop = {});

    [[nodiscard]] const BaseModel& base() const { return m_base; }

    [[nodiscard]] const Tokenizer& tokenizer() const { return m_tokenizer; }

    [[nodiscard]] Backend& backend() { return *m_backend; }

    // Null when no adapter has the key.
    [[nodiscard]] const LoraAdapter* adapter(const std::string& key) const;

    // Replaces an adapter of the same key. Errors: those of load_adapter.
    [[nodiscard]] Result<void> load_adapter(const std::string& key, const std::string& path);
    // Errors: NotFound.
    [[nodiscard]] Result<void> unload_adapter(const std::string& key);

    struct Answer
    {
        std::string text;
        std::int64_t prompt_tokens = 0;
        Generation generation;
    };

    // `on_text` gets whole characters as they are completed. Errors: NotFound for an unknown
    // adapter, InvalidArgument for an empty or too long prompt.
    [[nodiscard]] Result<Answer>
    generate(const GenerateCommand& request,
             const std::function<void(const std::string& text)>& on_text,
             StopToken stop);

private:
    ResidentModel(std::unique_ptr<Backend> backend, BaseModel base, Tokenizer tokenizer);

    [[nodiscard]] Result<std::vector<std::int32_t>> prompt_of(const GenerateCommand& request,
                                                              SamplingConfig& sampling) const;

    std::unique_ptr<Backend> m_backend;
    BaseModel m_base;
    Tokenizer m_tokenizer;
    std::map<std::string, LoraAdapter> m_adapters;
    std::optional<Generator> m_generator;
    std::int64_t m_capacity = 0; // positions of m_generator
};

// "f32" or "bf16". Errors: InvalidArgument.
[[nodiscard]] Result<DType> parse_compute_dtype(const std::string& name);
// "none", "nf4" or "int8". Errors: InvalidArgument.
[[nodiscard]] Result<ops::QuantType> parse_base_quant(const std::string& name);

} // namespace engine
