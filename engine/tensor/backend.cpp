// The list of devices and the choice of a backend.
#include "engine/tensor/backend.h"

#include "engine/core/platform.h"
#include "engine/cuda/gpu_list.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/cuda_backend.h"

namespace engine {

namespace {

// What the machine code of CUDA 13 can be made for.
constexpr int kOldestCapability = 75; // 10 * major + minor

// "13.1.0".
std::string cublas_text(std::size_t version)
{
    return concat(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

// "9.19.0", or why there is none.
std::string cudnn_text()
{
    const std::string library = cuda::wanted_cudnn_library();
    if (library.empty()) {
        return "off";
    }
    const Result<cuda::CudnnLibrary> cudnn = cuda::CudnnLibrary::open(library);
    if (!cudnn) {
        return cudnn.error().code == ErrorCode::NotFound ? "not installed" : cudnn.error().message;
    }
    return cuda::cudnn_version_text(cudnn->version());
}

DeviceInfo describe(const cuda::Gpu& gpu, int index, int driver_version)
{
    // Opening them takes a moment and memory, so only a computer with a GPU pays, once.
    static const Result<std::size_t> cublas = cuda::cublas_lt_version();
    static const std::string cudnn = cudnn_text();
    const std::string capability = concat(gpu.major, ".", gpu.minor);
    DeviceInfo info;
    info.device = {DeviceType::Cuda, index};
    info.name = gpu.name;
    info.memory_bytes = gpu.memory_bytes;
    info.usable = false;
    if (!gpu.problem.empty()) {
        info.reason = gpu.problem;
    } else if (10 * gpu.major + gpu.minor < kOldestCapability) {
        info.reason = concat("its compute capability is ", capability, ", wanted 7.5 or later");
    } else if (cuda::gpu_code().empty()) {
        info.reason = "this build has no code for GPUs";
    } else if (!cublas) {
        info.reason = concat(cublas.error().message, "; ", cublas.error().hint);
    } else {
        info.usable = true;
    }
    info.properties = {{"compute_capability", capability},
                       {"multiprocessors", std::to_string(gpu.multiprocessors)},
                       {"driver", cuda::version_text(driver_version)}};
    if (cublas) {
        info.properties.emplace_back("cublas", cublas_text(*cublas));
    }
    info.properties.emplace_back("cudnn", cudnn);
    return info;
}

} // namespace

std::vector<DeviceInfo> list_devices()
{
    DeviceInfo cpu;
    cpu.name = processor_name();
    cpu.memory_bytes = total_memory_bytes();
    cpu.free_memory_bytes = available_memory_bytes();
    cpu.properties.emplace_back("cores", std::to_string(processor_cores()));
    std::vector<DeviceInfo> devices = {cpu};
    const cuda::GpuList& list = cuda::gpus_here();
    for (const cuda::Gpu& gpu : list.gpus) {
        devices.push_back(describe(gpu, static_cast<int>(devices.size()) - 1, list.driver_version));
    }
    return devices;
}

Result<Device> find_device(const std::string& name)
{
    if (name == "auto" || name == "cpu") {
        return Device{}; // without waking the GPU's libraries
    }
    const std::string wanted = name == "cuda" ? "cuda:0" : name;
    std::string here;
    std::string reason;
    for (const DeviceInfo& info : list_devices()) {
        const std::string found = to_string(info.device);
        const bool asked = wanted == found;
        if (asked && info.usable) {
            return info.device;
        }
        if (asked) {
            reason = concat(" (", info.name, ": ", info.reason, ")");
        }
        if (info.usable) {
            here += (here.empty() ? "" : ", ") + found;
        }
    }
    return Error{ErrorCode::Unsupported,
                 concat("device: ", name, " is not usable here", reason, ", usable: ", here)};
}

Result<std::unique_ptr<Backend>> make_backend(Device device, const BackendOptions& options)
{
    if (device.type == DeviceType::Cpu) {
        return std::unique_ptr<Backend>(std::make_unique<CpuBackend>(options.threads));
    }
    CudaOptions cuda;
    cuda.tf32 = options.tf32;
    Result<std::unique_ptr<CudaBackend>> backend = CudaBackend::open(device.index, cuda);
    if (!backend) {
        return backend.error();
    }
    return std::unique_ptr<Backend>(std::move(*backend));
}

} // namespace engine
