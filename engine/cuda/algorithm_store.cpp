// A JSON object of algorithms, 8 numbers each, read again before it is written.
#include "engine/cuda/algorithm_store.h"

#include <map>

#include "engine/core/json.h"
#include "engine/core/platform.h"

namespace engine::cuda {

namespace {

constexpr std::int64_t kMaxFileBytes = 16LL << 20U;

std::optional<LtAlgorithm> algorithm_of(const Json& value)
{
    LtAlgorithm algorithm;
    if (!value.is_array() || value.size() != algorithm.data.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < algorithm.data.size(); ++i) {
        if (!value[i].is_number_unsigned()) {
            return std::nullopt;
        }
        algorithm.data[i] = value[i].get<std::uint64_t>();
    }
    return algorithm;
}

} // namespace

std::filesystem::path AlgorithmStore::default_file()
{
    const std::filesystem::path folder = cache_folder();
    return folder.empty() ? folder : folder / "gpu-algorithms.json";
}

AlgorithmStore::AlgorithmStore(std::filesystem::path file, std::string machine)
    : m_file(std::move(file))
    , m_machine(std::move(machine))
{
    read();
}

void AlgorithmStore::read()
{
    if (m_file.empty()) {
        return;
    }
    const Result<Json> json = read_json_file(m_file, {.max_bytes = kMaxFileBytes});
    if (!json || !json->is_object()) {
        return;
    }
    for (const auto& [name, value] : json->items()) {
        if (const std::optional<LtAlgorithm> algorithm = algorithm_of(value)) {
            m_algorithms.insert_or_assign(name, *algorithm);
        }
    }
}

std::string AlgorithmStore::key(const std::string& product) const
{
    return m_machine + ", " + product;
}

std::optional<LtAlgorithm> AlgorithmStore::find(const std::string& product) const
{
    const auto found = m_algorithms.find(key(product));
    return found == m_algorithms.end() ? std::nullopt : std::optional(found->second);
}

Result<LtAlgorithm> AlgorithmStore::keep(const std::string& product, const LtAlgorithm& algorithm)
{
    std::error_code error;
    std::filesystem::create_directories(m_file.parent_path(), error);
    if (error) {
        return Error{ErrorCode::Io,
                     concat(m_file.parent_path().string(), ": cannot create: ", error.message())};
    }
    read(); // another process may have added to it
    const auto [place, added] = m_algorithms.try_emplace(key(product), algorithm);
    if (!added) {
        return place->second;
    }
    Json json = Json::object();
    for (const auto& [name, each] : std::map(m_algorithms.begin(), m_algorithms.end())) {
        json[name] = each.data;
    }
    if (const Result<void> written = write_file_atomically(m_file, json.dump(1) + "\n"); !written) {
        m_algorithms.erase(place);
        return written.error();
    }
    return algorithm;
}

} // namespace engine::cuda
