// One token from one row of logits: temperature, top-k, top-p in transformers' order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/model/generator.h"

namespace engine {

namespace {

struct Candidate
{
    float logit = 0.0F; // divided by the temperature
    std::int32_t id = 0;
};

// Better first: the larger logit, the lower id on ties.
bool better(const Candidate& a, const Candidate& b)
{
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
}

std::int32_t best_of(std::span<const float> logits)
{
    std::size_t best = 0;
    for (std::size_t id = 1; id < logits.size(); ++id) {
        if (logits[id] > logits[best]) {
            best = id;
        }
    }
    return static_cast<std::int32_t>(best);
}

// Keeps the k best, and whatever ties with the last of them.
void keep_top_k(std::vector<Candidate>& candidates, std::int64_t k)
{
    if (k <= 0 || k >= static_cast<std::int64_t>(candidates.size())) {
        return;
    }
    const auto last = candidates.begin() + (k - 1);
    std::nth_element(candidates.begin(), last, candidates.end(), better);
    const float threshold = last->logit;
    std::erase_if(candidates, [&](const Candidate& c) { return c.logit < threshold; });
}

// exp(logit - largest) of each candidate, and their sum.
struct Weights
{
    float largest = 0.0F;
    double sum = 0.0;

    explicit Weights(const std::vector<Candidate>& candidates)
    {
        largest = std::min_element(candidates.begin(), candidates.end(), better)->logit;
        for (const Candidate& candidate : candidates) {
            sum += of(candidate);
        }
    }

    [[nodiscard]] double of(const Candidate& candidate) const
    {
        return std::exp(static_cast<double>(candidate.logit) - static_cast<double>(largest));
    }
};

// Keeps the fewest best candidates whose probabilities reach top_p; at least one. A heap, because
// the kept set is usually far smaller than the vocabulary.
void keep_top_p(std::vector<Candidate>& candidates, double top_p)
{
    if (top_p >= 1.0) {
        return;
    }
    const Weights weights(candidates);
    const auto worse = [](const Candidate& a, const Candidate& b) { return better(b, a); };
    std::make_heap(candidates.begin(), candidates.end(), worse);
    auto end = candidates.end();
    double reached = 0.0;
    do {
        std::pop_heap(candidates.begin(), end, worse);
        --end;
        reached += weights.of(*end) / weights.sum;
    } while (end != candidates.begin() && reached < top_p);
    candidates.erase(candidates.begin(), end);
}

std::int32_t draw(const std::vector<Candidate>& candidates, Random& random)
{
    const Weights weights(candidates);
    const double point = random.uniform() * weights.sum;
    double reached = 0.0;
    for (const Candidate& candidate : candidates) {
        reached += weights.of(candidate);
        if (point < reached) {
            return candidate.id;
        }
    }
    return candidates.back().id;
}

} // namespace

std::int32_t
sample_token(std::span<const float> logits, const SamplingConfig& sampling, Random& random)
{
    ENGINE_CHECK(!logits.empty(), "sample_token: no logits");
    if (sampling.vocab_limit > 0) {
        const auto limit = static_cast<std::size_t>(sampling.vocab_limit);
        logits = logits.first(std::min(limit, logits.size()));
    }
    if (sampling.temperature <= 0.0) {
        return best_of(logits);
    }
    std::vector<Candidate> candidates(logits.size());
    for (std::size_t id = 0; id < logits.size(); ++id) {
        candidates[id] = {
            static_cast<float>(static_cast<double>(logits[id]) / sampling.temperature),
            static_cast<std::int32_t>(id)};
    }
    keep_top_k(candidates, sampling.top_k);
    keep_top_p(candidates, sampling.top_p);
    // The draw walks the kept tokens by id, so that it does not depend on how they were selected.
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return a.id < b.id;
    });
    return draw(candidates, random);
}

} // namespace engine
