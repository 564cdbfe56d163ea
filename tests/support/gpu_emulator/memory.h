// Device memory: one range of addresses that the host may touch only while the emulated device
// works, so that code which takes a device pointer for a host pointer crashes, as it should.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulator {

// 0 when there is no room: LOWRANK_EMULATED_MIB is the capacity, LOWRANK_EMULATED_TAKEN_MIB what
// another program takes of it after everybody was told that it is free.
[[nodiscard]] unsigned long long allocate(std::size_t bytes);
// False for what was not allocated.
[[nodiscard]] bool deallocate(unsigned long long address);

// How often memory was given.
[[nodiscard]] std::uint64_t allocations();

[[nodiscard]] std::size_t capacity_bytes();
[[nodiscard]] std::size_t free_bytes();

// [address, address + bytes) lies inside one allocation.
[[nodiscard]] bool is_allocated(unsigned long long address, std::size_t bytes);

// The device works while one lives.
class DeviceAccess
{
public:
    DeviceAccess();
    DeviceAccess(const DeviceAccess&) = delete;
    DeviceAccess& operator=(const DeviceAccess&) = delete;
    ~DeviceAccess();
};

} // namespace emulator
