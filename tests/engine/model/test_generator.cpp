// Generation: the cache gives the transformer's logits, greedy text repeats itself, endings and
// refusals.
#include "engine/model/generator.h"
#include "engine/model/kv_decoder.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/tiny_model.h"

namespace {

using engine::FinishReason;
using engine::SamplingConfig;

class KvCache : public lowrank_test::OnTestDevice<testing::TestWithParam<std::string>>
{};

// The first sequence of the golden batch in pieces: prefill, single tokens, several at once.
TEST_P(KvCache, PiecesGiveTheWholesLogits)
{
    engine::Backend& backend = lowrank_test::test_backend();
    const tests::GoldenCase golden(GetParam());
    for (const auto dtype : {engine::DType::F32, engine::DType::BF16}) {
        const engine::BaseModel model = golden.load(backend, {.dtype = dtype});
        const engine::LoraAdapter adapter = golden.load_adapter(backend, model);
        const engine::MicroBatch whole = tests::sequence_of(golden.batch(), 0);
        engine::Transformer transformer(backend, model, tests::limits_for(whole), nullptr);
        engine::KvDecoder decoder(backend, model, 17);
        for (const engine::LoraAdapter* used :
             {static_cast<const engine::LoraAdapter*>(nullptr), &adapter}) {
            const auto wanted = tests::all_logits(transformer, model, whole, used);
            decoder.reset();
            const std::span<const std::int32_t> tokens = whole.tokens;
            std::size_t at = 0;
            for (const std::size_t piece : {5U, 1U, 1U, 7U, 1U, 2U}) {
                decoder.append(tokens.subspan(at, piece), used);
                at += piece;
                const auto row = std::span(wanted).subspan((at - 1) * 64, 64);
                const double tolerance = dtype == engine::DType::F32 ? tests::kLogits : 0.15;
                EXPECT_LE(tests::max_abs_difference(decoder.logits(), row), tolerance)
                    << "after " << at << " tokens";
            }
            EXPECT_EQ(at, 17U);
            EXPECT_THROW(decoder.append(tokens.first(1), used), engine::EngineError);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Families,
                         KvCache,
                         testing::ValuesIn(tests::golden_cases()),
                         [](const auto& family) { return family.param; });

class KvCacheMemory : public lowrank_test::OnTestDevice<testing::Test>
{};

TEST_F(KvCacheMemory, IsWhatTheEstimateCounts)
{
    engine::Backend& backend = lowrank_test::test_backend();
    const tests::GoldenCase golden("qwen3");
    for (const auto quant : {engine::ops::QuantType::None, engine::ops::QuantType::Nf4}) {
        const engine::BaseModel model = golden.load(backend, {.base_quant = quant});
        const std::int64_t before = backend.allocator().live_bytes();
        const engine::KvDecoder decoder(backend, model, 17);
        EXPECT_EQ(
            backend.allocator().live_bytes() - before,
            engine::KvDecoder::memory_bytes(
                backend, model.config(), model.dtype(), quant != engine::ops::QuantType::None, 17));
    }
}

class GeneratorTest : public lowrank_test::OnTestDevice<testing::Test>
{
protected:
    engine::Generation generate(const SamplingConfig& sampling,
                                const engine::LoraAdapter* adapter = nullptr)
    {
        auto result = m_generator.generate(m_prompt, adapter, sampling);
        EXPECT_TRUE(result.has_value()) << result.error().message;
        return std::move(result).value();
    }

    engine::Backend& m_backend = lowrank_test::test_backend();
    engine::BaseModel m_model = tests::tiny_model(m_backend, tests::tiny_config());
    engine::Generator m_generator{m_backend, m_model, 24};
    std::vector<std::int32_t> m_prompt = {3, 14, 15, 9, 2};
};

TEST_F(GeneratorTest, GreedyIsTheArgmaxOfTheTransformer)
{
    const auto generation = generate({.max_new_tokens = 8});
    ASSERT_EQ(generation.tokens.size(), 8U);
    EXPECT_EQ(generation.reason, FinishReason::Length);
    engine::MicroBatch batch;
    batch.tokens = m_prompt;
    batch.tokens.insert(batch.tokens.end(), generation.tokens.begin(), generation.tokens.end());
    const std::size_t n = batch.tokens.size();
    batch.labels.assign(n, -1);
    batch.weights.assign(n, 0.0F);
    for (std::size_t i = 0; i < n; ++i) {
        batch.positions.push_back(static_cast<std::int32_t>(i));
    }
    batch.offsets = {0, static_cast<std::int32_t>(n)};
    engine::Transformer transformer(m_backend, m_model, tests::limits_for(batch), nullptr);
    const auto logits = tests::all_logits(transformer, m_model, batch, nullptr);
    for (std::size_t i = m_prompt.size(); i < n; ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>((i - 1) * 50);
        EXPECT_EQ(std::max_element(row, row + 50) - row, batch.tokens[i]);
    }
}

TEST_F(GeneratorTest, StopsWhereItShould)
{
    const auto all = generate({.max_new_tokens = 100});
    EXPECT_EQ(all.tokens.size(), 24U - m_prompt.size()); // the capacity
    EXPECT_EQ(all.reason, FinishReason::Length);
    const std::int32_t third = all.tokens[2];
    const auto first = std::find(all.tokens.begin(), all.tokens.end(), third) - all.tokens.begin();
    const auto stopped = generate({.max_new_tokens = 100, .stop_token_ids = {third}});
    EXPECT_EQ(stopped.reason, FinishReason::Stop);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(stopped.tokens.size()), first);
    EXPECT_TRUE(generate({.max_new_tokens = 0}).tokens.empty());

    engine::StopSource stop;
    std::vector<std::int32_t> heard;
    const auto cancelled = m_generator.generate(
        m_prompt,
        nullptr,
        {.max_new_tokens = 100},
        [&](std::int32_t token) {
            heard.push_back(token);
            if (heard.size() == 4) {
                stop.request_stop();
            }
        },
        engine::StopToken(stop));
    ASSERT_TRUE(cancelled.has_value());
    EXPECT_EQ(cancelled->reason, FinishReason::Cancelled);
    EXPECT_EQ(cancelled->tokens, heard);
    EXPECT_EQ(heard.size(), 4U);
}

TEST_F(GeneratorTest, SeedDecidesAndAdaptersDiffer)
{
    const SamplingConfig sampling = {.max_new_tokens = 15, .temperature = 1.5, .seed = 4};
    const auto first = generate(sampling);
    EXPECT_EQ(generate(sampling).tokens, first.tokens);
    SamplingConfig other = sampling;
    other.seed = 5;
    EXPECT_NE(generate(other).tokens, first.tokens);
    const engine::LoraAdapter a =
        tests::random_adapter(m_backend, m_model.config(), {.rank = 4, .alpha = 8.0}, 2);
    const engine::LoraAdapter b =
        tests::random_adapter(m_backend, m_model.config(), {.rank = 6, .alpha = 12.0}, 3);
    // Two adapters on one resident base, in turn.
    const auto with_a = generate({.max_new_tokens = 15}, &a).tokens;
    const auto with_b = generate({.max_new_tokens = 15}, &b).tokens;
    EXPECT_NE(with_a, with_b);
    EXPECT_EQ(generate({.max_new_tokens = 15}, &a).tokens, with_a);
}

TEST_F(GeneratorTest, RefusesBadPrompts)
{
    const auto message = [&](const std::vector<std::int32_t>& prompt) {
        const auto result = m_generator.generate(prompt, nullptr, {});
        EXPECT_FALSE(result.has_value());
        return result ? std::string() : result.error().message;
    };
    EXPECT_EQ(message({}), "prompt: it has no tokens");
    EXPECT_EQ(message(std::vector<std::int32_t>(25, 1)),
              "prompt: 25 tokens, the room is 24 positions");
    EXPECT_EQ(message({1, 50}), "prompt: token 50, the model's vocabulary has 50");
    EXPECT_EQ(message({-1}), "prompt: token -1, the model's vocabulary has 50");
}

// A prompt longer than one piece of the decoder.
TEST(LongPrompt, IsPrefilledInPieces)
{
    engine::CpuBackend backend(1);
    engine::ModelConfig config = tests::tiny_config();
    config.max_position_embeddings = 1024;
    const engine::BaseModel model = tests::tiny_model(backend, config);
    const engine::MicroBatch batch = tests::random_batch({600}, 50, 3);
    engine::Generator generator(backend, model, 601);
    const auto generation = generator.generate(batch.tokens, nullptr, {.max_new_tokens = 1});
    ASSERT_TRUE(generation.has_value());
    engine::Transformer transformer(backend, model, tests::limits_for(batch), nullptr);
    std::vector<float> logits(50);
    const std::int32_t last = 599;
    transformer.logits(batch, nullptr, {&last, 1}, logits);
    EXPECT_EQ(generation->tokens[0],
              std::max_element(logits.begin(), logits.end()) - logits.begin());
}

} // namespace
