// Which of cuBLASLt's algorithms was the fastest for a product, in a file: the next run takes the
// same ones without trying, and so computes the same bits.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/core/error.h"
#include "engine/cuda/cublas_lt_api.h"

namespace engine::cuda {

class AlgorithmStore
{
public:
    // The user's file of this kind; empty where the system names no folder for it.
    [[nodiscard]] static std::filesystem::path default_file();

    // `machine` names what a choice is good for: the GPU and the library's version. An empty path
    // keeps nothing; a file that cannot be read or is damaged counts as empty.
    AlgorithmStore(std::filesystem::path file, std::string machine);

    [[nodiscard]] std::optional<LtAlgorithm> find(const std::string& product) const;

    // The choice that is in the file afterwards: this one, or another process's that came first.
    // Errors: Io; then nothing is kept.
    [[nodiscard]] Result<LtAlgorithm> keep(const std::string& product,
                                           const LtAlgorithm& algorithm);

    [[nodiscard]] bool keeps() const { return !m_file.empty(); }

    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }

private:
    [[nodiscard]] std::string key(const std::string& product) const;
    void read();

    std::filesystem::path m_file;
    std::string m_machine;
    std::unordered_map<std::string, LtAlgorithm> m_algorithms; // of every machine, by key
};

} // namespace engine::cuda
