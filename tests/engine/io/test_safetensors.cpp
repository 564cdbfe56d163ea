// One safetensors file: every rule of the format, and what the writer makes.
#include <array>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "engine/io/safetensors.h"
#include "tests/engine/io/safetensors_bytes.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using tests::as_bytes;
using tests::safetensors_bytes;

constexpr const char* kOneTensor = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST(Safetensors, ReadsNamesShapesBytesAndMetadata)
{
    const std::string bytes = safetensors_bytes(
        R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},)"
        R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )",
        "01234567abcd");
    const Result<SafetensorsFile> file = SafetensorsFile::parse(as_bytes(bytes), "x");
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_EQ(file->entries().size(), 2U);
    EXPECT_EQ(file->entries()[0].name, "a"); // file order, not the header's
    EXPECT_EQ(file->entries()[1].name, "b");
    const SafetensorsEntry* b = file->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->dtype, "BF16");
    EXPECT_EQ(b->shape, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(b->numel(), 2);
    EXPECT_EQ(std::memcmp(b->bytes.data(), "abcd", 4), 0);
    EXPECT_EQ(file->metadata().at("format"), "pt");
    EXPECT_EQ(file->find("c"), nullptr);
}

TEST(Safetensors, ScalarsEmptyTensorsAndEmptyFilesAreLegal)
{
    const std::string scalar =
        safetensors_bytes(R"({"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})", "01234567");
    ASSERT_TRUE(SafetensorsFile::parse(as_bytes(scalar), "x"));
    const std::string empty =
        safetensors_bytes(R"({"e":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},)"
                          R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                          "z");
    const Result<SafetensorsFile> file = SafetensorsFile::parse(as_bytes(empty), "x");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->find("e")->numel(), 0);
    for (const char* header : {"{}", R"({"__metadata__":null})", R"({"__metadata__":{}})"}) {
        const std::string none = safetensors_bytes(header);
        EXPECT_TRUE(SafetensorsFile::parse(as_bytes(none), "x")) << header;
    }
}

TEST(Safetensors, SubByteTypesNeedWholeBytes)
{
    const std::string even =
        safetensors_bytes(R"({"f":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", "zz");
    EXPECT_TRUE(SafetensorsFile::parse(as_bytes(even), "x"));
    const std::string odd =
        safetensors_bytes(R"({"f":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", "zz");
    EXPECT_FALSE(SafetensorsFile::parse(as_bytes(odd), "x"));
    EXPECT_EQ(safetensors_dtype_size("F4"), 0U);
    EXPECT_EQ(safetensors_dtype_size("F32"), 4U);
    EXPECT_EQ(safetensors_dtype_size("C64"), 8U);
    EXPECT_EQ(safetensors_dtype_size("nonsense"), 0U);
}

struct BadFile
{
    const char* name;
    std::string bytes;
    const char* expected; // part of the message
};

class SafetensorsRefusal : public ::testing::TestWithParam<BadFile>
{};

TEST_P(SafetensorsRefusal, NamesTheFact)
{
    const Result<SafetensorsFile> file =
        SafetensorsFile::parse(as_bytes(GetParam().bytes), "weights.safetensors");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::Format);
    EXPECT_THAT(file.error().message, HasSubstr(GetParam().expected));
    EXPECT_THAT(file.error().message, HasSubstr("weights.safetensors: "));
}

std::string with_entry(std::string_view entry, std::string_view data = "01234567")
{
    return safetensors_bytes("{\"a\":" + std::string(entry) + "}", data);
}

INSTANTIATE_TEST_SUITE_P(
    Format,
    SafetensorsRefusal,
    ::testing::Values(
        BadFile{"Empty", "", "0 bytes, a safetensors file has at least 8"},
        BadFile{"SevenBytes", "1234567", "7 bytes"},
        BadFile{"HugeHeader", safetensors_bytes("{}", "", 100'000'001), "at most 100000000"},
        BadFile{"OverflowingHeader", safetensors_bytes("{}", "", UINT64_MAX), "at most 100000000"},
        BadFile{"HeaderBeyondTheFile",
                safetensors_bytes("{}", "", 3),
                "states 3 bytes, the file has 2"},
        BadFile{"NotUtf8", safetensors_bytes("{\"\xC3\x28\":1}"), "not UTF-8"},
        BadFile{"SurrogateUtf8", safetensors_bytes("{\"\xED\xA0\x80\":1}"), "not UTF-8"},
        BadFile{"OverlongUtf8", safetensors_bytes("{\"\xC0\xAF\":1}"), "not UTF-8"},
        BadFile{"NotAnObject", safetensors_bytes("[]"), "does not begin with {"},
        BadFile{"LeadingSpace", safetensors_bytes(" {}"), "does not begin with {"},
        BadFile{"BrokenJson", safetensors_bytes("{\"a\":"), "not valid JSON"},
        BadFile{"TextAfterTheObject", safetensors_bytes("{}x"), "not valid JSON"},
        BadFile{"TensorIsANumber", with_entry("5"), "wanted an object"},
        BadFile{"UnknownDtype",
                with_entry(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"),
                "dtype \"F31\" is not one"},
        BadFile{"DtypeIsANumber",
                with_entry(R"({"dtype":7,"shape":[2],"data_offsets":[0,8]})"),
                "dtype is the number 7"},
        BadFile{"NegativeSize",
                with_entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"),
                "the number -2"},
        BadFile{"FractionalSize",
                with_entry(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"),
                "the number 2.0"},
        BadFile{"ThreeOffsets",
                with_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,9]})"),
                "3 data_offsets, wanted 2"},
        BadFile{"NestedShape",
                with_entry(R"({"dtype":"F32","shape":[[2]],"data_offsets":[0,8]})"),
                "an array"},
        BadFile{"NoShape", with_entry(R"({"dtype":"F32","data_offsets":[0,8]})"), "no shape"},
        BadFile{"UnknownField",
                with_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":[1]})"),
                "unknown field \"x\""},
        BadFile{"FieldTwice",
                with_entry(R"({"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})"),
                "duplicate key \"dtype\""},
        BadFile{"NameTwice",
                safetensors_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                  R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                                  "zz"),
                "duplicate tensor name \"a\""},
        BadFile{"MetadataIsANumber",
                safetensors_bytes(R"({"__metadata__":{"format":1}})"),
                "wanted a string"},
        BadFile{"FirstBeginIsNotZero",
                with_entry(R"({"dtype":"U8","shape":[7],"data_offsets":[1,8]})"),
                "wanted to begin at 0"},
        BadFile{"EndBeforeBegin",
                safetensors_bytes(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                                  R"("b":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}})",
                                  "z"),
                "wanted to begin at 0"},
        BadFile{"Gap",
                safetensors_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                  R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                                  "zzz"),
                "tensor \"b\": data_offsets [2, 3], wanted to begin at 1"},
        BadFile{"Overlap",
                safetensors_bytes(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                                  "zzz"),
                "wanted to begin at 2"},
        BadFile{"SizeDisagrees",
                with_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
                "hold 8 bytes, its shape and dtype need 12"},
        BadFile{
            "ShapeOverflows",
            with_entry(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
            "no whole number of bytes"},
        BadFile{"BitsOverflow",
                with_entry(R"({"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,8]})"),
                "no whole number of bytes"},
        BadFile{"SizeAboveInt64",
                with_entry(R"({"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]})"),
                "at most 2^63 - 1"},
        BadFile{"Truncated", safetensors_bytes(kOneTensor, "0123"), "it is cut short"},
        BadFile{"TrailingBytes", safetensors_bytes(kOneTensor, "0123456789"), "left over"},
        BadFile{"LfsPointer",
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n",
                "Git LFS pointer"},
        BadFile{"ZipPickle", "PK\x03\x04 and so on, long enough", "pickle (zip)"},
        BadFile{"LegacyPickle", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 pickle", "a PyTorch pickle"},
        BadFile{"Gguf", "GGUF\x03 and so on", "a GGUF file"},
        BadFile{"WebPage", "<!DOCTYPE html><html></html>", "an HTML page"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Safetensors, DeepNestingEndsEarly)
{
    const std::string deep = "{\"a\":" + std::string(1'000'000, '[');
    EXPECT_FALSE(SafetensorsFile::parse(as_bytes(safetensors_bytes(deep)), "x"));
}

TEST(Safetensors, AHeaderOfManyNamesIsLinear)
{
    std::string header = "{";
    constexpr int kTensors = 100'000;
    for (int i = 0; i < kTensors; ++i) {
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i)
                  + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    }
    header += "}";
    const std::string bytes = safetensors_bytes(header);
    const Result<SafetensorsFile> file = SafetensorsFile::parse(as_bytes(bytes), "x");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->entries().size(), static_cast<std::size_t>(kTensors));
}

SafetensorsSource
source(std::string name, std::string dtype, std::vector<std::int64_t> shape, std::string data)
{
    return {std::move(name),
            std::move(dtype),
            std::move(shape),
            [data](const auto& sink) -> Result<void> {
                // In two pieces, as a streamed tensor comes.
                const auto bytes = std::as_bytes(std::span(data.data(), data.size()));
                const std::size_t half = bytes.size() / 2;
                if (Result<void> first = sink(bytes.first(half)); !first) {
                    return first;
                }
                return sink(bytes.subspan(half));
            }};
}

std::string read_all(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SafetensorsWriter, WritesTheReferencesBytes)
{
    const tests::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "x.safetensors";
    ASSERT_TRUE(write_safetensors(path,
                                  {source("b", "BF16", {1}, "B2"),
                                   source("z", "F32", {1}, "Z234"),
                                   source("a", "F32", {1}, "A234"),
                                   source("i", "I64", {1}, "I2345678")}));
    // By dtype from the widest, then by name; N a multiple of 8.
    const std::string header =
        R"({"__metadata__":{"format":"pt"},"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
        R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
        R"("z":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},)"
        R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[16,18]}})";
    std::string padded = header;
    while (padded.size() % 8 != 0) {
        padded += ' ';
    }
    EXPECT_EQ(read_all(path), safetensors_bytes(padded, "I2345678A234Z234B2"));
}

TEST(SafetensorsWriter, RoundTripsNamesThatNeedEscapes)
{
    const tests::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "x.safetensors";
    const std::string name = "quote\" back\\slash \xC3\xA9\n";
    ASSERT_TRUE(write_safetensors(path, {source(name, "U8", {3}, "abc")}, {{"k", "v\"w"}}));
    const Result<SafetensorsFile> file = SafetensorsFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_NE(file->find(name), nullptr);
    EXPECT_EQ(file->metadata().at("k"), "v\"w");
}

TEST(SafetensorsWriter, RefusesWhatItCannotWriteAndLeavesNothing)
{
    const tests::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "x.safetensors";
    const std::vector<std::vector<SafetensorsSource>> bad = {
        {source("a", "U8", {1}, "x"), source("a", "F32", {1}, "1234")},
        {source("a", "U8", {2}, "x")},
        {source("a", "U8", {1}, "xy")},
        {source("a", "U9", {1}, "x")},
        {source("a", "U8", {-1}, "")},
        {source("", "U8", {1}, "x")},
        {source("__metadata__", "U8", {1}, "x")},
        {source("\xFF", "U8", {1}, "x")},
    };
    for (const auto& tensors : bad) {
        const Result<void> written = write_safetensors(path, tensors);
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, ErrorCode::InvalidArgument) << written.error().message;
        EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    }
}

TEST(SafetensorsWriter, ASourcesErrorKeepsTheOldFile)
{
    const tests::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "x.safetensors";
    ASSERT_TRUE(write_safetensors(path, {source("a", "U8", {1}, "x")}));
    const std::string before = read_all(path);
    SafetensorsSource failing = source("a", "U8", {1}, "y");
    failing.write = [](const auto&) -> Result<void> {
        return Error{ErrorCode::Cancelled, "stopped"};
    };
    const Result<void> written = write_safetensors(path, {failing});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(read_all(path), before);
}

TEST(Safetensors, EveryConformanceFileGivesAnAnswer)
{
    LOWRANK_REQUIRE_SHARED(shared);
    int read = 0;
    for (const auto& item : std::filesystem::recursive_directory_iterator(shared / "conformance")) {
        if (item.path().extension() != ".safetensors") {
            continue;
        }
        const Result<SafetensorsFile> file = SafetensorsFile::open(item.path());
        EXPECT_TRUE(file) << file.error().message;
        read += file ? 1 : 0;
    }
    EXPECT_GE(read, 5);
}

TEST(Safetensors, AMissingFileIsNotFound)
{
    const Result<SafetensorsFile> file = SafetensorsFile::open("/no/such/file.safetensors");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::NotFound);
}

TEST(Safetensors, OnlyFloatsAreEngineTypes)
{
    SafetensorsEntry entry;
    entry.name = "w";
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
        entry.dtype = safetensors_name(dtype);
        const Result<DType> found = to_dtype(entry);
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, dtype);
    }
    entry.dtype = "I8";
    const Result<DType> found = to_dtype(entry);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(found.error().message, HasSubstr("\"w\""));
}

} // namespace
} // namespace engine
