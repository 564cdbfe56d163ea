// lowrank devices: what can compute here.
#include <iostream>
#include <map>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cuda/gpu_list.h"
#include "engine/worker/answers.h"

namespace cli {

namespace {

// A property as a person calls it.
std::string words(const std::string& property)
{
    static const std::map<std::string, std::string> names = {
        {"compute_capability", "compute capability"}, {"cublas", "cuBLAS"}, {"cudnn", "cuDNN"}};
    const auto found = names.find(property);
    return found == names.end() ? property : found->second;
}

} // namespace

int run(const DevicesArguments& arguments)
{
    const std::vector<engine::DeviceInfo> devices = engine::list_devices();
    if (arguments.json) {
        print_json(engine::devices_answer(devices));
        return 0;
    }
    for (const engine::DeviceInfo& device : devices) {
        std::cout << engine::to_string(device.device) << "  " << device.name << "  "
                  << bytes_text(device.memory_bytes) << "  "
                  << (device.usable ? "usable" : "not used: " + device.reason);
        for (const auto& [name, value] : device.properties) {
            std::cout << "; " << words(name) << " " << value;
        }
        std::cout << "\n";
    }
    if (const std::string& note = engine::cuda::gpus_here().note; !note.empty()) {
        std::cout << note << "\n";
    }
    return 0;
}

} // namespace cli
