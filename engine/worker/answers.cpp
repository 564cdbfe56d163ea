// The shapes of answers.h built from the engine's values.
#include "engine/worker/answers.h"

#include "engine/core/build_config.h"
#include "engine/train/train_event.h"
#include "engine/worker/protocol.h"

namespace engine {

namespace {

Json device_list(const std::vector<DeviceInfo>& devices)
{
    Json list = Json::array();
    for (const DeviceInfo& device : devices) {
        list.push_back(to_json(device));
    }
    return list;
}

} // namespace

Json to_json(const DeviceInfo& device)
{
    Json properties = Json::object();
    for (const auto& [name, value] : device.properties) {
        properties[name] = value;
    }
    return {{"device", to_string(device.device)},
            {"name", device.name},
            {"memory_bytes", device.memory_bytes},
            {"free_memory_bytes", device.free_memory_bytes},
            {"usable", device.usable},
            {"reason", device.reason},
            {"properties", std::move(properties)}};
}

Json hello_answer(const std::vector<DeviceInfo>& devices)
{
    return {{"event", "hello"},
            {"protocol", kProtocolVersion},
            {"version", kVersion},
            {"devices", device_list(devices)}};
}

Json devices_answer(const std::vector<DeviceInfo>& devices)
{
    return {{"event", "devices"}, {"devices", device_list(devices)}};
}

Json done_answer(std::string_view command)
{
    return {{"event", "done"}, {"command", command}};
}

Json failed_answer(const Error& error)
{
    return to_json(TrainEvent(FailedEvent{error}));
}

Json state_answer(std::string_view state, double fraction)
{
    return to_json(TrainEvent(StateEvent{std::string(state), fraction}));
}

} // namespace engine
