// One NVIDIA GPU as a backend: its memory, its streams of work, kernels by name, cuBLASLt. Work is
// queued; nothing waits for the GPU but download(), finish_download() and synchronize().
// One file because it is one class.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/cuda/cublas_lt.h"
#include "engine/cuda/cudnn_attention.h"
#include "engine/cuda/driver_api.h"
#include "engine/cuda/graph_cache.h"
#include "engine/cuda/kernel_table.h"
#include "engine/cuda/readback.h"
#include "engine/cuda/side_stream.h"
#include "engine/cuda/staging.h"
#include "engine/tensor/backend.h"
#include "engine/tensor/cuda_options.h"

namespace engine {

struct LaunchShape
{
    std::int64_t grid_x = 1; // below 2^31
    std::int64_t grid_y = 1; // below 2^16
    int block = 256;
};

class CudaBackend final : public Backend
{
public:
    // Errors: those of Driver::open and CublasLt::open; Unsupported when there is no GPU of that
    // number, this build has no GPU code or none for that GPU; OutOfDeviceMemory.
    [[nodiscard]] static Result<std::unique_ptr<CudaBackend>> open(int index,
                                                                   const CudaOptions& options = {});

    ~CudaBackend() override;

    [[nodiscard]] Device device() const override { return {DeviceType::Cuda, m_index}; }

    [[nodiscard]] Allocator& allocator() override;

    // What was allocated here; the driver's own part is in neither number.
    [[nodiscard]] DeviceMemory memory() override;

    [[nodiscard]] bool shares_host_memory() const override { return false; }

    [[nodiscard]] bool works_beside_host() const override { return true; }

    // 10 * major + minor.
    [[nodiscard]] int compute_capability() const { return m_compute_capability; }

    void upload(const void* host, TensorView destination) override;
    void download(ConstTensorView source, void* host) override;
    void start_download(ConstTensorView source) override;
    void finish_download(void* host) override;
    void synchronize() override;

    void begin_repeated(std::uint64_t key) override;
    void end_repeated() override;
    void drop_repeated() noexcept override;

    [[nodiscard]] int begin_ahead() override;
    void end_ahead() override;
    void release_ahead(int buffer) override;
    void drop_ahead() noexcept override;
    [[nodiscard]] int buffers_ahead() const override;

    // Queues `Args::kKernel` + `suffix` (a dtype's name, or nothing), whose only parameter is
    // `args`. An empty grid launches nothing.
    template <typename Args>
    void launch(const char* suffix, const LaunchShape& shape, Args args)
    {
        static_assert(std::is_trivially_copyable_v<Args>);
        launch_kernel(Args::kKernel, suffix, shape, &args, sizeof args);
    }

    // Whether float32 products may round their inputs to TF32.
    [[nodiscard]] bool tf32() const { return m_tf32; }

    // Queues the product of cublas_lt_product.h.
    void multiply(const cuda::LtProduct& product, const cuda::LtOperands& operands);

    // cuDNN on this device and stream, opened when it is first asked for; null where it is not
    // installed, too old or not wanted.
    [[nodiscard]] cuda::CudnnAttention* cudnn();

    // Queues a plan of cudnn()'s; `workspace` has plan.workspace_bytes(). The first run of a plan
    // is queued at once, so that a refusal is known here: EngineError Unsupported.
    void
    attend(cuda::CudnnPlan& plan, std::span<const cuda::SdpaBinding> bindings, void* workspace);

    // Queues a fill with zero bytes, and a copy of all bytes; sizes are equal.
    void fill_zero(TensorView x);
    void copy_bytes(ConstTensorView source, TensorView destination);

    // Device memory of at least `bytes` for one op's use, kept from call to call; the next call
    // may hand out the same memory, in the stream's order. Up to kReadyScratchBytes are there
    // from the opening on; more waits for the GPU once, and moves, so that recorded work is
    // other work.
    static constexpr std::size_t kReadyScratchBytes = std::size_t{2} << 20U;
    [[nodiscard]] void* scratch(std::size_t bytes);

private:
    class Memory;

    CudaBackend(int index, const cuda::Driver& driver);
    void start(const CudaOptions& options);
    void make_current() const;
    void check_opening(cuda::Status status, const char* call) const;
    void launch_kernel(const char* name,
                       const char* suffix,
                       const LaunchShape& shape,
                       void* args,
                       std::size_t bytes);
    void queue(const cuda::Command& command);
    void prepare(const cuda::Command& command);
    void issue(cuda::WorkRecord& work, const cuda::Command& command);
    void issue_kernel(const cuda::KernelLaunch& launch, void* args);
    void issue_cudnn(const cuda::CudnnRun& run, std::span<const cuda::SdpaBinding> bindings);
    template <typename Call>
    void name_loss(const Call& call);
    // Queues what is written down, since something must come after it.
    void stop_recording();
    void wait_for_streams() const noexcept;

    int m_index;
    int m_device = 0;
    int m_compute_capability = 0;
    bool m_tf32 = false;
    cuda::Driver m_driver;
    cuda::ContextHandle m_context = nullptr;
    cuda::StreamHandle m_stream = nullptr;
    std::unique_ptr<Memory> m_memory;
    std::unique_ptr<cuda::Staging> m_staging;
    std::unique_ptr<cuda::Readback> m_readback;
    std::unique_ptr<cuda::CublasLt> m_cublas_lt;
    Tensor m_workspace;          // cuBLASLt's
    std::string m_cudnn_library; // empty once it was tried
    std::unique_ptr<cuda::CudnnAttention> m_cudnn;
    Tensor m_scratch;
    std::unique_ptr<cuda::KernelTable> m_kernels;
    std::unique_ptr<cuda::GraphCache> m_graphs;
    std::uint64_t m_recorded_key = 0;
    bool m_recording = false;
    std::exception_ptr m_untold; // thrown where it could not be told
    cuda::WorkRecord m_record;
    std::unique_ptr<cuda::SideStream> m_side; // from the first begin_ahead() on
    bool m_ahead = false;                     // between begin and end
    bool m_forked = false; // whether the buffers' last releases may be waited for
    int m_next_buffer = 0;
};

} // namespace engine
