// The CPU as a backend: host memory, the thread team of parallel_for, copies by memcpy.
#pragma once

#include "engine/tensor/backend.h"

namespace engine {

class HostAllocator final : public Allocator
{
public:
    [[nodiscard]] Device device() const override { return {}; }

private:
    void* allocate_raw(std::size_t bytes) override;
    void deallocate_raw(void* pointer, std::size_t bytes) noexcept override;
};

class CpuBackend final : public Backend
{
public:
    explicit CpuBackend(int threads = 0);

    [[nodiscard]] Device device() const override { return {}; }

    [[nodiscard]] Allocator& allocator() override { return m_allocator; }

    [[nodiscard]] bool shares_host_memory() const override { return true; }

    [[nodiscard]] bool works_beside_host() const override { return false; }

    [[nodiscard]] DeviceMemory memory() override;

    void upload(const void* host, TensorView destination) override;
    void download(ConstTensorView source, void* host) override;
    void start_download(ConstTensorView source) override;
    void finish_download(void* host) override;

    void synchronize() override {}

private:
    HostAllocator m_allocator;
    std::vector<std::byte> m_started; // what start_download() was asked for
};

} // namespace engine
