// A training step allocates nothing once its shape was seen: operator new is counted.
//
// oneDNN allocates a few small nodes inside every product and frees them again, which is not ours
// to change; the portable kernels take its place here, so that every allocation counted is our own.
#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/ops/matmul.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/tiny_model.h"
#include "tests/support/sanitizer_options.h"

namespace {

std::atomic<std::int64_t> g_allocations = 0; // NOLINT: operator new has no other place to count

void* counted(std::size_t bytes)
{
    ++g_allocations;
    void* memory = std::malloc(bytes == 0 ? 1 : bytes); // NOLINT: this is operator new
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

} // namespace

void* operator new(std::size_t bytes)
{
    return counted(bytes);
}

void* operator new[](std::size_t bytes)
{
    return counted(bytes);
}

void operator delete(void* memory) noexcept
{
    std::free(memory); // NOLINT
}

void operator delete[](void* memory) noexcept
{
    std::free(memory); // NOLINT
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory); // NOLINT
}

void operator delete[](void* memory, std::size_t) noexcept
{
    std::free(memory); // NOLINT
}

namespace {

// Allocations of the third of three equal steps.
std::int64_t allocations_of_a_step(const std::string& name,
                                   engine::DType dtype,
                                   engine::Checkpointing checkpointing,
                                   engine::ops::QuantType base_quant = {})
{
    engine::CpuBackend backend(2);
    const tests::GoldenCase golden(name);
    const engine::BaseModel model =
        golden.load(backend, {.dtype = dtype, .base_quant = base_quant});
    const engine::LoraAdapter adapter = golden.load_adapter(backend, model);
    engine::LoraConfig config = adapter.config();
    const engine::MicroBatch batch = golden.batch();
    engine::TransformerLimits limits = tests::limits_for(batch);
    limits.checkpointing = checkpointing;
    limits.kept_layers = 1;
    engine::Transformer transformer(backend, model, limits, &config);
    engine::LoraGradients gradients(backend, adapter);
    const engine::TrainPass pass = {.adapter = &adapter, .gradients = &gradients};
    (void)transformer.run(batch, pass);
    (void)transformer.run(batch, pass);
    const std::int64_t before = g_allocations;
    (void)transformer.run(batch, pass);
    return g_allocations - before;
}

TEST(Allocations, TheCounterCounts)
{
    const std::int64_t before = g_allocations;
    auto* number = new int(3); // NOLINT
    EXPECT_EQ(g_allocations - before, 1);
    delete number; // NOLINT
}

TEST(Allocations, AStepAllocatesNothing)
{
    engine::ops::cap_cpu_instruction_set("generic");
    using engine::Checkpointing;
    using engine::DType;
    EXPECT_EQ(allocations_of_a_step("llama3", DType::F32, Checkpointing::None), 0);
    EXPECT_EQ(allocations_of_a_step("qwen3", DType::F32, Checkpointing::PerLayer), 0);
    EXPECT_EQ(allocations_of_a_step("qwen2", DType::BF16, Checkpointing::None), 0);
    using engine::ops::QuantType;
    EXPECT_EQ(allocations_of_a_step("llama3", DType::F32, Checkpointing::PerLayer, QuantType::Nf4),
              0);
    EXPECT_EQ(allocations_of_a_step("qwen3", DType::BF16, Checkpointing::None, QuantType::Int8), 0);
}

} // namespace
