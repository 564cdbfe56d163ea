// Merging tile by tile: no more than a few rows of a matrix are in memory in float32.
#include "engine/model/merged_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/core/json.h"
#include "engine/core/parallel_for.h"
#include "engine/core/platform.h"
#include "engine/model/base_model.h"
#include "engine/model/convert.h"
#include "engine/model/module_pattern.h"

namespace engine {

namespace {

constexpr std::int64_t kTileElements = 1 << 20;

Error cancelled()
{
    return {ErrorCode::Cancelled, "merge: cancelled"};
}

// rows [first, first + count) of s B A added to `tile`, which holds those rows of W.
void add_delta(const HostPair& pair,
               std::int64_t first,
               std::int64_t count,
               std::vector<float>& tile)
{
    parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> delta(static_cast<std::size_t>(pair.in_features));
        for (std::int64_t row = begin; row < end; ++row) {
            std::fill(delta.begin(), delta.end(), 0.0F);
            for (std::int64_t k = 0; k < pair.rank; ++k) {
                const float b = pair.b[static_cast<std::size_t>((first + row) * pair.rank + k)];
                const float* a = pair.a.data() + k * pair.in_features;
                for (std::size_t column = 0; column < delta.size(); ++column) {
                    delta[column] += b * a[column];
                }
            }
            float* w = tile.data() + row * pair.in_features;
            for (std::size_t column = 0; column < delta.size(); ++column) {
                w[column] += pair.scaling * delta[column];
            }
        }
    });
}

// The first value that the written dtype cannot hold.
Result<void> check_values(const std::vector<float>& tile, DType dtype, const std::string& name)
{
    constexpr float kMaxHalf = 65504.0F;
    for (const float value : tile) {
        if (!std::isfinite(value)) {
            return Error{ErrorCode::InvalidArgument,
                         concat("merge: tensor ", name, " holds ", value, ", not a finite number")};
        }
        if (dtype == DType::F16 && std::isinf(to_float(to_float16(value)))) {
            return Error{
                ErrorCode::InvalidArgument,
                concat("merge: tensor ", name, " holds ", value, ", f16 ends at ", kMaxHalf),
                "Write bf16 or f32 instead."};
        }
    }
    return {};
}

std::int64_t count_differences(const std::vector<std::byte>& left,
                               const std::vector<std::byte>& right,
                               std::size_t element_size)
{
    std::int64_t count = 0;
    for (std::size_t at = 0; at < left.size(); at += element_size) {
        count += std::memcmp(left.data() + at, right.data() + at, element_size) != 0 ? 1 : 0;
    }
    return count;
}

std::string shard_name(std::size_t index, std::size_t count)
{
    if (count == 1) {
        return "model.safetensors";
    }
    std::array<char, 64> name = {};
    std::snprintf(name.data(), name.size(), "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name.data();
}

} // namespace

Result<std::vector<HostPair>> host_pairs(Backend& backend, const LoraAdapter& adapter)
{
    std::vector<HostPair> pairs;
    for (const LoraMatrix& matrix : adapter.matrices()) {
        if (matrix.has_init_pair()) {
            return Error{ErrorCode::InvalidArgument,
                         "merge: the adapter has frozen pairs; save it and merge the saved one"};
        }
        HostPair pair;
        pair.weight_name = module_path(matrix.layer, matrix.target) + ".weight";
        pair.rank = matrix.rank;
        pair.in_features = matrix.lora_a.shape()[1];
        pair.scaling = matrix.scaling;
        pair.a.resize(static_cast<std::size_t>(matrix.lora_a.numel()));
        pair.b.resize(static_cast<std::size_t>(matrix.lora_b.numel()));
        backend.download(matrix.lora_a, pair.a.data());
        backend.download(matrix.lora_b, pair.b.data());
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

MergedWeights::MergedWeights(const SafetensorsFolder& base,
                             const ModelConfig& config,
                             const std::vector<HostPair>& pairs,
                             DType dtype)
    : m_base(&base)
    , m_pairs(&pairs)
    , m_dtype(dtype)
{
    for (ExpectedTensor& tensor : expected_tensors(config)) {
        m_items.push_back({std::move(tensor.name), tensor.shape});
    }
}

std::int64_t MergedWeights::bytes_of(const Item& item) const
{
    return item.shape.numel() * static_cast<std::int64_t>(size_of(m_dtype));
}

std::int64_t MergedWeights::total_bytes() const
{
    std::int64_t total = 0;
    for (const Item& item : m_items) {
        total += bytes_of(item);
    }
    return total;
}

std::vector<std::vector<MergedWeights::Item>>
MergedWeights::shards(std::int64_t max_shard_bytes) const
{
    std::vector<std::vector<Item>> shards(1);
    std::int64_t filled = 0;
    for (const Item& item : m_items) {
        if (!shards.back().empty() && filled + bytes_of(item) > max_shard_bytes) {
            shards.emplace_back();
            filled = 0;
        }
        filled += bytes_of(item);
        shards.back().push_back(item);
    }
    return shards;
}

Result<void> MergedWeights::write(const std::filesystem::path& folder,
                                  std::int64_t max_shard_bytes,
                                  const std::function<void(std::int64_t)>& progress,
                                  const StopToken& stop)
{
    m_changed = 0;
    m_written = 0;
    m_progress = progress;
    m_stop = stop;
    const std::vector<std::vector<Item>> parts = shards(max_shard_bytes);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        std::vector<SafetensorsSource> sources;
        for (const Item& item : parts[i]) {
            SafetensorsSource source;
            source.name = item.name;
            source.dtype = safetensors_name(m_dtype);
            for (int axis = 0; axis < item.shape.rank(); ++axis) {
                source.shape.push_back(item.shape[axis]);
            }
            source.write = [this, &item](const Sink& sink) { return write_tensor(item, sink); };
            sources.push_back(std::move(source));
        }
        if (Result<void> written = write_safetensors(
                folder / shard_name(i, parts.size()), std::move(sources), m_metadata);
            !written) {
            return written;
        }
    }
    return parts.size() == 1 ? Result<void>() : write_index(folder, parts);
}

Result<void> MergedWeights::write_tensor(const Item& item, const Sink& sink)
{
    const SafetensorsEntry& entry = *m_base->find(item.name);
    const DType stored = value_or_throw(to_dtype(entry));
    const auto found = std::find_if(m_pairs->begin(), m_pairs->end(), [&](const HostPair& pair) {
        return pair.weight_name == item.name;
    });
    const HostPair* pair = found == m_pairs->end() ? nullptr : &*found;
    const std::int64_t rows = item.shape[0];
    const std::int64_t width = item.shape.numel() / rows;
    const std::int64_t tile_rows = std::max<std::int64_t>(1, kTileElements / width);
    std::vector<std::byte> output;
    std::vector<std::byte> unchanged;
    for (std::int64_t row = 0; row < rows; row += tile_rows) {
        if (m_stop.stop_requested()) {
            return cancelled();
        }
        const std::int64_t count = std::min(tile_rows, rows - row) * width;
        std::vector<float> tile(static_cast<std::size_t>(count));
        convert_elements(entry.bytes.data()
                             + static_cast<std::size_t>(row * width) * size_of(stored),
                         stored,
                         tile.data(),
                         DType::F32,
                         count);
        output.resize(static_cast<std::size_t>(count) * size_of(m_dtype));
        if (pair != nullptr) {
            unchanged.resize(output.size());
            convert_elements(tile.data(), DType::F32, unchanged.data(), m_dtype, count);
            add_delta(*pair, row, count / width, tile);
        }
        if (Result<void> checked = check_values(tile, m_dtype, item.name); !checked) {
            return checked;
        }
        convert_elements(tile.data(), DType::F32, output.data(), m_dtype, count);
        m_changed += pair == nullptr ? 0 : count_differences(output, unchanged, size_of(m_dtype));
        if (Result<void> written = sink(output); !written) {
            return written;
        }
        m_written += static_cast<std::int64_t>(output.size());
        m_progress(m_written);
    }
    m_base->drop_pages(entry);
    return {};
}

Result<void> MergedWeights::write_index(const std::filesystem::path& folder,
                                        const std::vector<std::vector<Item>>& shards) const
{
    std::map<std::string, std::string> sorted;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        for (const Item& item : shards[i]) {
            sorted[item.name] = shard_name(i, shards.size());
        }
    }
    Json map = Json::object();
    for (const auto& [name, shard] : sorted) {
        map[name] = shard;
    }
    const Json index = {{"metadata", {{"total_size", total_bytes()}}}, {"weight_map", map}};
    return write_file_atomically(folder / "model.safetensors.index.json", index.dump(2) + "\n");
}

} // namespace engine
