// The list of GPUs against the emulated driver: every way in which it can be missing
// or fail is one sentence, never an exception.
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cuda/gpu_list.h"

namespace engine::cuda {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class GpuListTest : public testing::Test
{
protected:
    static GpuList list(const char* behaviour, const char* library = EMULATED_DRIVER)
    {
        ::setenv("LOWRANK_EMULATED_GPU", behaviour, 1); // NOLINT(concurrency-mt-unsafe): one thread
        return list_gpus(library);
    }
};

TEST_F(GpuListTest, TellsWhatTheDriverTells)
{
    const GpuList found = list("two");
    EXPECT_THAT(found.note, IsEmpty());
    EXPECT_EQ(found.driver_version, 13010);
    ASSERT_THAT(found.gpus, SizeIs(2));
    EXPECT_EQ(found.gpus[0].name, "Emulated H100");
    EXPECT_EQ(found.gpus[0].memory_bytes, 80LL << 30);
    EXPECT_EQ(found.gpus[0].major, 9);
    EXPECT_EQ(found.gpus[0].minor, 0);
    EXPECT_EQ(found.gpus[0].multiprocessors, 132);
    EXPECT_EQ(found.gpus[1].major, 6);
    EXPECT_EQ(found.gpus[1].minor, 1);
    EXPECT_THAT(found.gpus[1].problem, IsEmpty());
}

TEST_F(GpuListTest, AMissingLibraryIsASentence)
{
    const GpuList found = list("two", "libno-such-driver.so.1");
    EXPECT_THAT(found.gpus, IsEmpty());
    EXPECT_THAT(found.note, AllOf(HasSubstr("libno-such-driver.so.1"), HasSubstr("install it if")));
}

TEST_F(GpuListTest, AMissingFunctionIsNamed)
{
    EXPECT_THAT(list("two", EMULATED_DRIVER_INCOMPLETE).note,
                AllOf(HasSubstr("cuDeviceTotalMem_v2"), HasSubstr("580")));
}

TEST_F(GpuListTest, AnOldDriverIsToldWithBothVersions)
{
    const GpuList found = list("old");
    EXPECT_THAT(found.gpus, IsEmpty());
    EXPECT_THAT(found.note, AllOf(HasSubstr("12.4"), HasSubstr("13.0"), HasSubstr("580")));
}

TEST_F(GpuListTest, ADriverWithoutAGpuSaysSo)
{
    EXPECT_EQ(list("none").note, "No GPU: the NVIDIA driver finds no GPU.");
}

TEST_F(GpuListTest, AFailureIsNamedAsTheDriverNamesIt)
{
    EXPECT_THAT(list("broken").note, HasSubstr("CUDA_ERROR_UNKNOWN"));
    EXPECT_THAT(list("uncounted").note, HasSubstr("error 3")); // one that it has no name for
}

TEST_F(GpuListTest, OneSilentGpuDoesNotHideTheOther)
{
    const GpuList found = list("silent");
    ASSERT_THAT(found.gpus, SizeIs(2));
    EXPECT_THAT(found.gpus[0].problem, IsEmpty());
    EXPECT_THAT(found.gpus[1].problem, HasSubstr("CUDA_ERROR_UNKNOWN"));
}

} // namespace
} // namespace engine::cuda
