// Files that appear whole, lines that are never torn, locks, maps.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <thread>

#ifndef _WIN32
#include <sys/resource.h>
#endif

#include "engine/core/control_group.h"
#include "engine/core/platform.h"
#include "tests/support/sanitizer.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using testing::HasSubstr;

std::string contents(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::filesystem::path& folder)
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, ShowsTheOldContentsUntilCommit)
{
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "file";
    ASSERT_TRUE(write_file_atomically(path, "old"));
    Result<AtomicFile> file = AtomicFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(std::string_view("new")));
    EXPECT_EQ(contents(path), "old");
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(contents(path), "new");
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, LeavesNothingWhenItIsNotCommitted)
{
    const tests::TemporaryFolder folder;
    {
        Result<AtomicFile> file = AtomicFile::create(folder.path() / "file");
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->write(std::string_view("half")));
    }
    EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, NamesAFolderThatIsNotThere)
{
    const Result<AtomicFile> file = AtomicFile::create("/nonexistent-folder/file");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::NotFound);
    EXPECT_THAT(file.error().message, HasSubstr("/nonexistent-folder/file"));
    EXPECT_THAT(file.error().hint, HasSubstr("create the folder"));
}

// Windows replaces no file that is open: the rename waits for the reader.
TEST(AtomicFile, OutlastsAReaderOfTheOldContents)
{
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "file";
    ASSERT_TRUE(write_file_atomically(path, "old"));
    std::ifstream reader(path);
    std::jthread closes([&reader] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        reader.close();
    });
    ASSERT_TRUE(write_file_atomically(path, "new"));
    EXPECT_EQ(contents(path), "new");
}

TEST(AtomicFile, TakesNamesForUtf8)
{
    const tests::TemporaryFolder folder;
    const std::string name = "ü, 数 and 😀";
    ASSERT_TRUE(write_file_atomically(folder.path() / name, "x"));
    const auto found = std::filesystem::directory_iterator(folder.path())->path().filename();
    EXPECT_EQ(found.string(), name);
    EXPECT_EQ(found, std::filesystem::path(u8"ü, 数 and 😀"));
}

TEST(AppendFile, IsReadWhileItIsOpen)
{
    const tests::TemporaryFolder folder;
    Result<AppendFile> file = AppendFile::open(folder.path() / "lines");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->append_line("one"));
    const Result<std::string> text = read_file(folder.path() / "lines");
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_EQ(*text, "one\n");
}

TEST(AppendFile, RemovesAnUnterminatedLastLine)
{
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "lines";
    std::ofstream(path, std::ios::binary) << "one\ntwo\nthr";
    {
        Result<AppendFile> file = AppendFile::open(path);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->append_line("three"));
        ASSERT_TRUE(file->sync());
    }
    EXPECT_EQ(contents(path), "one\ntwo\nthree\n");
}

TEST(AppendFile, AFileOfHalfALineBecomesEmpty)
{
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "lines";
    std::ofstream(path) << "torn";
    ASSERT_TRUE(AppendFile::open(path));
    EXPECT_EQ(contents(path), "");
}

TEST(FolderLock, IsHeldByOne)
{
    const tests::TemporaryFolder folder;
    {
        const Result<FolderLock> first = FolderLock::acquire(folder.path());
        ASSERT_TRUE(first);
        const Result<FolderLock> second = FolderLock::acquire(folder.path());
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message, HasSubstr("another process"));
    }
    EXPECT_TRUE(FolderLock::acquire(folder.path()));
}

TEST(MappedFile, MapsAndRefuses)
{
    const tests::TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "abc";
    std::ofstream(folder.path() / "empty").flush();
    Result<MappedFile> file = MappedFile::open(folder.path() / "file");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->text(), "abc");
    const Result<MappedFile> empty = MappedFile::open(folder.path() / "empty");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->bytes().empty());
    const Error absent = MappedFile::open(folder.path() / "absent").error();
    EXPECT_EQ(absent.code, ErrorCode::NotFound);
    EXPECT_THAT(absent.hint, HasSubstr("spelling"));
    EXPECT_THAT(MappedFile::open(folder.path()).error().message, HasSubstr("not a regular file"));
}

TEST(ReadFile, RefusesWhatIsTooLarge)
{
    const tests::TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "12345";
    const Result<std::string> text = read_file(folder.path() / "file", 4);
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().message, HasSubstr("5 bytes, at most 4"));
}

TEST(RenameFolder, PutsAFinishedFolderInPlace)
{
    const tests::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "tmp");
    std::ofstream(folder.path() / "tmp" / "file") << "x";
    ASSERT_TRUE(rename_folder_durably(folder.path() / "tmp", folder.path() / "final"));
    EXPECT_EQ(contents(folder.path() / "final" / "file"), "x");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "tmp"));
}

TEST(Memory, FiguresArePlausible)
{
    const MemoryUse use = process_memory();
    EXPECT_GT(use.resident_bytes, 1 << 20);
    EXPECT_GE(use.peak_resident_bytes, use.resident_bytes);
    EXPECT_GT(total_memory_bytes(), available_memory_bytes());
    EXPECT_GT(free_disk_bytes("."), 0);
}

#ifndef _WIN32
TEST(WriteAll, AFullDiskIsAnErrorWithAHint)
{
    std::FILE* file = std::fopen("/dev/full", "w");
    if (file == nullptr) {
        GTEST_SKIP() << "needs /dev/full";
    }
    const Result<void> written = write_all(fileno(file), "x");
    std::fclose(file);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Io);
    EXPECT_THAT(written.error().message, HasSubstr("bytes free"));
    EXPECT_FALSE(written.error().hint.empty());
}

TEST(MappedFile, AFileThatMayNotBeReadIsNoMatterOfWriting)
{
    const tests::TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "x";
    std::filesystem::permissions(folder.path() / "file", std::filesystem::perms::none);
    const Result<MappedFile> map = MappedFile::open(folder.path() / "file");
    if (map) {
        GTEST_SKIP() << "needs a user that permissions keep out";
    }
    EXPECT_EQ(map.error().code, ErrorCode::Io);
    EXPECT_THAT(map.error().hint, HasSubstr("a file that you may read"));
}

TEST(Memory, WhatIsAvailableRegardsTheProcessesLimit)
{
    if (tests::kSanitizer) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    struct rlimit before = {};
    ASSERT_EQ(::getrlimit(RLIMIT_DATA, &before), 0);
    const std::int64_t unlimited = available_memory_bytes();
    struct rlimit limit = before;
    limit.rlim_cur = 1; // less than is used already
    ASSERT_EQ(::setrlimit(RLIMIT_DATA, &limit), 0);
    const std::int64_t limited = available_memory_bytes();
    ASSERT_EQ(::setrlimit(RLIMIT_DATA, &before), 0);
    EXPECT_GT(unlimited, 0);
    EXPECT_EQ(limited, 0);
}
#endif

class ControlGroup : public testing::Test
{
protected:
    void write(const std::string& file, const std::string& text) const
    {
        const std::filesystem::path path = m_mount.path() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << "\n";
    }

    std::int64_t room(const std::string& memberships) const
    {
        return control_group_room(m_mount.path(), memberships);
    }

    tests::TemporaryFolder m_mount;
};

TEST_F(ControlGroup, TheTightestGroupCountsAndItsFileCacheIsFree)
{
    write("a/memory.max", "1000");
    write("a/memory.current", "400");
    write("a/memory.stat", "anon 100\ninactive_file 200\nactive_file 50\nfile_dirty 7");
    write("a/b/memory.max", "max");
    write("a/b/memory.current", "300");
    EXPECT_EQ(room("0::/a/b\n"), 850);
    write("a/b/memory.max", "900");
    EXPECT_EQ(room("0::/a/b\n"), 600);
    EXPECT_EQ(room("0::/\n"), kNoMemoryLimit);
    EXPECT_EQ(room(""), kNoMemoryLimit);
}

TEST_F(ControlGroup, TheFirstVersionHasItsOwnNames)
{
    write("memory/box/memory.limit_in_bytes", "5000");
    write("memory/box/memory.usage_in_bytes", "3000");
    write("memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 10");
    EXPECT_EQ(room("5:cpu,cpuacct:/\n4:memory:/box\n0::/\n"), 2010);
}

TEST_F(ControlGroup, AContainerSeesItsOwnGroupAtTheTop)
{
    write("memory.max", "700");
    write("memory.current", "100");
    EXPECT_EQ(room("0::/system/container-1\n"), 600);
}

} // namespace
} // namespace engine
