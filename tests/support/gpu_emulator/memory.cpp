// First-fit allocation in a reserved range.
#include "tests/support/gpu_emulator/memory.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

namespace emulator {

namespace {

constexpr std::size_t kCapacityBytes = std::size_t{4} << 30U;
constexpr std::size_t kAlignment = 256; // as the driver gives
constexpr unsigned char kPoison = 0xff; // NaN in every float type

std::byte* base()
{
    static auto* const memory = static_cast<std::byte*>(::mmap(
        nullptr, kCapacityBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    return memory;
}

// Offset to size, of what is allocated.
std::map<std::size_t, std::size_t>& blocks()
{
    static std::map<std::size_t, std::size_t> map;
    return map;
}

std::uint64_t g_allocations = 0;
std::size_t g_touched = 0; // bytes from the base that were ever handed out

// A protection key costs no system call; where the processor has none, pages are protected.
int key()
{
    static const int number = [] {
        const int made = ::pkey_alloc(0, PKEY_DISABLE_ACCESS);
        if (made >= 0) {
            ::pkey_mprotect(base(), kCapacityBytes, PROT_READ | PROT_WRITE, made);
        }
        return made;
    }();
    return number;
}

void set_access(bool allowed)
{
    if (key() >= 0) {
        ::pkey_set(key(), allowed ? 0 : PKEY_DISABLE_ACCESS);
    } else if (g_touched > 0) {
        ::mprotect(base(), g_touched, allowed ? PROT_READ | PROT_WRITE : PROT_NONE);
    }
}

std::size_t bytes_from(const char* variable, std::size_t otherwise)
{
    const char* mib = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): nothing sets it here
    return mib == nullptr ? otherwise : std::strtoull(mib, nullptr, 10) << 20U;
}

std::size_t offset_of(unsigned long long address)
{
    return address - reinterpret_cast<unsigned long long>(base());
}

} // namespace

std::size_t capacity_bytes()
{
    return bytes_from("LOWRANK_EMULATED_MIB", kCapacityBytes);
}

std::size_t free_bytes()
{
    std::size_t used = 0;
    for (const auto& [offset, size] : blocks()) {
        used += size;
    }
    return capacity_bytes() - used;
}

unsigned long long allocate(std::size_t bytes)
{
    const std::size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    std::size_t offset = 0;
    for (const auto& [begin, taken] : blocks()) {
        if (begin - offset >= size) {
            break;
        }
        offset = begin + taken;
    }
    if (size + bytes_from("LOWRANK_EMULATED_TAKEN_MIB", 0) > free_bytes()
        || offset + size > kCapacityBytes) {
        return 0;
    }
    blocks()[offset] = size;
    ++g_allocations;
    g_touched = std::max(g_touched, offset + size);
    const DeviceAccess access;
    std::memset(base() + offset, kPoison, size);
    return reinterpret_cast<unsigned long long>(base()) + offset;
}

std::uint64_t allocations()
{
    return g_allocations;
}

bool deallocate(unsigned long long address)
{
    return blocks().erase(offset_of(address)) == 1;
}

bool is_allocated(unsigned long long address, std::size_t bytes)
{
    const std::size_t offset = offset_of(address);
    auto next = blocks().upper_bound(offset);
    if (next == blocks().begin()) {
        return false;
    }
    --next;
    return offset + bytes <= next->first + next->second;
}

DeviceAccess::DeviceAccess()
{
    set_access(true);
}

DeviceAccess::~DeviceAccess()
{
    set_access(false);
}

} // namespace emulator
