// lowrank devices: what can compute here.
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cuda/gpu_list.h"
#include "engine/worker/answers.h"

namespace cli {

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
            if (name == "cudnn") {
                std::cout << "; cuDNN " << value;
            }
        }
        std::cout << "\n";
    }
    if (const std::string& note = engine::cuda::gpus_here().note; !note.empty()) {
        std::cout << note << "\n";
    }
    return 0;
}

} // namespace cli
