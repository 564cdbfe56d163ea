// Queueing work on a GPU, or writing it down where the same may come again.
#include <array>

#include "engine/core/overloaded.h"
#include "engine/cuda/cuda_check.h"
#include "engine/tensor/cuda_backend.h"

namespace engine {

using cuda::address_of;
using cuda::check;

namespace {

cuda::LtPlace place_of_products(Tensor& workspace, cuda::StreamHandle stream)
{
    return {.workspace = workspace.view().raw(), .stream = stream};
}

} // namespace

// NVIDIA's libraries do not say whether the device is lost, which waiting for it does.
template <typename Call>
void CudaBackend::name_loss(const Call& call)
{
    try {
        call();
    } catch (const EngineError& error) {
        if (error.error().code == ErrorCode::Internal) {
            check(m_driver,
                  m_driver.functions().cuStreamSynchronize(m_stream),
                  "cuStreamSynchronize");
        }
        throw;
    }
}

void CudaBackend::begin_repeated(std::uint64_t key)
{
    stop_recording();
    m_record.clear(); // what an exception may have left
    m_forked = false; // a capture can wait for nothing that came before it
    m_recorded_key = key;
    m_recording = m_graphs->expects(key);
}

void CudaBackend::end_repeated()
{
    if (!m_recording) {
        return;
    }
    m_recording = false;
    m_forked = false; // nor can anything wait for a part of a graph
    make_current();
    name_loss([&] { m_graphs->queue(m_recorded_key, m_record); });
    m_record.clear();
}

void CudaBackend::drop_repeated() noexcept
{
    drop_ahead();
    m_recording = false;
    m_record.clear();
}

int CudaBackend::begin_ahead()
{
    make_current();
    if (m_side == nullptr) {
        m_side = std::make_unique<cuda::SideStream>(m_driver, m_stream);
    }
    if (!m_forked) {
        m_next_buffer = 0; // a repeated stretch is the same work each time
        for (int buffer = 0; buffer < buffers_ahead(); ++buffer) {
            release_ahead(buffer);
        }
        m_forked = true;
    }
    const int buffer = m_next_buffer;
    queue(cuda::SideMark{.kind = cuda::SideMark::Kind::Begin, .buffer = buffer});
    m_next_buffer = (buffer + 1) % buffers_ahead();
    m_ahead = true;
    return buffer;
}

void CudaBackend::end_ahead()
{
    m_ahead = false;
    queue(cuda::SideMark{.kind = cuda::SideMark::Kind::End});
}

void CudaBackend::release_ahead(int buffer)
{
    queue(cuda::SideMark{.kind = cuda::SideMark::Kind::Release, .buffer = buffer});
}

void CudaBackend::drop_ahead() noexcept
{
    m_ahead = false;
    m_forked = false;
}

int CudaBackend::buffers_ahead() const
{
    return cuda::SideStream::kBuffers;
}

void CudaBackend::stop_recording()
{
    make_current();
    if (m_untold != nullptr) {
        std::rethrow_exception(std::exchange(m_untold, nullptr));
    }
    if (m_recording) {
        m_recording = false;
        try {
            name_loss([&] { m_graphs->issue(m_record); });
        } catch (const EngineError& error) {
            if (error.error().code != ErrorCode::Unsupported) {
                throw;
            }
            // Whoever queues something now must not take it for a refusal of that.
            throw EngineError({ErrorCode::Internal, error.error().message, error.error().hint});
        }
        m_record.clear();
    }
}

void CudaBackend::queue(const cuda::Command& command)
{
    ENGINE_CHECK(!m_ahead, "GPU: only kernels can be queued ahead");
    if (m_recording) {
        m_record.add(command);
        return;
    }
    make_current();
    name_loss([&] { issue(m_record, command); });
}

void CudaBackend::fill_zero(TensorView x)
{
    if (x.bytes() > 0) {
        queue(cuda::ZeroFill{.to = address_of(x.raw()), .bytes = x.bytes()});
    }
}

void CudaBackend::copy_bytes(ConstTensorView source, TensorView destination)
{
    if (source.bytes() > 0) {
        queue(cuda::DeviceCopy{.to = address_of(destination.raw()),
                               .from = address_of(source.raw()),
                               .bytes = source.bytes()});
    }
}

void CudaBackend::multiply(const cuda::LtProduct& product, const cuda::LtOperands& operands)
{
    queue(cuda::ProductCall{.product = product, .operands = operands});
}

void CudaBackend::attend(cuda::CudnnPlan& plan,
                         std::span<const cuda::SdpaBinding> bindings,
                         void* workspace)
{
    ENGINE_CHECK(!m_ahead, "GPU: attention cannot be queued ahead");
    if (m_recording && plan.has_run()) {
        m_record.add_cudnn({.plan = &plan, .workspace = workspace}, bindings);
        return;
    }
    stop_recording();
    m_cudnn->run(plan, bindings, workspace);
}

void CudaBackend::prepare(const cuda::Command& command)
{
    if (const auto* call = std::get_if<cuda::ProductCall>(&command)) {
        m_cublas_lt->prepare(
            call->product, call->operands, place_of_products(m_workspace, m_stream));
    }
}

void CudaBackend::issue(cuda::WorkRecord& work, const cuda::Command& command)
{
    const cuda::DriverFunctions& f = m_driver.functions();
    std::visit(
        Overloaded{
            [&](const cuda::KernelLaunch& launch) { issue_kernel(launch, work.args_of(launch)); },
            [&](const cuda::ProductCall& call) {
                m_cublas_lt->multiply(
                    call.product, call.operands, place_of_products(m_workspace, m_stream));
            },
            [&](const cuda::CudnnRun& run) { issue_cudnn(run, work.bindings_of(run)); },
            [&](const cuda::ZeroFill& fill) {
                check(m_driver,
                      f.cuMemsetD8Async(fill.to, 0, fill.bytes, m_stream),
                      "cuMemsetD8Async");
            },
            [&](const cuda::DeviceCopy& copy) {
                check(m_driver,
                      f.cuMemcpyDtoDAsync_v2(copy.to, copy.from, copy.bytes, m_stream),
                      "cuMemcpyDtoDAsync");
            },
            [&](const cuda::SideMark& mark) { m_side->mark(mark); }},
        command);
}

// What was written down comes too late for the engine's own kernels to take its place.
void CudaBackend::issue_cudnn(const cuda::CudnnRun& run,
                              std::span<const cuda::SdpaBinding> bindings)
{
    try {
        m_cudnn->run(*run.plan, bindings, run.workspace);
    } catch (const EngineError& error) {
        throw EngineError({ErrorCode::Internal,
                           concat("GPU attention: cuDNN ",
                                  cuda::cudnn_version_text(m_cudnn->version()),
                                  ": ",
                                  error.what()),
                           "set LOWRANK_CUDNN=off and continue the run from its last checkpoint"});
    }
}

void CudaBackend::issue_kernel(const cuda::KernelLaunch& launch, void* args)
{
    std::array<void*, 1> parameters = {args};
    check(m_driver,
          m_driver.functions().cuLaunchKernel(launch.function,
                                              launch.grid_x,
                                              launch.grid_y,
                                              1,
                                              launch.block,
                                              1,
                                              1,
                                              0,
                                              launch.ahead ? m_side->handle() : m_stream,
                                              parameters.data(),
                                              nullptr),
          launch.name);
}

void CudaBackend::launch_kernel(
    const char* name, const char* suffix, const LaunchShape& shape, void* args, std::size_t bytes)
{
    if (shape.grid_x == 0 || shape.grid_y == 0) {
        return;
    }
    ENGINE_CHECK(shape.grid_x <= INT32_MAX && shape.grid_y <= UINT16_MAX,
                 name,
                 ": a grid of ",
                 shape.grid_x,
                 " x ",
                 shape.grid_y,
                 " blocks, at most ",
                 INT32_MAX,
                 " x ",
                 UINT16_MAX);
    make_current();
    const cuda::KernelLaunch launch = {.function = m_kernels->find(name, suffix, bytes),
                                       .name = name,
                                       .grid_x = static_cast<unsigned>(shape.grid_x),
                                       .grid_y = static_cast<unsigned>(shape.grid_y),
                                       .block = static_cast<unsigned>(shape.block),
                                       .ahead = m_ahead};
    if (m_recording) {
        m_record.add_kernel(launch, args, bytes);
    } else {
        issue_kernel(launch, args);
    }
}

} // namespace engine
