// Which of cuBLASLt's algorithms computes a product, on the emulated one: it offers four, of which
// the second fails and the third is the fastest.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/ops/matmul.h"
#include "tests/engine/cuda/emulated_gpu.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumber = 4; // where the emulated library's algorithms have their own
constexpr std::uint64_t kFastest = 2;
constexpr std::int64_t kSize = 5;

class AlgorithmChoice : public testing::Test
{
protected:
    [[nodiscard]] fs::path file() const { return m_folder.path() / "cache" / "algorithms.json"; }

    std::unique_ptr<CudaBackend> open(const fs::path& path, double least_operations = 0.0) const
    {
        CudaOptions options = emulated_options();
        options.algorithms = {.file = path, .least_operations = least_operations};
        return value_or_throw(CudaBackend::open(0, options));
    }

    static Tensor filled(CudaBackend& backend, Shape shape, float value)
    {
        Tensor tensor = backend.tensor(DType::F32, shape);
        const std::vector<float> values(static_cast<std::size_t>(shape.numel()), value);
        backend.upload(values.data(), tensor);
        return tensor;
    }

    // c = 2 everywhere, then c += 2 * 3 * kSize: each element read back.
    static std::vector<float> add_product(CudaBackend& backend)
    {
        const Tensor a = filled(backend, {kSize, kSize}, 2.0F);
        const Tensor b = filled(backend, {kSize, kSize}, 3.0F);
        Tensor c = filled(backend, {kSize, kSize}, 2.0F);
        ops::matmul(backend, {.a = a, .b = b, .c = c, .beta = 1.0F});
        std::vector<float> values(static_cast<std::size_t>(c.numel()));
        backend.download(c, values.data());
        return values;
    }

    static std::vector<float> expected()
    {
        return std::vector<float>(static_cast<std::size_t>(kSize * kSize), 2.0F + 6.0F * kSize);
    }

    [[nodiscard]] Json kept() const { return value_or_throw(read_json_file(file())); }

    tests::TemporaryFolder m_folder;
};

TEST_F(AlgorithmChoice, TheFastestIsKeptAndTheProductIsRightAllTheSame)
{
    const auto backend = open(file());
    EXPECT_EQ(add_product(*backend), expected());
    const Json json = kept();
    ASSERT_EQ(json.size(), 1U);
    EXPECT_THAT(json.begin().key(), testing::StartsWith("Emulated H100, cuBLASLt 130100, 5x5x5"));
    EXPECT_EQ(json.begin().value()[kNumber], kFastest);
}

TEST_F(AlgorithmChoice, TheNextRunTakesWhatIsKeptWithoutTrying)
{
    EXPECT_EQ(add_product(*open(file())), expected());
    Json json = kept();
    json.begin().value()[kNumber] = 3; // as if it had been the fastest
    value_or_throw(write_file_atomically(file(), json.dump()));
    const auto backend = open(file());
    const std::uint64_t before = waits();
    EXPECT_EQ(add_product(*backend), expected());
    EXPECT_EQ(waits() - before, 1U); // for the result
    EXPECT_EQ(kept(), json);
}

TEST_F(AlgorithmChoice, ATrialIsToldOnceAndWhereItsResultIs)
{
    testing::internal::CaptureStderr();
    const auto backend = open(file());
    EXPECT_EQ(add_product(*backend), expected());
    const Tensor row = filled(*backend, {1, kSize}, 2.0F);
    Tensor c = filled(*backend, {1, 1}, 0.0F);
    ops::matmul(*backend, {.a = row, .b = row, .transpose_b = ops::Transpose::Yes, .c = c});
    EXPECT_EQ(kept().size(), 2U);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              concat("GPU: trying algorithms for matrix products, so the first steps are slower; "
                     "kept in ",
                     file().string(),
                     " for later runs\n"));
    testing::internal::CaptureStderr();
    EXPECT_EQ(add_product(*open(file())), expected());
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(AlgorithmChoice, AnAlgorithmThatTheLibraryDoesNotTakeIsNotUsed)
{
    EXPECT_EQ(add_product(*open(file())), expected());
    Json json = kept();
    // Unknown to it; or known, and refused when it is to be run.
    for (const int number : {99, 1}) {
        json.begin().value()[kNumber] = number;
        value_or_throw(write_file_atomically(file(), json.dump()));
        EXPECT_EQ(add_product(*open(file())), expected()) << number;
    }
}

TEST_F(AlgorithmChoice, ADamagedFileIsAnEmptyOne)
{
    fs::create_directories(file().parent_path());
    for (const char* text : {"", "{", "[1, 2]", R"({"x": [1, 2]})", R"({"x": "y"})"}) {
        std::ofstream(file()) << text;
        EXPECT_EQ(add_product(*open(file())), expected());
        EXPECT_EQ(kept().begin().value()[kNumber], kFastest) << text;
    }
}

TEST_F(AlgorithmChoice, NothingIsTimedWhereNothingCanBeKept)
{
    std::ofstream(m_folder.path() / "a-file") << "in the way";
    const auto backend = open(m_folder.path() / "a-file" / "algorithms.json");
    testing::internal::CaptureStderr();
    EXPECT_EQ(add_product(*backend), expected());
    EXPECT_EQ(add_product(*backend), expected());
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log,
                testing::AllOf(testing::HasSubstr("cannot create"),
                               testing::HasSubstr("let this user write to "
                                                  + (m_folder.path() / "a-file").string())));

    const auto without = open({});
    const std::uint64_t before = waits();
    EXPECT_EQ(add_product(*without), expected());
    EXPECT_EQ(waits() - before, 1U);
}

TEST_F(AlgorithmChoice, SmallProductsAreNotWorthTheirTrial)
{
    EXPECT_EQ(add_product(*open(file(), 2.0 * kSize * kSize * kSize + 1.0)), expected());
    EXPECT_FALSE(fs::exists(file()));
}

TEST_F(AlgorithmChoice, WithoutMemoryForATrialTheFirstIsTaken)
{
    const Behaviour memory("LOWRANK_EMULATED_MIB", "36");
    const auto backend = open(file());  // which takes 34 of them
    constexpr std::int64_t kRows = 600; // 1.4 MiB of products: once, not twice
    const Tensor a = filled(*backend, {kRows, 1}, 2.0F);
    const Tensor b = filled(*backend, {1, kRows}, 3.0F);
    Tensor c = filled(*backend, {kRows, kRows}, 2.0F);
    ops::matmul(*backend, {.a = a, .b = b, .c = c, .beta = 1.0F});
    std::vector<float> values(static_cast<std::size_t>(c.numel()));
    backend->download(c, values.data());
    EXPECT_THAT(values, testing::Each(8.0F));
    EXPECT_FALSE(fs::exists(file()));
}

TEST_F(AlgorithmChoice, ProductsOfNearlyTheSameSizeShareAChoice)
{
    const auto name = [](std::int64_t n) {
        return cuda::LtProduct{.m = 4096, .n = n, .k = 1}.size_class();
    };
    EXPECT_EQ(name(2000), name(2048));
    EXPECT_NE(name(1500), name(2048));
    // Whether columns are aligned, and whether a sum may be cut, decides what can be used.
    const auto aligned = [](std::int64_t ld, std::int64_t k) {
        return cuda::LtProduct{.m = 32000,
                               .n = 64,
                               .k = k,
                               .lda = ld,
                               .ldb = k,
                               .ldd = ld,
                               .input = DType::BF16,
                               .output = DType::BF16,
                               .align_a = 256,
                               .align_b = 256,
                               .align_c = 256,
                               .align_d = 256}
            .size_class();
    };
    EXPECT_EQ(aligned(32000, 4096), "32768x64x4096 nn bf16 to bf16 cut aligned 256 256 256 256");
    EXPECT_EQ(aligned(32001, 4000), "32768x64x4096 nn bf16 to bf16 aligned 2 64 2 2");
}

TEST_F(AlgorithmChoice, Tf32IsUsedOnlyWhereItIsAsked)
{
    constexpr float kFine = 1.0F + 0x1p-20F; // more than TF32's ten bits
    for (const bool tf32 : {false, true}) {
        CudaOptions options = emulated_options();
        options.algorithms.file.clear();
        options.tf32 = tf32;
        const auto backend = value_or_throw(CudaBackend::open(0, options));
        const Tensor a = filled(*backend, {1, 1}, kFine);
        Tensor c = backend->tensor(DType::F32, {1, 1});
        ops::matmul(*backend, {.a = a, .b = a, .c = c});
        float product = 0.0F;
        backend->download(c, &product);
        EXPECT_EQ(product, tf32 ? 1.0F : kFine * kFine);
    }
}

} // namespace
} // namespace engine
