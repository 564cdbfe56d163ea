// Opening a GPU, its memory, and copies to it and from it.
#include "engine/tensor/cuda_backend.h"

#include <array>

#include "engine/core/log.h"
#include "engine/cuda/cuda_check.h"

namespace engine {

using cuda::address_of;
using cuda::check;
using cuda::DeviceAddress;

// Device memory; its pointers mean nothing on the host.
class CudaBackend::Memory final : public Allocator
{
public:
    explicit Memory(CudaBackend& backend)
        : m_backend(backend)
    {}

    [[nodiscard]] Device device() const override { return m_backend.device(); }

private:
    void* allocate_raw(std::size_t bytes) override
    {
        m_backend.make_current();
        const cuda::DriverFunctions& f = m_backend.m_driver.functions();
        DeviceAddress address = 0;
        const std::size_t asked = std::max<std::size_t>(bytes, 1);
        const cuda::Status status = f.cuMemAlloc_v2(&address, asked);
        if (status == cuda::kErrorOutOfMemory) {
            std::size_t free = 0;
            std::size_t total = 0;
            f.cuMemGetInfo_v2(&free, &total);
            throw EngineError(
                {ErrorCode::OutOfDeviceMemory,
                 concat("GPU memory: ",
                        bytes >> 20U,
                        " MiB asked, ",
                        free >> 20U,
                        " of ",
                        total >> 20U,
                        " MiB free"),
                 "use a smaller micro_batch_size or seq_len, or turn grad_checkpointing on"});
        }
        check(m_backend.m_driver, status, "cuMemAlloc");
        return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr): as told
    }

    void deallocate_raw(void* pointer, std::size_t /*bytes*/) noexcept override
    {
        const cuda::DriverFunctions& f = m_backend.m_driver.functions();
        try {
            m_backend.stop_recording(); // what is written down may use it
        } catch (...) {
            m_backend.drop_repeated();
            m_backend.m_untold = std::current_exception();
        }
        f.cuCtxSetCurrent(m_backend.m_context);
        m_backend.wait_for_streams(); // and what is queued
        f.cuMemFree_v2(address_of(pointer));
    }

    CudaBackend& m_backend;
};

CudaBackend::CudaBackend(int index, const cuda::Driver& driver)
    : m_index(index)
    , m_driver(driver)
    , m_memory(std::make_unique<Memory>(*this))
{}

Result<std::unique_ptr<CudaBackend>> CudaBackend::open(int index, const CudaOptions& options)
{
    if (options.code.empty()) {
        return Error{ErrorCode::Unsupported,
                     "this build has no code for GPUs",
                     "build it where nvcc of CUDA 13 is installed"};
    }
    const Result<cuda::Driver> driver = cuda::Driver::open(options.driver);
    if (!driver) {
        return driver.error();
    }
    std::unique_ptr<CudaBackend> backend(new CudaBackend(index, *driver));
    try {
        backend->start(options);
    } catch (const EngineError& error) {
        return error.error();
    }
    return backend;
}

void CudaBackend::start(const CudaOptions& options)
{
    const cuda::DriverFunctions& f = m_driver.functions();
    int count = 0;
    check(m_driver, f.cuDeviceGetCount(&count), "cuDeviceGetCount");
    if (m_index < 0 || m_index >= count) {
        throw EngineError(
            {ErrorCode::Unsupported,
             concat("device ", to_string(device()), ": the driver has ", count, " GPUs"),
             "see lowrank devices"});
    }
    check_opening(f.cuDeviceGet(&m_device, m_index), "cuDeviceGet");
    const auto ask = [&](cuda::Attribute attribute) {
        int value = 0;
        check_opening(f.cuDeviceGetAttribute(&value, attribute, m_device), "cuDeviceGetAttribute");
        return value;
    };
    m_compute_capability = 10 * ask(cuda::Attribute::ComputeCapabilityMajor)
                           + ask(cuda::Attribute::ComputeCapabilityMinor);
    // A waiting thread sleeps, so the window and other programs keep their core; where the wish
    // comes too late it spins.
    f.cuDevicePrimaryCtxSetFlags_v2(m_device, cuda::kContextBlockingSync);
    check_opening(f.cuDevicePrimaryCtxRetain(&m_context, m_device), "cuDevicePrimaryCtxRetain");
    make_current();
    check_opening(f.cuStreamCreate(&m_stream, cuda::kStreamNonBlocking), "cuStreamCreate");
    cuda::ModuleHandle module = nullptr;
    check_opening(f.cuModuleLoadData(&module, options.code.data()), "cuModuleLoadData");
    m_kernels = std::make_unique<cuda::KernelTable>(m_driver, module);
    m_staging = std::make_unique<cuda::Staging>(m_driver);
    m_readback = std::make_unique<cuda::Readback>(m_driver);
    std::array<char, 256> name = {};
    check_opening(f.cuDeviceGetName(name.data(), static_cast<int>(name.size()) - 1, m_device),
                  "cuDeviceGetName");
    m_cublas_lt = value_or_throw(
        cuda::CublasLt::open(m_driver, name.data(), options.cublas_lt, options.algorithms));
    m_tf32 = options.tf32;
    m_graphs = std::make_unique<cuda::GraphCache>(
        m_driver,
        m_stream,
        [this](const cuda::Command& command) { prepare(command); },
        [this](cuda::WorkRecord& work, const cuda::Command& command) { issue(work, command); });
    m_workspace = tensor(DType::I32, {cuda::kLtWorkspaceBytes / sizeof(std::int32_t)});
    m_scratch = tensor(DType::F32, {kReadyScratchBytes / sizeof(float)});
    m_cudnn_library = options.cudnn;
}

// A GPU that cannot be opened is not lost: nothing was computed on it.
void CudaBackend::check_opening(cuda::Status status, const char* call) const
{
    if (status == cuda::kSuccess) {
        return;
    }
    if (status == cuda::kErrorOutOfMemory) {
        check(m_driver, status, call);
    }
    const bool no_code =
        status == cuda::kErrorNoBinaryForGpu || status == cuda::kErrorUnsupportedPtxVersion;
    throw EngineError(
        {ErrorCode::Unsupported,
         concat("device ",
                to_string(device()),
                no_code ? ": this build has no code for it: " : ": it does not open: ",
                call,
                ": ",
                m_driver.error_name(status)),
         "compute on the CPU"});
}

CudaBackend::~CudaBackend()
{
    const cuda::DriverFunctions& f = m_driver.functions();
    if (m_context == nullptr) {
        return;
    }
    f.cuCtxSetCurrent(m_context);
    if (m_stream != nullptr) {
        wait_for_streams();
    }
    m_recording = false;
    m_graphs.reset();
    m_side.reset();
    m_scratch = {};
    m_workspace = {};
    m_cudnn.reset();
    m_cublas_lt.reset();
    m_readback.reset();
    m_staging.reset();
    m_kernels.reset();
    if (m_stream != nullptr) {
        f.cuStreamDestroy_v2(m_stream);
    }
    f.cuDevicePrimaryCtxRelease_v2(m_device);
}

Allocator& CudaBackend::allocator()
{
    return *m_memory;
}

DeviceMemory CudaBackend::memory()
{
    make_current();
    std::size_t free = 0;
    std::size_t total = 0;
    check(m_driver, m_driver.functions().cuMemGetInfo_v2(&free, &total), "cuMemGetInfo");
    return {.used_bytes = m_memory->live_bytes(),
            .peak_bytes = m_memory->peak_bytes(),
            .available_bytes = static_cast<std::int64_t>(free)};
}

// The main stream waits for all of the other one, unless an exception came between.
void CudaBackend::wait_for_streams() const noexcept
{
    const cuda::DriverFunctions& f = m_driver.functions();
    f.cuStreamSynchronize(m_stream);
    if (m_side != nullptr) {
        f.cuStreamSynchronize(m_side->handle());
    }
}

// The driver's calls go to the calling thread's current context.
void CudaBackend::make_current() const
{
    check(m_driver, m_driver.functions().cuCtxSetCurrent(m_context), "cuCtxSetCurrent");
}

void CudaBackend::upload(const void* host, TensorView destination)
{
    stop_recording();
    m_forked = false; // what is queued ahead waits for it
    m_staging->upload(host, address_of(destination.raw()), destination.bytes(), m_stream);
}

void CudaBackend::download(ConstTensorView source, void* host)
{
    stop_recording();
    m_staging->download(address_of(source.raw()), host, source.bytes(), m_stream);
}

void CudaBackend::start_download(ConstTensorView source)
{
    stop_recording();
    m_readback->start(address_of(source.raw()), source.bytes(), m_stream);
}

void CudaBackend::finish_download(void* host)
{
    make_current();
    m_readback->finish(host);
}

void CudaBackend::synchronize()
{
    stop_recording();
    check(m_driver, m_driver.functions().cuStreamSynchronize(m_stream), "cuStreamSynchronize");
}

cuda::CudnnAttention* CudaBackend::cudnn()
{
    make_current();
    if (m_cudnn_library.empty()) {
        return m_cudnn.get();
    }
    std::size_t free = 0;
    std::size_t total = 0;
    check(m_driver, m_driver.functions().cuMemGetInfo_v2(&free, &total), "cuMemGetInfo");
    auto opened = cuda::CudnnAttention::open(std::exchange(m_cudnn_library, ""),
                                             {.capability = m_compute_capability,
                                              .memory_bytes = static_cast<std::int64_t>(total),
                                              .stream = m_stream});
    if (opened) {
        m_cudnn = std::move(*opened);
    } else if (opened.error().code != ErrorCode::NotFound) {
        log(LogLevel::Info,
            concat("GPU attention: ",
                   opened.error().message,
                   "; the engine's own kernels compute it"));
    }
    return m_cudnn.get();
}

void* CudaBackend::scratch(std::size_t bytes)
{
    if (!m_scratch.defined() || m_scratch.view().bytes() < bytes) {
        synchronize(); // what is queued may still use the old one
        m_scratch = {};
        const auto floats = static_cast<std::int64_t>((bytes + sizeof(float) - 1) / sizeof(float));
        m_scratch = tensor(DType::F32, {floats});
    }
    return m_scratch.view().raw();
}

} // namespace engine
