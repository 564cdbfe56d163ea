// The tensors of a base with an adapter folded in, W + s B A in float32 and rounded once, written
// tile by tile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/io/safetensors.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/model_config.h"

namespace engine {

// A and B of one adapted matrix in host memory.
struct HostPair
{
    std::string weight_name; // "model.layers.0.self_attn.q_proj.weight"
    std::int64_t rank = 0;
    std::int64_t in_features = 0;
    float scaling = 0.0F;
    std::vector<float> a; // [rank, in]
    std::vector<float> b; // [out, rank]
};

// Errors: InvalidArgument when a matrix has a frozen pair (load the saved, converted adapter).
[[nodiscard]] Result<std::vector<HostPair>> host_pairs(Backend& backend,
                                                       const LoraAdapter& adapter);

class MergedWeights
{
public:
    // All must outlive the object.
    MergedWeights(const SafetensorsFolder& base,
                  const ModelConfig& config,
                  const std::vector<HostPair>& pairs,
                  DType dtype);

    // Kept in every written file beside the format.
    void set_metadata(std::map<std::string, std::string> metadata)
    {
        m_metadata = std::move(metadata);
    }

    // Bytes of every tensor together.
    [[nodiscard]] std::int64_t total_bytes() const;

    // Writes model.safetensors, or shards of at most `max_shard_bytes` each and their index.
    // `progress` hears the bytes written so far. Errors: Io, Cancelled; InvalidArgument naming the
    // tensor whose value does not fit the dtype or is not finite.
    [[nodiscard]] Result<void> write(const std::filesystem::path& folder,
                                     std::int64_t max_shard_bytes,
                                     const std::function<void(std::int64_t bytes)>& progress,
                                     const StopToken& stop);

    // Elements that differ from the base in the written dtype; 0 means that the result is the base.
    [[nodiscard]] std::int64_t changed_elements() const { return m_changed; }

private:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;

    struct Item
    {
        std::string name;
        Shape shape;
    };

    [[nodiscard]] std::int64_t bytes_of(const Item& item) const;
    [[nodiscard]] std::vector<std::vector<Item>> shards(std::int64_t max_shard_bytes) const;
    [[nodiscard]] Result<void> write_tensor(const Item& item, const Sink& sink);
    [[nodiscard]] Result<void> write_index(const std::filesystem::path& folder,
                                           const std::vector<std::vector<Item>>& shards) const;

    const SafetensorsFolder* m_base;
    const std::vector<HostPair>* m_pairs;
    DType m_dtype;
    std::map<std::string, std::string> m_metadata;
    std::vector<Item> m_items;
    std::int64_t m_changed = 0;
    std::int64_t m_written = 0;
    std::function<void(std::int64_t)> m_progress;
    StopToken m_stop;
};

} // namespace engine
