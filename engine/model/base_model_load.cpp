// Loading a base model: names and shapes first, then each weight in place, converted or quantised
// once.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/core/text.h"
#include "engine/model/base_model.h"
#include "engine/model/convert.h"
#include "engine/model/weight_names.h"
#include "engine/tensor/memory_check.h"

namespace engine {

namespace {

constexpr std::size_t kNamesShown = 3;
constexpr std::int64_t kChunk = 1 << 22; // elements between two looks at the stop token

bool ends_with(const std::string& text, std::string_view end)
{
    return std::string_view(text).ends_with(end);
}

// "a", "b", "c" and 4 more
std::string list_names(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
        text += concat(i == 0 ? "" : ", ", names[i].substr(0, 120));
    }
    if (names.size() > kNamesShown) {
        text += concat(" and ", names.size() - kNamesShown, " more");
    }
    return text;
}

bool same_shape(const std::vector<std::int64_t>& found, const Shape& wanted)
{
    if (found.size() != static_cast<std::size_t>(wanted.rank())) {
        return false;
    }
    for (int axis = 0; axis < wanted.rank(); ++axis) {
        if (found[static_cast<std::size_t>(axis)] != wanted[axis]) {
            return false;
        }
    }
    return true;
}

// A buffer of old files, or a head that a tied model does not use.
bool is_ignored(const std::string& name, bool tied)
{
    return ends_with(name, ".rotary_emb.inv_freq") || (tied && name == kLmHead);
}

Result<void> check_tensors(const SafetensorsFolder& files,
                           const std::vector<ExpectedTensor>& expected,
                           bool tied,
                           const std::string& what)
{
    std::vector<std::string> missing;
    std::unordered_set<std::string> known;
    for (const ExpectedTensor& tensor : expected) {
        known.insert(tensor.name);
        const SafetensorsEntry* entry = files.find(tensor.name);
        if (entry == nullptr) {
            missing.push_back(tensor.name);
            continue;
        }
        if (!same_shape(entry->shape, tensor.shape)) {
            return Error{ErrorCode::Format,
                         concat(what,
                                ": tensor ",
                                tensor.name,
                                " is ",
                                shape_text(entry->shape),
                                ", config.json wants ",
                                tensor.shape)};
        }
        if (const Result<DType> dtype = to_dtype(*entry); !dtype) {
            return Error{dtype.error().code, concat(what, ": ", dtype.error().message)};
        }
    }
    std::vector<std::string> extra;
    for (std::string& name : files.names()) {
        if (!known.contains(name) && !is_ignored(name, tied)) {
            extra.push_back(std::move(name));
        }
    }
    if (missing.empty() && extra.empty()) {
        return {};
    }
    std::string message = what;
    if (!missing.empty()) {
        message += concat(": ",
                          missing.size(),
                          missing.size() == 1 ? " tensor is" : " tensors are",
                          " missing: ",
                          list_names(missing));
    }
    if (!extra.empty()) {
        message += concat(missing.empty() ? ": " : "; ",
                          extra.size(),
                          extra.size() == 1 ? " tensor is" : " tensors are",
                          " not of this architecture: ",
                          list_names(extra));
    }
    return Error{ErrorCode::Format, std::move(message)};
}

bool is_aligned(const void* pointer, DType dtype)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % size_of(dtype) == 0;
}

} // namespace

Result<void>
check_weights(const SafetensorsFolder& files, ModelConfig config, const std::string& what)
{
    // A file without a head is tied whatever its config says.
    config.tie_word_embeddings = config.tie_word_embeddings || files.find(kLmHead) == nullptr;
    return check_tensors(files, expected_tensors(config), config.tie_word_embeddings, what);
}

// Loading in steps that share one object's state.
class BaseModelLoader
{
public:
    BaseModelLoader(Backend& backend, const LoadOptions& options)
        : m_backend(&backend)
        , m_options(&options)
    {}

    Result<BaseModel> load(const std::filesystem::path& folder)
    {
        Result<ModelConfig> config = ModelConfig::load(folder);
        if (!config) {
            return config.error();
        }
        Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder);
        if (!opened) {
            return opened.error();
        }
        m_model.m_files = std::make_unique<SafetensorsFolder>(std::move(*opened));
        const SafetensorsFolder& files = *m_model.m_files;
        // A file without a head is tied whatever its config says.
        config->tie_word_embeddings = config->tie_word_embeddings || files.find(kLmHead) == nullptr;
        m_model.m_config = std::move(*config);
        m_model.m_folder = folder;
        m_model.m_trainable = m_options->trainable;
        m_model.m_dtype = m_options->trainable ? DType::F32 : m_options->dtype;
        m_model.m_base_quant = m_options->base_quant;
        const std::vector<ExpectedTensor> expected = expected_tensors(m_model.m_config);
        if (Result<void> checked = check_tensors(
                files, expected, m_model.m_config.tie_word_embeddings, folder.string());
            !checked) {
            return checked.error();
        }
        if (Result<void> room = check_memory(*m_backend,
                                             folder.string(),
                                             owned_bytes(expected),
                                             "close other programs, or load it with dtype bf16 or "
                                             "base_quant nf4");
            !room) {
            return room.error();
        }
        return load_tensors(expected);
    }

private:
    // Used where it lies in the file.
    [[nodiscard]] bool in_place(const SafetensorsEntry& entry, DType stored) const
    {
        return !m_model.m_trainable && stored == m_model.m_dtype && m_backend->shares_host_memory()
               && is_aligned(entry.bytes.data(), stored);
    }

    [[nodiscard]] bool quantizes(const ExpectedTensor& tensor) const
    {
        return tensor.projection && m_options->base_quant != ops::QuantType::None;
    }

    // What loading takes from the memory; mapped pages go when something else wants their place.
    [[nodiscard]] std::int64_t owned_bytes(const std::vector<ExpectedTensor>& expected) const
    {
        std::int64_t bytes = 0;
        for (const ExpectedTensor& tensor : expected) {
            const SafetensorsEntry& entry = *m_model.m_files->find(tensor.name);
            if (quantizes(tensor)) {
                bytes += quantized_bytes(m_options->base_quant, tensor.shape[0], tensor.shape[1]);
            } else if (!in_place(entry, *to_dtype(entry))) {
                bytes += tensor.shape.numel() * static_cast<std::int64_t>(size_of(m_model.m_dtype));
            }
        }
        return bytes;
    }

    Result<BaseModel> load_tensors(const std::vector<ExpectedTensor>& expected)
    {
        const SafetensorsFolder& files = *m_model.m_files;
        for (const ExpectedTensor& tensor : expected) {
            m_total += tensor.shape.numel();
        }
        std::unordered_map<std::string, ConstTensorView> views;
        bool uses_map = false;
        for (const ExpectedTensor& tensor : expected) {
            const SafetensorsEntry& entry = *files.find(tensor.name);
            const DType stored = *to_dtype(entry);
            if (quantizes(tensor)) {
                if (Result<void> quantized = quantize(entry, stored, tensor.shape); !quantized) {
                    return quantized.error();
                }
                continue;
            }
            ConstTensorView view;
            if (in_place(entry, stored)) {
                view = {entry.bytes.data(), stored, tensor.shape, m_backend->device()};
                uses_map = true;
                m_done += tensor.shape.numel();
                report();
            } else {
                m_model.m_owned.push_back(m_backend->tensor(m_model.m_dtype, tensor.shape));
                if (Result<void> copied = copy(entry, stored, m_model.m_owned.back()); !copied) {
                    return copied.error();
                }
                view = std::as_const(m_model.m_owned.back()).view();
            }
            m_model.m_tensors.push_back({tensor.name, view});
            views[tensor.name] = view;
        }
        m_model.bind([&](const std::string& name) {
            const auto found = views.find(name);
            return found == views.end() ? ConstTensorView() : found->second;
        });
        bind_quantized();
        if (!uses_map) {
            m_model.m_files.reset();
        }
        return std::move(m_model);
    }

    // Converts chunk by chunk, so that progress moves and a stop is heard.
    Result<void> copy(const SafetensorsEntry& entry, DType stored, Tensor& tensor)
    {
        std::vector<std::byte> staging;
        for (std::int64_t begin = 0; begin < tensor.numel(); begin += kChunk) {
            if (m_options->stop.stop_requested()) {
                return cancelled();
            }
            const std::int64_t count = std::min(kChunk, tensor.numel() - begin);
            const std::byte* source =
                entry.bytes.data() + static_cast<std::size_t>(begin) * size_of(stored);
            TensorView part =
                TensorView(tensor.view()).reshaped({tensor.numel()}).rows(begin, begin + count);
            if (m_backend->shares_host_memory()) {
                convert_elements(source, stored, part.raw(), part.dtype(), count);
            } else {
                staging.resize(part.bytes());
                convert_elements(source, stored, staging.data(), part.dtype(), count);
                m_backend->upload(staging.data(), part);
            }
            m_done += count;
            report();
        }
        m_model.m_files->drop_pages(entry);
        return {};
    }

    // In steps of whole blocks, through float32.
    Result<void> quantize(const SafetensorsEntry& entry, DType stored, const Shape& shape)
    {
        constexpr std::int64_t kStep = MatrixQuantizer::kRowStep;
        const std::int64_t columns = shape[1];
        const std::int64_t step = std::max(kStep, kChunk / columns / kStep * kStep);
        MatrixQuantizer quantizer(m_options->base_quant, shape[0], columns);
        std::vector<float> values(static_cast<std::size_t>(std::min(step, shape[0]) * columns));
        for (std::int64_t begin = 0; begin < shape[0]; begin += step) {
            if (m_options->stop.stop_requested()) {
                return cancelled();
            }
            const std::int64_t rows = std::min(step, shape[0] - begin);
            convert_elements(entry.bytes.data()
                                 + static_cast<std::size_t>(begin * columns) * size_of(stored),
                             stored,
                             values.data(),
                             DType::F32,
                             rows * columns);
            quantizer.add(values.data(), rows);
            m_done += rows * columns;
            report();
        }
        Result<QuantizedWeight> weight = quantizer.finish(*m_backend);
        if (!weight) {
            Error error = weight.error();
            error.message =
                concat(m_model.m_folder.string(), ": tensor ", entry.name, ": ", error.message);
            return error;
        }
        m_model.m_quantized.push_back(std::move(*weight));
        m_model.m_files->drop_pages(entry);
        return {};
    }

    // The quantised matrices stand in the order of expected_tensors: by layer, then target.
    void bind_quantized()
    {
        if (m_model.m_quantized.empty()) {
            return;
        }
        m_model.m_quant_maps.emplace(*m_backend);
        std::size_t next = 0;
        for (LayerWeights& layer : m_model.m_layers) {
            for (LinearWeights& projection : layer.projections) {
                projection.quantized = m_model.m_quantized[next++].view(*m_model.m_quant_maps);
            }
        }
    }

    static Error cancelled() { return {ErrorCode::Cancelled, "base model: loading was cancelled"}; }

    void report() const
    {
        if (m_options->progress) {
            m_options->progress(static_cast<double>(m_done) / static_cast<double>(m_total));
        }
    }

    Backend* m_backend;
    const LoadOptions* m_options;
    BaseModel m_model;
    std::int64_t m_total = 0;
    std::int64_t m_done = 0;
};

Result<BaseModel>
BaseModel::load(Backend& backend, const std::filesystem::path& folder, const LoadOptions& options)
{
    if (options.dtype != DType::F32 && options.dtype != DType::BF16) {
        return Error{ErrorCode::InvalidArgument,
                     concat("base model: dtype is ", options.dtype, ", wanted f32 or bf16")};
    }
    if (options.trainable && options.base_quant != ops::QuantType::None) {
        return Error{ErrorCode::InvalidArgument,
                     concat("base model: base_quant is ",
                            to_string(options.base_quant),
                            ", a model whose every weight trains wants none")};
    }
    try {
        return BaseModelLoader(backend, options).load(folder);
    } catch (const EngineError& error) { // no memory for the converted weights
        return error.error();
    }
}

} // namespace engine
