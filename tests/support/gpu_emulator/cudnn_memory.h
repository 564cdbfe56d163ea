// A tensor of the emulated cuDNN in device memory: where its elements lie, ragged or not.
#pragma once

#include "tests/support/gpu_emulator/cudnn_object.h"

namespace emulator {

// What a run names: device memory, and numbers of the host as they are when it is queued.
struct CudnnBindings
{
    std::map<std::int64_t, std::byte*> memory;
    std::map<std::int64_t, float> scalars;
};

using Sizes = CudnnTensor::Sizes;
using Values = std::vector<float>;

// Every element in turn with its number in a dense tensor.
template <typename Visit>
void for_each_place(const Sizes& sizes, const Visit& visit)
{
    Sizes at = {};
    std::size_t number = 0;
    for (at[0] = 0; at[0] < sizes[0]; ++at[0]) {
        for (at[1] = 0; at[1] < sizes[1]; ++at[1]) {
            for (at[2] = 0; at[2] < sizes[2]; ++at[2]) {
                for (at[3] = 0; at[3] < sizes[3]; ++at[3]) {
                    visit(at, number++);
                }
            }
        }
    }
}

// The number of an element.
inline std::size_t place_in(const Sizes& sizes, const Sizes& at)
{
    return static_cast<std::size_t>(((at[0] * sizes[1] + at[1]) * sizes[2] + at[2]) * sizes[3]
                                    + at[3]);
}

// By the strides alone.
[[nodiscard]] std::int64_t offset_of(const CudnnTensor& tensor, const Sizes& at);

class CudnnMemory
{
public:
    CudnnMemory(const CudnnTensor& tensor, const CudnnBindings& bindings);

    // False when the memory is not there. Rows that a batch does not have are read as zero and not
    // written; what is written as bf16 is multiplied by `factor`.
    [[nodiscard]] bool read(Values& values) const;
    [[nodiscard]] bool write(const Values& values, float factor) const;

private:
    // The element's place, or -1 where the batch has no such row.
    [[nodiscard]] std::int64_t place(const Sizes& at) const;

    CudnnTensor m_tensor;
    std::byte* m_data = nullptr;
    // Of ragged ones: where each batch starts, and its rows.
    std::vector<std::int32_t> m_starts;
    std::vector<std::int64_t> m_rows;
    std::size_t m_row_axis = 2;
    bool m_reachable = false;
};

} // namespace emulator
