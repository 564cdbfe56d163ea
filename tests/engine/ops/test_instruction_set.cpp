// The choice of vector instructions: says which set this program runs, and obeys the cap.
#include <cstdlib>
#include <iostream>

#include "engine/ops/cpu/simd/instruction_set.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/ops/matmul.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::ops::simd::InstructionSet;

class SayInstructionSet : public testing::Environment
{
public:
    void SetUp() override
    {
        std::cout << "instruction set: " << to_string(engine::ops::simd::instruction_set()) << "\n";
    }
};

const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new SayInstructionSet);

TEST(InstructionSet, ObeysTheEnvironmentsCap)
{
    const char* cap = std::getenv("LOWRANK_MAX_ISA");
    const InstructionSet set = engine::ops::simd::instruction_set();
    for (const InstructionSet known : {InstructionSet::Generic,
                                       InstructionSet::Avx2,
                                       InstructionSet::Avx512,
                                       InstructionSet::Avx512Bf16}) {
        if (cap != nullptr && std::string(cap) == to_string(known)) {
            EXPECT_LE(set, known);
            return;
        }
    }
    EXPECT_TRUE(cap == nullptr || *cap == '\0') << "LOWRANK_MAX_ISA is no known instruction set";
}

TEST(InstructionSet, KernelsAreThoseOfTheSet)
{
    const auto* kernels = &engine::ops::simd::vector_kernels();
    const bool generic = kernels == &engine::ops::simd::generic::kVectorKernels;
    EXPECT_EQ(generic, engine::ops::simd::instruction_set() == InstructionSet::Generic);
}

TEST(InstructionSet, RefusesAnUnknownCapAndACapAfterTheFirstOp)
{
    static_cast<void>(engine::ops::simd::instruction_set());
    expect_refusal("instruction set", [] { engine::ops::cap_cpu_instruction_set("avx9"); });
    expect_refusal("instruction set", [] { engine::ops::cap_cpu_instruction_set("generic"); });
}

} // namespace

} // namespace lowrank_test
