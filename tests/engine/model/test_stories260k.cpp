// A real trained llama against its double-precision reference: greedy tokens, logits, likelihoods.
#include <numeric>

#include "engine/model/generator.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/support/shared_data.h"

namespace {

struct Stories
{
    engine::Json golden;
    engine::CpuBackend backend{2};
    engine::BaseModel model;
    std::vector<std::int32_t> ids;

    explicit Stories(const std::filesystem::path& folder)
        : golden(engine::value_or_throw(engine::read_json_file(folder / "golden.json")))
        , model(engine::value_or_throw(engine::BaseModel::load(backend, folder)))
        , ids(golden.at("input_ids").get<std::vector<std::int32_t>>())
    {}

    // ids predicting their successors, with equal weights.
    [[nodiscard]] engine::MicroBatch batch() const
    {
        engine::MicroBatch batch;
        const std::size_t n = ids.size();
        batch.tokens = ids;
        batch.labels.assign(ids.begin() + 1, ids.end());
        batch.labels.push_back(-1);
        batch.weights.assign(n, 1.0F / static_cast<float>(n - 1));
        batch.weights.back() = 0.0F;
        batch.positions.resize(n);
        std::iota(batch.positions.begin(), batch.positions.end(), 0);
        batch.offsets = {0, static_cast<std::int32_t>(n)};
        return batch;
    }
};

TEST(Stories260K, GreedyIdsEqual)
{
    LOWRANK_REQUIRE_SHARED(shared);
    Stories stories(shared / "conformance" / "models" / "stories260K");
    engine::Generator generator(stories.backend, stories.model, 256);
    const auto wanted = std::span(stories.ids);
    const auto generation = generator.generate(
        wanted.first(1), nullptr, {.max_new_tokens = static_cast<std::int64_t>(wanted.size()) - 1});
    ASSERT_TRUE(generation.has_value()) << generation.error().message;
    EXPECT_EQ(generation->tokens, std::vector<std::int32_t>(wanted.begin() + 1, wanted.end()));
}

TEST(Stories260K, LogitsAndLikelihoods)
{
    LOWRANK_REQUIRE_SHARED(shared);
    Stories stories(shared / "conformance" / "models" / "stories260K");
    const engine::MicroBatch batch = stories.batch();
    engine::Transformer transformer(stories.backend,
                                    stories.model,
                                    {.max_tokens = batch.num_tokens(),
                                     .max_sequence_length = batch.num_tokens(),
                                     .backward = false},
                                    nullptr);
    const double mean = transformer.run(batch, {});
    EXPECT_NEAR(mean,
                stories.golden.at("mean_nll_of_ids_1_to_200_given_prefix").get<double>(),
                tests::kNll);
    const auto losses = transformer.last_losses();
    const auto first = stories.golden.at("first_10_nll").get<std::vector<double>>();
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(losses[i]), first[i], tests::kNll) << "position " << i;
    }
    const auto vocab = static_cast<std::size_t>(stories.model.config().vocab_size);
    double worst = 0.0;
    for (const auto& [position, row] : stories.golden.at("logits_at_position").items()) {
        const auto wanted = row.get<std::vector<float>>();
        ASSERT_EQ(wanted.size(), vocab);
        std::vector<float> logits(vocab);
        const auto index = static_cast<std::int32_t>(std::stoi(position));
        transformer.logits(batch, nullptr, {&index, 1}, logits);
        worst = std::max(worst, tests::max_abs_difference(logits, wanted));
    }
    EXPECT_LE(worst, tests::kLogits);
    std::cout << "logits differ by at most " << worst << ", mean likelihood by "
              << std::abs(
                     mean
                     - stories.golden.at("mean_nll_of_ids_1_to_200_given_prefix").get<double>())
              << "\n";
}

} // namespace
