// Runs a fuzz target without libFuzzer: every seed of a folder, its prefixes, and mutations that
// are the same each time. replay SEED_FOLDER [mutations per seed]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/core/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kPrefixes = 64; // of each seed, spread over its length

void run(const std::string& input)
{
    // A copy of the exact size, so that a sanitizer sees a read past its end.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string mutate(std::string input, const std::vector<std::string>& seeds, engine::Random& random)
{
    const auto below = [&](std::size_t bound) {
        return static_cast<std::size_t>(random.below(std::max<std::size_t>(bound, 1)));
    };
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
        const std::size_t at = below(input.size() + 1);
        const std::string& other = seeds[below(seeds.size())];
        switch (below(5)) {
        case 0:
            input.insert(at, 1, static_cast<char>(below(256)));
            break;
        case 1:
            if (at < input.size()) {
                input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
            }
            break;
        case 2:
            input.erase(at, 1 + below(8));
            break;
        case 3: // a piece of another seed
            input.insert(at, other.substr(below(other.size()), 1 + below(24)));
            break;
        default: // a piece of itself, again
            input.insert(at, input.substr(below(input.size()), 1 + below(24)));
        }
    }
    return input;
}

} // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what escapes is a finding.
int main(int argc, char** argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: replay SEED_FOLDER [mutations per seed]\n");
        return 2;
    }
    const int mutations = argc > 2 ? std::atoi(argv[2]) : 200;
    std::vector<std::filesystem::path> paths;
    for (const auto& item : std::filesystem::directory_iterator(argv[1])) {
        paths.push_back(item.path());
    }
    std::sort(paths.begin(), paths.end()); // the same order everywhere
    std::vector<std::string> seeds;
    for (const auto& path : paths) {
        std::ifstream in(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    if (seeds.empty()) {
        std::fprintf(stderr, "%s: no seeds\n", argv[1]);
        return 1;
    }
    engine::Random random(1);
    std::size_t runs = 0;
    for (const std::string& seed : seeds) {
        run(seed);
        for (std::size_t i = 0; i < kPrefixes; ++i) {
            run(seed.substr(0, seed.size() * i / kPrefixes));
        }
        for (int i = 0; i < mutations; ++i) {
            run(mutate(seed, seeds, random));
        }
        runs += 1 + kPrefixes + static_cast<std::size_t>(mutations);
    }
    std::printf("%zu inputs from %zu seeds\n", runs, seeds.size());
    return 0;
}
