// What the check of an export is there for: a folder whose tensors are not base + adapter.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/export_check.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/peft_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using tests::kPeft;

namespace fs = std::filesystem;

class ExportCheckTest : public ::testing::Test
{
protected:
    void use_adapter(const char* name)
    {
        m_adapter = name;
        const LoraAdapter adapter =
            value_or_throw(load_adapter(m_backend, m_model.config(), kPeft / name, DType::F32));
        m_pairs = value_or_throw(host_pairs(m_backend, adapter));
        m_without = check_logits(m_backend, m_model, nullptr);
        m_with = check_logits(m_backend, m_model, &adapter);
    }

    // Writes the base with these pairs folded in.
    void write(const std::vector<HostPair>& pairs, DType dtype)
    {
        fs::remove_all(out());
        fs::create_directory(out());
        fs::copy(kPeft / "base" / "config.json", out());
        MergedWeights weights(m_files, m_model.config(), pairs, dtype);
        const Result<void> written = weights.write(out(), 1 << 30, [](std::int64_t) {}, {});
        ASSERT_TRUE(written) << written.error().message;
    }

    // Fills one written tensor with zeros.
    void erase_tensor(const std::string& tensor) const
    {
        const fs::path path = out() / "model.safetensors";
        std::size_t begin = 0;
        std::size_t size = 0;
        {
            const SafetensorsFile file = value_or_throw(SafetensorsFile::open(path));
            const SafetensorsEntry& entry = *file.find(tensor);
            begin = static_cast<std::size_t>(entry.bytes.data() - file.map().bytes().data());
            size = entry.bytes.size();
        }
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(begin));
        const std::string zeros(size, '\0');
        file.write(zeros.data(), static_cast<std::streamsize>(size));
    }

    [[nodiscard]] Result<void> elements(DType dtype) const
    {
        return check_elements(m_files, m_model.config(), m_pairs, out(), dtype);
    }

    [[nodiscard]] ExportCheck logits(DType dtype)
    {
        const BaseModel merged = value_or_throw(BaseModel::load(m_backend, out()));
        return compare_logits(m_without,
                              m_with,
                              check_logits(m_backend, merged, nullptr),
                              m_model.config().vocab_size,
                              dtype);
    }

    [[nodiscard]] fs::path out() const { return m_folder.path() / "out"; }

    CpuBackend m_backend{1};
    tests::TemporaryFolder m_folder;
    BaseModel m_model = value_or_throw(BaseModel::load(m_backend, kPeft / "base"));
    SafetensorsFolder m_files = value_or_throw(SafetensorsFolder::open(kPeft / "base"));
    std::string m_adapter;
    std::vector<HostPair> m_pairs;
    CheckLogits m_without;
    CheckLogits m_with;
};

constexpr DType kWritten[] = {DType::F32, DType::BF16, DType::F16};

TEST_F(ExportCheckTest, TheRightFolderPasses)
{
    for (const char* adapter : tests::kPeftAdapters) {
        use_adapter(adapter);
        for (const DType dtype : kWritten) {
            write(m_pairs, dtype);
            const Result<void> checked = elements(dtype);
            EXPECT_TRUE(checked) << checked.error().message;
            const ExportCheck check = logits(dtype);
            EXPECT_TRUE(check.passed) << adapter << ' ' << dtype << ": " << check.max_abs_difference
                                      << " of " << check.max_abs_logit;
        }
    }
}

TEST_F(ExportCheckTest, AnErasedTensorIsCaughtTwice)
{
    use_adapter("plain");
    for (const DType dtype : kWritten) {
        for (const char* tensor : {"model.layers.1.self_attn.v_proj.weight",
                                   "model.layers.0.mlp.down_proj.weight",
                                   "lm_head.weight"}) {
            SCOPED_TRACE(concat(tensor, ' ', dtype));
            write(m_pairs, dtype);
            erase_tensor(tensor);
            const Result<void> checked = elements(dtype);
            ASSERT_FALSE(checked);
            EXPECT_EQ(checked.error().code, ErrorCode::Internal);
            EXPECT_THAT(checked.error().message, HasSubstr(tensor));
            const ExportCheck check = logits(dtype);
            EXPECT_FALSE(check.passed);
            EXPECT_GT(check.max_abs_difference, check.tolerance);
        }
    }
}

TEST_F(ExportCheckTest, AForgottenAdapterIsCaughtInEveryDtype)
{
    use_adapter("by_layer");
    for (const DType dtype : kWritten) {
        write({}, dtype);
        EXPECT_FALSE(elements(dtype));
    }
}

TEST_F(ExportCheckTest, AWrongScaleIsCaughtInEveryDtype)
{
    use_adapter("plain");
    for (const DType dtype : kWritten) {
        std::vector<HostPair> wrong = m_pairs;
        wrong.back().scaling *= 1.05F;
        write(wrong, dtype);
        const Result<void> checked = elements(dtype);
        ASSERT_FALSE(checked);
        EXPECT_THAT(checked.error().message, HasSubstr(wrong.back().weight_name));
    }
}

TEST_F(ExportCheckTest, AnotherDtypeThanStatedIsCaught)
{
    use_adapter("plain");
    write(m_pairs, DType::BF16);
    EXPECT_FALSE(elements(DType::F16));
}

TEST(CompareLogits, CountsWhatItSays)
{
    // Two positions of three tokens.
    const CheckLogits base = {2, {0.0F, 1.0F, 2.0F, 5.0F, 0.0F, 0.0F}};
    const CheckLogits wanted = {2, {0.0F, 3.0F, 2.0F, 10.0F, 0.0F, 0.0F}};
    const CheckLogits found = {2, {0.0F, 1.9F, 2.0F, 10.0F, 0.0F, 0.0F}};
    const ExportCheck check = compare_logits(base, wanted, found, 3, DType::F32);
    EXPECT_EQ(check.positions, 2);
    EXPECT_FLOAT_EQ(static_cast<float>(check.max_abs_difference), 1.1F);
    EXPECT_EQ(check.max_abs_logit, 10.0);
    EXPECT_EQ(check.difference_from_base, 5.0);
    EXPECT_EQ(check.top1_agreement, 0.5);
    EXPECT_EQ(check.tolerance, 10.0 * logit_tolerance(DType::F32));
    EXPECT_FALSE(check.passed);
    EXPECT_TRUE(compare_logits(base, wanted, wanted, 3, DType::F32).passed);
}

// Within the tolerance, and yet no nearer to base + adapter than the base itself.
TEST(CompareLogits, TheBaseNeverPassesForBasePlusAdapter)
{
    const CheckLogits base = {1, {10.0F, 1.0F}};
    const CheckLogits wanted = {1, {10.1F, 1.0F}};
    const ExportCheck check = compare_logits(base, wanted, base, 2, DType::BF16);
    EXPECT_LE(check.max_abs_difference, check.tolerance);
    EXPECT_EQ(check.rms_difference, check.rms_adapter);
    EXPECT_FALSE(check.passed);
    EXPECT_TRUE(compare_logits(base, wanted, wanted, 2, DType::BF16).passed);
}

TEST(CompareLogits, NotANumberNeverPasses)
{
    const CheckLogits good = {1, {1.0F, 2.0F}};
    const CheckLogits bad = {1, {1.0F, NAN}};
    EXPECT_FALSE(compare_logits(good, good, bad, 2, DType::BF16).passed);
    EXPECT_FALSE(compare_logits(good, bad, good, 2, DType::BF16).passed);
    EXPECT_FALSE(compare_logits(good, bad, bad, 2, DType::BF16).passed);
}

} // namespace
} // namespace engine
