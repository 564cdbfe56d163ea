// "auto": a GPU that was seen to compute right, or the CPU.
#include "engine/model/device_choice.h"

#include <map>
#include <mutex>

#include "engine/core/parallel_for.h"
#include "engine/cuda/gpu_list.h"
#include "engine/model/device_check.h"

namespace engine {

namespace {

std::string sentence_of(const Error& error)
{
    return error.hint.empty() ? error.message : concat(error.message, "; ", error.hint);
}

// Empty when the device computes right; asked once for each in the life of the program.
std::string problem_of(Backend& backend)
{
    static std::mutex mutex;
    static std::map<int, std::string> known;
    const std::lock_guard lock(mutex);
    const auto found = known.find(backend.device().index);
    if (found != known.end()) {
        return found->second;
    }
    std::string problem;
    try {
        problem = difference_from_cpu(backend).value_or("");
    } catch (const EngineError& error) {
        problem = sentence_of(error.error());
        if (error.error().code == ErrorCode::OutOfDeviceMemory) {
            return problem; // another time there may be enough
        }
    }
    return known[backend.device().index] = problem;
}

ChosenDevice choose_automatically(const BackendOptions& options)
{
    std::string why = cuda::gpus_here().note; // a sentence
    for (const DeviceInfo& info : list_devices()) {
        if (info.device.type == DeviceType::Cpu) {
            continue;
        }
        std::string problem = info.reason;
        if (info.usable) {
            Result<std::unique_ptr<Backend>> backend = make_backend(info.device, options);
            problem = backend ? problem_of(**backend) : sentence_of(backend.error());
            if (problem.empty()) {
                return {std::move(*backend),
                        concat(to_string(info.device), ", ", info.name, ", computes."),
                        true};
            }
        }
        why += concat(
            why.empty() ? "" : " ", to_string(info.device), ", ", info.name, ": ", problem, ".");
    }
    return {value_or_throw(make_backend({}, options)),
            why + " The CPU computes.",
            !cuda::gpus_here().gpus.empty()};
}

} // namespace

Result<ChosenDevice> choose_device(const std::string& name, const BackendOptions& options)
{
    set_num_threads(options.threads); // of the host's work, whatever computes
    if (name == "auto") {
        return choose_automatically(options);
    }
    const Result<Device> device = find_device(name);
    if (!device) {
        return device.error();
    }
    Result<std::unique_ptr<Backend>> backend = make_backend(*device, options);
    if (!backend) {
        return backend.error();
    }
    return ChosenDevice{std::move(*backend), ""};
}

} // namespace engine
