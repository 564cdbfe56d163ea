// Work for the GPU, written down instead of queued.
#pragma once

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "engine/cuda/cublas_lt_plan.h"
#include "engine/cuda/cudnn_plan.h"

namespace engine::cuda {

struct KernelLaunch
{
    FunctionHandle function = nullptr;
    const char* name = nullptr;
    unsigned grid_x = 1;
    unsigned grid_y = 1;
    unsigned block = 1;
    std::size_t args = 0; // where the record has them
    std::size_t args_bytes = 0;
    bool ahead = false; // on the side stream

    friend bool operator==(const KernelLaunch&, const KernelLaunch&) = default;
};

struct ProductCall
{
    LtProduct product;
    LtOperands operands;

    friend bool operator==(const ProductCall&, const ProductCall&) = default;
};

// Attention by cuDNN.
struct CudnnRun
{
    CudnnPlan* plan = nullptr; // CudnnAttention's
    void* workspace = nullptr;
    std::size_t bindings = 0; // where the record has them
    std::size_t count = 0;    // of bindings

    friend bool operator==(const CudnnRun&, const CudnnRun&) = default;
};

struct ZeroFill
{
    DeviceAddress to = 0;
    std::size_t bytes = 0;

    friend bool operator==(const ZeroFill&, const ZeroFill&) = default;
};

struct DeviceCopy
{
    DeviceAddress to = 0;
    DeviceAddress from = 0;
    std::size_t bytes = 0;

    friend bool operator==(const DeviceCopy&, const DeviceCopy&) = default;
};

// Where work on the side stream begins and ends (side_stream.h).
struct SideMark
{
    enum class Kind {
        Begin,  // what the side is given next waits for the buffer's release
        End,    // what main is given next waits for what the side was given until now
        Release // what main was given until now were the buffer's last readers
    };

    Kind kind = Kind::Begin;
    int buffer = 0; // of Begin and Release

    friend bool operator==(const SideMark&, const SideMark&) = default;
};

using Command = std::variant<KernelLaunch, ProductCall, CudnnRun, ZeroFill, DeviceCopy, SideMark>;

// Commands in order. Two records are equal when the device would do the same.
class WorkRecord
{
public:
    void add(Command command) { m_commands.push_back(command); }

    // `launch.args` is set here.
    void add_kernel(KernelLaunch launch, const void* args, std::size_t bytes)
    {
        launch.args = m_args.size();
        launch.args_bytes = bytes;
        const auto* first = static_cast<const std::byte*>(args);
        m_args.insert(m_args.end(), first, first + bytes);
        m_commands.emplace_back(launch);
    }

    // `run.bindings` and `run.count` are set here.
    void add_cudnn(CudnnRun run, std::span<const SdpaBinding> bindings)
    {
        run.bindings = m_bindings.size();
        run.count = bindings.size();
        m_bindings.insert(m_bindings.end(), bindings.begin(), bindings.end());
        m_commands.emplace_back(run);
    }

    [[nodiscard]] const std::vector<Command>& commands() const { return m_commands; }

    [[nodiscard]] std::byte* args_of(const KernelLaunch& launch) { return &m_args[launch.args]; }

    [[nodiscard]] std::span<const SdpaBinding> bindings_of(const CudnnRun& run) const
    {
        return std::span(m_bindings).subspan(run.bindings, run.count);
    }

    [[nodiscard]] bool empty() const { return m_commands.empty(); }

    // Keeps the memory.
    void clear()
    {
        m_commands.clear();
        m_args.clear();
        m_bindings.clear();
    }

    friend bool operator==(const WorkRecord&, const WorkRecord&) = default;

private:
    std::vector<Command> m_commands;
    std::vector<std::byte> m_args;
    std::vector<SdpaBinding> m_bindings;
};

} // namespace engine::cuda
