// The engine's attention graphs before the real cuDNN, for GPUs that are only described: it has an
// engine for each that the engine counts on, and its workspace is what the formula says.
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "engine/cuda/cudnn_plan.h"
#include "engine/ops/cuda/attention_pieces.h"
#include "tests/support/test_data.h"

namespace engine::cuda {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

struct Batch
{
    std::int64_t sequences;
    std::int64_t longest;
};

constexpr std::array kBatches = {
    Batch{6, 384}, Batch{1, 192}, Batch{256, 64}, Batch{4096, 64}, Batch{2, 8192}};

class CudnnGraphs : public testing::Test
{
protected:
    void SetUp() override
    {
        // cuDNN asks for a driver before it says what it could compile; a toolkit has one's shell.
        if (!SharedLibrary::open(nvidia_driver_library()) && !SharedLibrary::open(CUDA_STUB)) {
            GTEST_SKIP() << "no driver, nor a toolkit's stub of one";
        }
        Result<CudnnLibrary> library = CudnnLibrary::open();
        if (!library) {
            GTEST_SKIP() << library.error().message;
        }
        m_library = std::make_unique<CudnnLibrary>(*library);
        m_devices = value_or_throw(read_json_file(tests::test_data() / "cudnn" / "devices.json"));
    }

    // Every way that cuDNN has, or the reason why there is none.
    [[nodiscard]] Result<std::vector<std::int64_t>>
    workspaces(const Json& device, const SdpaShape& shape, SdpaDirection direction) const
    {
        Json described = m_devices["all"];
        described.update(device);
        const std::string text = described.dump();
        CudnnDescriptor properties(*m_library, CudnnKind::DeviceProperties);
        properties.set(CudnnAttribute::DeviceJson, CudnnType::Char, text.data(), text.size());
        properties.finalize();
        const CudnnTarget target = {.capability = capability(device), .properties = &properties};
        try {
            const SdpaWays ways(*m_library, shape, direction, target);
            std::vector<std::int64_t> bytes;
            for (const CudnnConfig& config : ways.configs()) {
                bytes.push_back(config.workspace_bytes);
            }
            return bytes;
        } catch (const EngineError& error) {
            return error.error();
        }
    }

    static int capability(const Json& device) { return device["deviceVer"].get<int>() / 10; }

    // Whole heads of a row, and a part of them.
    template <typename Visit>
    void for_each_case(const Visit& visit) const
    {
        for (const Json& device : m_devices["devices"]) {
            for (const Batch& batch : kBatches) {
                for (const std::int64_t head_dim : {64, 96, 128}) {
                    for (const std::int64_t kv_heads : {8, 2}) {
                        for (const std::int64_t parts : {1, 4}) {
                            for (const bool windowed : {false, true}) {
                                visit_traced(visit,
                                             device,
                                             {.sequences = batch.sequences,
                                              .longest = batch.longest,
                                              .num_heads = 8,
                                              .num_kv_heads = kv_heads,
                                              .head_dim = head_dim,
                                              .parts = parts,
                                              .windowed = windowed});
                            }
                        }
                    }
                }
            }
        }
    }

    template <typename Visit>
    static void visit_traced(const Visit& visit, const Json& device, const SdpaShape& shape)
    {
        SCOPED_TRACE(concat(device["deviceName"].get<std::string>(),
                            ", ",
                            shape.sequences,
                            " of ",
                            shape.longest,
                            ", head_dim ",
                            shape.head_dim,
                            ", kv heads ",
                            shape.num_kv_heads,
                            ", parts ",
                            shape.parts,
                            shape.windowed ? ", window" : ""));
        visit(device, shape);
    }

    std::unique_ptr<CudnnLibrary> m_library;
    Json m_devices;
};

TEST_F(CudnnGraphs, ForwardHasAnEngineEverywhere)
{
    for_each_case([&](const Json& device, const SdpaShape& shape) {
        const auto bytes = workspaces(device, shape, SdpaDirection::Forward);
        ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
        EXPECT_THAT(*bytes, Not(SizeIs(0)));
        EXPECT_LE(
            bytes->front(),
            ops::kernels::cudnn_workspace_bytes(capability(device), shape, SdpaDirection::Forward));
    });
}

// Where sums have one order, which packed rows have on 9.0 and 10.0 only.
TEST_F(CudnnGraphs, BackwardHasAnEngineWhereItRepeats)
{
    for_each_case([&](const Json& device, const SdpaShape& shape) {
        const auto bytes = workspaces(device, shape, SdpaDirection::Backward);
        if (capability(device) < 90) {
            ASSERT_FALSE(bytes.has_value());
            EXPECT_THAT(bytes.error().message, HasSubstr("no engine"));
            return;
        }
        ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
        EXPECT_THAT(*bytes, Not(SizeIs(0)));
        const std::int64_t bound =
            ops::kernels::cudnn_workspace_bytes(capability(device), shape, SdpaDirection::Backward);
        EXPECT_LE(bytes->front(), bound);
        // Nor much more than it takes.
        EXPECT_LE(bound, bytes->front() + bytes->front() / 32 + 1024 * shape.sequences + (1 << 15));
    });
}

} // namespace
} // namespace engine::cuda
