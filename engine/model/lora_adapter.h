// The trainable A and B of every adapted matrix: y = W x + s B A x (Hu et al. 2021). Several
// adapters can be resident on one base; a forward names the one it uses.
//
// LoRA-GA (Wang et al. 2024) starts from A0, B0 != 0 and subtracts s B0 A0 from W. Here W is never
// touched: the frozen pair stays beside the trained one and y = W x + s (B A x - B0 A0 x), which is
// the same function in exact arithmetic.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/lora_config.h"
#include "engine/model/lora_matrix.h"
#include "engine/ops/dequantize.h"
#include "engine/tensor/backend.h"

namespace engine {

// In the metadata of an adapter's file, and of a model merged from it: "nf4" or "int8".
inline constexpr const char* kBaseQuantKey = "base_quant";

enum class LoraInit { Lora, Gaussian, LoraGa };

class LoraAdapter
{
public:
    // A and B zero-filled for every targeted matrix, in order of layer then target.
    LoraAdapter(Backend& backend,
                const ModelConfig& model,
                const LoraConfig& config,
                DType compute_dtype);

    // PEFT's default (A kaiming-uniform with a = sqrt(5), that is U(-1/sqrt(in), 1/sqrt(in)); B =
    // 0) or gaussian (A ~ N(0, (1/r)^2); B = 0). Each matrix has its own random stream: a subset of
    // targets gives the same values.
    void initialize(LoraInit init, std::uint64_t seed);

    // Writes the compute copies from the masters; a no-op in float32.
    void refresh_copies();
    // Gives a matrix its frozen pair (from the current A, B).
    void freeze_init_pair(LoraMatrix& matrix);

    [[nodiscard]] const LoraConfig& config() const { return m_config; }

    [[nodiscard]] DType compute_dtype() const { return m_compute_dtype; }

    [[nodiscard]] std::vector<LoraMatrix>& matrices() { return m_matrices; }

    [[nodiscard]] const std::vector<LoraMatrix>& matrices() const { return m_matrices; }

    // How the base was quantised while the adapter trained; None also where nobody recorded it.
    [[nodiscard]] ops::QuantType base_quant() const { return m_base_quant; }

    void set_base_quant(ops::QuantType type) { m_base_quant = type; }

    // base_fingerprint() of the base it trained on; empty where nobody recorded it.
    [[nodiscard]] const std::string& base_fingerprint() const { return m_base_fingerprint; }

    void set_base_fingerprint(std::string fingerprint)
    {
        m_base_fingerprint = std::move(fingerprint);
    }

    // Null when the matrix has no adapter.
    [[nodiscard]] const LoraMatrix* find(std::int64_t layer, Target target) const;
    [[nodiscard]] std::int64_t parameter_count() const;
    [[nodiscard]] std::int64_t lowest_layer() const; // the lowest adapted layer

private:
    void make_stacks();

    Backend* m_backend;
    LoraConfig m_config;
    DType m_compute_dtype;
    ops::QuantType m_base_quant = ops::QuantType::None;
    std::string m_base_fingerprint;
    std::vector<Tensor> m_stacks; // what the matrices' A's are parts of
    std::vector<LoraMatrix> m_matrices;
    std::vector<PerTarget<std::int32_t>> m_index; // [layer][target] -> matrix or -1
};

// PEFT's folder: adapter_config.json and adapter_model.safetensors (F32). A LoRA-GA adapter is
// written as plain LoRA of rank 2r: A' = [A; A0], B' = [B, -B0], alpha' = 2 alpha (sqrt(2) alpha
// with rsLoRA), so it loads on the original base. A quantised base is recorded in the weights'
// metadata under kBaseQuantKey, the base's fingerprint under kBaseFingerprintKey. The folder
// appears whole under its name. Errors: Io, InvalidArgument.
[[nodiscard]] Result<void> save_adapter(Backend& backend,
                                        const LoraAdapter& adapter,
                                        const std::string& base_model_name,
                                        const std::filesystem::path& folder);
// The same files into a folder that is there; the caller makes it appear whole.
[[nodiscard]] Result<void> write_adapter(Backend& backend,
                                         const LoraAdapter& adapter,
                                         const std::string& base_model_name,
                                         const std::filesystem::path& folder);

// Reads a PEFT folder. Rank from lora_A's shape, scale from the config; DoRA, modules_to_save,
// biases, unknown targets and shapes that do not fit the base are refused by name. Errors:
// NotFound, Io, Format, Unsupported.
[[nodiscard]] Result<LoraAdapter> load_adapter(Backend& backend,
                                               const ModelConfig& model,
                                               const std::filesystem::path& folder,
                                               DType compute_dtype);

// The checks of load_adapter that need no base: the config's rules, and tensors that are exactly
// what it announces for the layers that they name. Errors: as load_adapter.
[[nodiscard]] Result<void> check_adapter(const std::filesystem::path& folder);

} // namespace engine
