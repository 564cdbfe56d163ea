// Merge and export: right values, whole folders, and nothing left behind when they are refused.
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/model/base_fingerprint.h"
#include "engine/model/merge.h"
#include "engine/model/transformer.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/peft_data.h"
#include "tests/support/temporary_folder.h"

#ifndef _WIN32
#include "tests/support/file_size_limit.h"
#endif

namespace engine {
namespace {

using ::testing::HasSubstr;
using tests::expect_near;
using tests::kPeft;
using tests::peft_golden;

namespace fs = std::filesystem;

// Float32 logits of a tiny model (the largest about 3) against PyTorch's.
constexpr float kLogitTolerance = 1e-4F;

// Logits on the golden's tokens.
std::vector<float> logits_of(Backend& backend, const BaseModel& model, const LoraAdapter* adapter)
{
    MicroBatch batch;
    batch.tokens = {1, 5, 9, 2, 30, 17, 4, 11};
    batch.labels.assign(8, -1);
    batch.weights.assign(8, 0.0F);
    batch.positions = {0, 1, 2, 3, 4, 5, 6, 7};
    batch.offsets = {0, 8};
    TransformerLimits limits;
    limits.max_tokens = 8;
    limits.max_sequence_length = 8;
    limits.backward = false;
    Transformer transformer(
        backend, model, limits, adapter == nullptr ? nullptr : &adapter->config());
    std::vector<float> logits(8 * static_cast<std::size_t>(model.config().vocab_size));
    transformer.logits(batch, adapter, batch.positions, logits);
    return logits;
}

class MergeTest : public ::testing::Test
{
protected:
    [[nodiscard]] Result<ExportCheck> merge(const fs::path& adapter, const MergeOptions& options)
    {
        return merge_to_folder(m_backend, m_base, adapter, out(), options);
    }

    [[nodiscard]] fs::path out() const { return m_folder.path() / "out"; }

    // Names in the test's folder, so that leftovers show.
    [[nodiscard]] std::vector<std::string> entries() const
    {
        std::vector<std::string> names;
        for (const auto& item : fs::directory_iterator(m_folder.path())) {
            names.push_back(item.path().filename().string());
        }
        return names;
    }

    // An adapter on q_proj whose B is `value` everywhere and whose A is 1.
    [[nodiscard]] fs::path write_constant_adapter(float value)
    {
        const ModelConfig config = value_or_throw(ModelConfig::load(m_base));
        const LoraConfig settings = {.rank = 1, .alpha = 1.0, .target_modules = {Target::QProj}};
        LoraAdapter adapter(m_backend, config, settings, DType::F32);
        for (LoraMatrix& matrix : adapter.matrices()) {
            std::fill_n(matrix.lora_a.data<float>(), matrix.lora_a.numel(), 1.0F);
            std::fill_n(matrix.lora_b.data<float>(), matrix.lora_b.numel(), value);
        }
        fs::path folder = m_adapters.path() / "adapter";
        EXPECT_TRUE(save_adapter(m_backend, adapter, "tiny", folder));
        return folder;
    }

    CpuBackend m_backend{1};
    fs::path m_base = kPeft / "base";
    tests::TemporaryFolder m_folder;
    tests::TemporaryFolder m_adapters;
};

TEST_F(MergeTest, OurLogitsAreTransformersAndPefts)
{
    const BaseModel base = value_or_throw(BaseModel::load(m_backend, m_base));
    expect_near(
        logits_of(m_backend, base, nullptr), peft_golden("base", "logits"), kLogitTolerance);
    for (const char* name : tests::kPeftAdapters) {
        SCOPED_TRACE(name);
        const LoraAdapter adapter =
            value_or_throw(load_adapter(m_backend, base.config(), kPeft / name, DType::F32));
        expect_near(
            logits_of(m_backend, base, &adapter), peft_golden(name, "logits"), kLogitTolerance);
    }
}

TEST_F(MergeTest, Float32IsBasePlusPeftsDelta)
{
    const SafetensorsFile base =
        value_or_throw(SafetensorsFile::open(m_base / "model.safetensors"));
    for (const char* name : tests::kPeftAdapters) {
        SCOPED_TRACE(name);
        fs::remove_all(out());
        const Result<ExportCheck> check = merge(kPeft / name, {.dtype = DType::F32});
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_TRUE(check->passed);
        EXPECT_EQ(check->positions, 64);
        EXPECT_LT(check->max_abs_difference, check->tolerance);
        EXPECT_GT(check->difference_from_base, 0.1);
        EXPECT_EQ(check->top1_agreement, 1.0);
        const SafetensorsFile merged =
            value_or_throw(SafetensorsFile::open(out() / "model.safetensors"));
        ASSERT_EQ(merged.entries().size(), base.entries().size());
        for (const SafetensorsEntry& entry : merged.entries()) {
            std::vector<float> wanted = tests::floats_of(base, entry.name);
            const std::string module = entry.name.substr(0, entry.name.rfind('.'));
            const std::vector<float> delta = peft_golden(name, "delta." + module);
            for (std::size_t i = 0; i < delta.size(); ++i) {
                wanted[i] += delta[i];
            }
            SCOPED_TRACE(entry.name);
            expect_near(tests::floats_of(merged, entry.name), wanted, 1e-5F);
        }
        const BaseModel model = value_or_throw(BaseModel::load(m_backend, out()));
        expect_near(
            logits_of(m_backend, model, nullptr), peft_golden(name, "logits"), kLogitTolerance);
    }
}

TEST_F(MergeTest, HalfTypesPassTheirTolerance)
{
    for (const DType dtype : {DType::BF16, DType::F16}) {
        fs::remove_all(out());
        const Result<ExportCheck> check = merge(kPeft / "plain", {.dtype = dtype});
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_TRUE(check->passed);
        EXPECT_GT(check->max_abs_difference, 0.0); // rounding is really there
        const SafetensorsFile merged =
            value_or_throw(SafetensorsFile::open(out() / "model.safetensors"));
        for (const SafetensorsEntry& entry : merged.entries()) {
            EXPECT_EQ(entry.dtype, safetensors_name(dtype));
        }
        const Json config = value_or_throw(read_json_file(out() / "config.json"));
        EXPECT_EQ(config["dtype"], dtype == DType::BF16 ? "bfloat16" : "float16");
        EXPECT_FALSE(config.contains("torch_dtype")); // the base has the new spelling only
    }
}

TEST_F(MergeTest, ShardsKeepToTheirSizeAndTheIndexIsWhole)
{
    const Result<ExportCheck> check =
        merge(kPeft / "plain", {.dtype = DType::F32, .max_shard_bytes = 5000});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_FALSE(fs::exists(out() / "model.safetensors"));
    const SafetensorsFolder merged = value_or_throw(SafetensorsFolder::open(out()));
    EXPECT_GE(merged.files().size(), 4U);
    std::int64_t total = 0;
    for (const SafetensorsFile& file : merged.files()) {
        std::int64_t bytes = 0;
        for (const SafetensorsEntry& entry : file.entries()) {
            bytes += static_cast<std::int64_t>(entry.bytes.size());
        }
        EXPECT_LE(bytes, 5000);
        total += bytes;
    }
    const Json index = value_or_throw(read_json_file(out() / "model.safetensors.index.json"));
    EXPECT_EQ(index["metadata"]["total_size"], total);
    const BaseModel model = value_or_throw(BaseModel::load(m_backend, out()));
    expect_near(
        logits_of(m_backend, model, nullptr), peft_golden("plain", "logits"), kLogitTolerance);
}

TEST_F(MergeTest, ConfigAndTokenizerFilesAreCarriedOver)
{
    const tests::TemporaryFolder base;
    fs::copy(m_base, base.path(), fs::copy_options::recursive);
    std::ofstream(base.path() / "tokenizer.json", std::ios::binary) << "{\"a\": \"\xC3\xA9\"}\n";
    std::ofstream(base.path() / "chat_template.jinja") << "{{ x }}";
    std::ofstream(base.path() / "notes.txt") << "not of the model";
    m_base = base.path();
    ASSERT_TRUE(merge(kPeft / "plain", {.dtype = DType::F32}));
    EXPECT_EQ(value_or_throw(read_file(out() / "tokenizer.json")), "{\"a\": \"\xC3\xA9\"}\n");
    EXPECT_EQ(value_or_throw(read_file(out() / "chat_template.jinja")), "{{ x }}");
    EXPECT_TRUE(fs::exists(out() / "generation_config.json"));
    EXPECT_FALSE(fs::exists(out() / "notes.txt"));
    EXPECT_EQ(value_or_throw(read_json_file(out() / "config.json")),
              value_or_throw(read_json_file(m_base / "config.json")));
}

TEST_F(MergeTest, AnAdapterThatChangesNothingIsRefused)
{
    const fs::path zero = write_constant_adapter(0.0F);
    const Result<ExportCheck> merged = merge(zero, {.dtype = DType::F32});
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(merged.error().message, HasSubstr("changes nothing"));
    const Result<ExportCheck> peft = export_peft(m_backend, m_base, zero, out());
    ASSERT_FALSE(peft);
    EXPECT_THAT(peft.error().message, HasSubstr("changes nothing"));
    EXPECT_THAT(entries(), testing::IsEmpty());
}

TEST_F(MergeTest, AChangeThatRoundsAwayIsRefused)
{
    // 1e-12 is below half a step of every float32 weight of the golden, and not zero.
    const Result<ExportCheck> merged =
        merge(write_constant_adapter(1e-12F), {.dtype = DType::BF16});
    ASSERT_FALSE(merged);
    EXPECT_THAT(merged.error().message, HasSubstr("every weight is the base's in bf16"));
    EXPECT_TRUE(entries().empty());
}

TEST_F(MergeTest, ValuesThatDoNotFitAreNamed)
{
    const Result<ExportCheck> half = merge(write_constant_adapter(70000.0F), {.dtype = DType::F16});
    ASSERT_FALSE(half);
    EXPECT_EQ(half.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(half.error().message, HasSubstr("q_proj.weight holds "));
    EXPECT_THAT(half.error().message, HasSubstr("f16 ends at 65504"));
    const Result<ExportCheck> infinite =
        merge(write_constant_adapter(INFINITY), {.dtype = DType::F32});
    ASSERT_FALSE(infinite);
    EXPECT_THAT(infinite.error().message, HasSubstr("not a finite number"));
    EXPECT_TRUE(entries().empty());
}

TEST_F(MergeTest, ATargetWithContentsStaysAsItIs)
{
    fs::create_directory(out());
    std::ofstream(out() / "mine.txt") << "keep";
    const Result<ExportCheck> refused = merge(kPeft / "plain", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(value_or_throw(read_file(out() / "mine.txt")), "keep");
    EXPECT_EQ(entries().size(), 1U);
    fs::remove(out() / "mine.txt");
    EXPECT_TRUE(merge(kPeft / "plain", {})); // an empty folder is as good as none
    EXPECT_EQ(entries().size(), 1U);
}

TEST_F(MergeTest, CancellingLeavesNothing)
{
    for (const double at : {0.0, 0.3, 0.74, 0.9}) {
        StopSource source;
        double last = 0.0;
        const auto progress = [&](double fraction, const std::string&) {
            EXPECT_GE(fraction, last);
            last = fraction;
            if (fraction >= at) {
                source.request_stop();
            }
        };
        const Result<ExportCheck> check =
            merge(kPeft / "plain", {.progress = progress, .stop = StopToken(source)});
        ASSERT_FALSE(check) << at;
        EXPECT_EQ(check.error().code, ErrorCode::Cancelled) << at;
        EXPECT_TRUE(entries().empty());
    }
}

TEST_F(MergeTest, OptionsAreChecked)
{
    EXPECT_EQ(merge(kPeft / "plain", {.dtype = DType::I32}).error().code,
              ErrorCode::InvalidArgument);
    EXPECT_EQ(merge(kPeft / "plain", {.max_shard_bytes = 0}).error().code,
              ErrorCode::InvalidArgument);
    EXPECT_EQ(merge(kPeft / "absent", {}).error().code, ErrorCode::NotFound);
    m_base = kPeft / "absent";
    EXPECT_EQ(merge(kPeft / "plain", {}).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(entries().empty());
}

TEST_F(MergeTest, PeftExportIsTheSameAdapter)
{
    const Result<ExportCheck> check =
        export_peft(m_backend, m_base, kPeft / "rslora_patterns", out());
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->passed);
    EXPECT_EQ(check->max_abs_difference, 0.0);
    EXPECT_GT(check->difference_from_base, 0.1);
    const Json config = value_or_throw(read_json_file(out() / "adapter_config.json"));
    EXPECT_EQ(config["base_model_name_or_path"], "tiny-llama");
    const BaseModel base = value_or_throw(BaseModel::load(m_backend, m_base));
    const LoraAdapter adapter =
        value_or_throw(load_adapter(m_backend, base.config(), out(), DType::F32));
    expect_near(logits_of(m_backend, base, &adapter),
                peft_golden("rslora_patterns", "logits"),
                kLogitTolerance);
    const Result<ExportCheck> again = export_peft(m_backend, m_base, kPeft / "plain", out());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
}

TEST_F(MergeTest, ExportsSayThatTheBaseWasQuantised)
{
    const BaseModel base = value_or_throw(BaseModel::load(m_backend, m_base));
    LoraAdapter adapter =
        value_or_throw(load_adapter(m_backend, base.config(), kPeft / "plain", DType::F32));
    EXPECT_EQ(adapter.base_quant(), ops::QuantType::None);
    adapter.set_base_quant(ops::QuantType::Nf4);
    const std::filesystem::path trained = out().parent_path() / "trained";
    value_or_throw(save_adapter(m_backend, adapter, "", trained));

    const Result<ExportCheck> copied =
        export_peft(m_backend, m_base, trained, out().parent_path() / "copy");
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->base_quant, ops::QuantType::Nf4);
    const LoraAdapter reloaded = value_or_throw(
        load_adapter(m_backend, base.config(), out().parent_path() / "copy", DType::F32));
    EXPECT_EQ(reloaded.base_quant(), ops::QuantType::Nf4);

    // Of the base as it is: the check compares with that.
    const Result<ExportCheck> merged =
        merge_to_folder(m_backend, m_base, trained, out(), {.dtype = DType::F32});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_TRUE(merged->passed);
    EXPECT_EQ(merged->base_quant, ops::QuantType::Nf4);
    const auto file = value_or_throw(SafetensorsFile::open(out() / "model.safetensors"));
    EXPECT_EQ(file.metadata().at("base_quant"), "nf4");
}

TEST_F(MergeTest, WhatAKilledMergeLeftIsClearedAndNothingElse)
{
    const auto beside = [&](const char* end) { return fs::path(out().string() + end); };
    for (const char* end : {".tmp-0", ".tmp-1", ".tmp-2", ".tmp-mine"}) {
        fs::create_directory(beside(end));
    }
    for (const char* end : {".tmp-0", ".tmp-mine"}) { // whoever held the lock is gone
        value_or_throw(FolderLock::acquire(beside(end)));
    }
    const FolderLock other = value_or_throw(FolderLock::acquire(beside(".tmp-1")));
    const Result<ExportCheck> check = merge(kPeft / "plain", {.dtype = DType::F32});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_THAT(entries(),
                testing::UnorderedElementsAre("out", "out.tmp-1", "out.tmp-2", "out.tmp-mine"));
    EXPECT_FALSE(fs::exists(out() / ".lock"));
}

TEST_F(MergeTest, AnAdapterKnowsTheWeightsItWasTrainedOn)
{
    const BaseModel base = value_or_throw(BaseModel::load(m_backend, m_base));
    LoraAdapter adapter =
        value_or_throw(load_adapter(m_backend, base.config(), kPeft / "plain", DType::F32));
    EXPECT_EQ(adapter.base_fingerprint(), ""); // PEFT records none
    EXPECT_EQ(other_base_warning(kPeft / "plain", m_base), "");
    adapter.set_base_fingerprint(value_or_throw(base_fingerprint(m_base)));
    const fs::path trained = m_adapters.path() / "trained";
    value_or_throw(save_adapter(m_backend, adapter, "the-base", trained));
    EXPECT_EQ(other_base_warning(trained, m_base), "");

    // A merged base has the same shapes and other weights.
    ASSERT_TRUE(merge(trained, {.dtype = DType::F32}));
    const std::string warning = other_base_warning(trained, out());
    EXPECT_THAT(warning, testing::HasSubstr("trained on the-base"));
    EXPECT_THAT(warning, testing::HasSubstr("weights of " + out().string()));

    // A checked copy keeps the record.
    value_or_throw(export_peft(m_backend, m_base, trained, m_adapters.path() / "copy"));
    EXPECT_EQ(other_base_warning(m_adapters.path() / "copy", m_base), "");
}

#ifndef _WIN32
TEST_F(MergeTest, AWriteThatFailsLeavesNothing)
{
    for (const rlim_t bytes : {100, 10000}) {
        Result<ExportCheck> check = Error{};
        {
            const tests::FileSizeLimit limit(bytes);
            check = merge(kPeft / "plain", {.dtype = DType::F32});
        }
        ASSERT_FALSE(check);
        EXPECT_EQ(check.error().code, ErrorCode::Io) << check.error().message;
        EXPECT_TRUE(entries().empty());
    }
    EXPECT_TRUE(merge(kPeft / "plain", {.dtype = DType::F32}));
}
#endif

} // namespace
} // namespace engine
