// One compute device: its memory, its copies, and what an op needs to run on it. The CUDA backend
// is a second subclass that is found at run time; everything above ops sees only this interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/build_config.h"
#include "engine/tensor/tensor.h"

namespace engine {

// What a run can use: the GPU's memory, or on the CPU the process's.
struct DeviceMemory
{
    std::int64_t used_bytes = 0;      // by this process now
    std::int64_t peak_bytes = 0;      // the most it used until now
    std::int64_t available_bytes = 0; // what it can still have
};

class Backend
{
public:
    Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    [[nodiscard]] virtual Device device() const = 0;
    [[nodiscard]] virtual Allocator& allocator() = 0;
    [[nodiscard]] virtual DeviceMemory memory() = 0;

    // True when tensors of this device may alias host memory, so that a memory-mapped weight is
    // used in place.
    [[nodiscard]] virtual bool shares_host_memory() const = 0;

    // Whether queued work is done while the host goes on; otherwise it is done when the call that
    // queues it returns.
    [[nodiscard]] virtual bool works_beside_host() const = 0;

    // Ordered with the device's work; `host` may be reused when the call returns.
    virtual void upload(const void* host, TensorView destination) = 0;
    // Waits for the device's work that precedes it.
    virtual void download(ConstTensorView source, void* host) = 0;
    // A download in two parts, one at a time: finish waits for what was queued before the start and
    // for nothing else. `host` has the source's bytes. Only one that is larger than all before it
    // takes memory.
    virtual void start_download(ConstTensorView source) = 0;
    virtual void finish_download(void* host) = 0;
    // Waits until all queued work is done; throws EngineError DeviceLost when the device failed.
    virtual void synchronize() = 0;

    // What is queued from begin to end may be kept and started as a whole where it comes again. The
    // key is the same for work that is likely to be the same; a device that gains nothing does
    // nothing. See RepeatedWork.
    virtual void begin_repeated(std::uint64_t /*key*/) {}

    virtual void end_repeated() {}

    // Instead of end_repeated() after an exception: what is not queued yet never will be.
    virtual void drop_repeated() noexcept {}

    // See WorkAhead. What is queued from begin to end waits for the uploads before it and for what
    // was queued before the last release of the buffer whose number begin returns; nothing else.
    // What is queued after the end waits for it.
    [[nodiscard]] virtual int begin_ahead() { return 0; }

    virtual void end_ahead() {}

    virtual void release_ahead(int /*buffer*/) {}

    // Instead of the rest after an exception.
    virtual void drop_ahead() noexcept {}

    // How many buffers take turns, 1 or 2.
    [[nodiscard]] virtual int buffers_ahead() const { return 1; }

    // Tensors on this device.
    [[nodiscard]] Tensor tensor(DType dtype, Shape shape) { return {allocator(), dtype, shape}; }
};

// Work that may come again just the same, such as a pass over a micro-batch of the same shape.
class RepeatedWork
{
public:
    RepeatedWork(Backend& backend, std::uint64_t key)
        : m_backend(backend)
    {
        backend.begin_repeated(key);
    }

    RepeatedWork(const RepeatedWork&) = delete;
    RepeatedWork& operator=(const RepeatedWork&) = delete;

    ~RepeatedWork()
    {
        if (!m_finished) {
            m_backend.drop_repeated();
        }
    }

    // All of it is said. Throws EngineError.
    void finish()
    {
        m_backend.end_repeated();
        m_finished = true;
    }

private:
    Backend& m_backend;
    bool m_finished = false;
};

struct DeviceInfo
{
    Device device;
    std::string name;
    std::int64_t memory_bytes = 0;
    std::int64_t free_memory_bytes = -1; // -1: not known without opening the device
    bool usable = true;
    std::string reason; // why it is not usable; empty when it is
    std::vector<std::pair<std::string, std::string>>
        properties; // "instructions": "avx2 avx512f ...", ...
};

// Every device seen here, the CPU first; a device that cannot be used says why.
[[nodiscard]] std::vector<DeviceInfo> list_devices();

// What --device names: "cpu", "cuda" (the first GPU), "cuda:N"; "auto" is the CPU here, without
// looking for a GPU, which choose_device() of the model layer does. Errors: Unsupported, with the
// reason.
[[nodiscard]] Result<Device> find_device(const std::string& name);

struct BackendOptions
{
    int threads = 0;   // CPU threads; 0 means one per core
    bool tf32 = false; // a GPU's float32 products may round their inputs to TF32
};

// Errors: Unsupported when this build or machine has no such device.
[[nodiscard]] Result<std::unique_ptr<Backend>> make_backend(Device device,
                                                            const BackendOptions& options = {});

} // namespace engine
