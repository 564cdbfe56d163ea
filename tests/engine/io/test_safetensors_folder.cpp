// Shards and their index: agreement, safe names, and what lies in their place.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "engine/io/safetensors.h"
#include "tests/engine/io/safetensors_bytes.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SafetensorsFolderTest : public ::testing::Test
{
protected:
    void write(const std::string& name, const std::string& bytes) const
    {
        std::ofstream(m_folder.path() / name, std::ios::binary) << bytes;
    }

    // A shard that holds one byte tensor of this name.
    void write_shard(const std::string& name, const std::string& tensor) const
    {
        write(name,
              tests::safetensors_bytes(
                  "{\"" + tensor + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "z"));
    }

    void write_index(const std::string& weight_map) const
    {
        write("model.safetensors.index.json",
              R"({"metadata":{"total_size":99},"weight_map":)" + weight_map + "}");
    }

    [[nodiscard]] Result<SafetensorsFolder> open() const
    {
        return SafetensorsFolder::open(m_folder.path());
    }

    [[nodiscard]] std::string message() const
    {
        const Result<SafetensorsFolder> folder = open();
        return folder ? "opened" : folder.error().message;
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(SafetensorsFolderTest, ShardsAreOneSet)
{
    write_shard("model-00001-of-00002.safetensors", "b");
    write_shard("model-00002-of-00002.safetensors", "a");
    write_index(
        R"({"b":"model-00001-of-00002.safetensors","a":"model-00002-of-00002.safetensors"})");
    const Result<SafetensorsFolder> folder = open();
    ASSERT_TRUE(folder) << folder.error().message;
    EXPECT_THAT(folder->names(), ElementsAre("a", "b"));
    EXPECT_EQ(folder->total_bytes(), 2); // not the index's wrong total_size
    ASSERT_NE(folder->find("a"), nullptr);
    EXPECT_EQ(folder->find("a")->bytes.size(), 1U);
    EXPECT_EQ(folder->find("c"), nullptr);
}

TEST_F(SafetensorsFolderTest, ASingleFileNeedsNoIndex)
{
    write_shard("model.safetensors", "a");
    write_index(R"({"a":"absent.safetensors"})"); // a leftover that is not read
    EXPECT_EQ(message(), "opened");
}

TEST_F(SafetensorsFolderTest, NamesATensorThatTheShardLacks)
{
    write_shard("s.safetensors", "a");
    write_index(R"({"a":"s.safetensors","ghost":"s.safetensors"})");
    EXPECT_THAT(message(),
                HasSubstr("\"ghost\" is in the index's weight_map and not in the shard"));
}

TEST_F(SafetensorsFolderTest, NamesATensorThatTheIndexLacks)
{
    write_shard("s.safetensors", "a");
    write_shard("t.safetensors", "stray");
    write_index(R"({"a":"s.safetensors","b":"t.safetensors"})");
    EXPECT_THAT(message(), HasSubstr("\"stray\" is not in the index's weight_map"));
}

TEST_F(SafetensorsFolderTest, AMissingShardIsNamed)
{
    write_index(R"({"a":"gone.safetensors"})");
    const Result<SafetensorsFolder> folder = open();
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, ErrorCode::NotFound);
    EXPECT_THAT(folder.error().message, HasSubstr("gone.safetensors"));
}

TEST_F(SafetensorsFolderTest, AnIndexCannotReachOutOfItsFolder)
{
    for (const char* name : {"../s.safetensors",
                             "/etc/passwd",
                             "sub/s.safetensors",
                             "C:\\\\s.safetensors",
                             "c:s.safetensors",
                             "..",
                             ".",
                             "",
                             "s\\u0000.safetensors"}) {
        write_index(std::string(R"({"a":")") + name + "\"}");
        EXPECT_THAT(message(), HasSubstr("wanted a plain file name")) << name;
    }
}

TEST_F(SafetensorsFolderTest, ABrokenIndexIsRefused)
{
    for (const char* map : {"{}", "[]", "7", "null", R"({"a":1})"}) {
        write_index(map);
        const Result<SafetensorsFolder> folder = open();
        ASSERT_FALSE(folder) << map;
        EXPECT_EQ(folder.error().code, ErrorCode::Format) << map;
    }
    write("model.safetensors.index.json", "[]");
    EXPECT_THAT(message(), HasSubstr("no object \"weight_map\""));
}

TEST_F(SafetensorsFolderTest, APickleIsNamed)
{
    write("pytorch_model.bin", "PK\x03\x04");
    EXPECT_THAT(message(), HasSubstr("pytorch_model.bin (a pickle"));
}

TEST_F(SafetensorsFolderTest, AnEmptyFolderSaysWhatIsWanted)
{
    EXPECT_THAT(message(), HasSubstr("no model.safetensors"));
}

} // namespace
} // namespace engine
