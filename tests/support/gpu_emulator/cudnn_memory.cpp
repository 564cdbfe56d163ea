// Finding, reading and writing the elements of tensors.
#include "tests/support/gpu_emulator/cudnn_memory.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/core/dtype.h"
#include "tests/support/gpu_emulator/memory.h"

namespace emulator {

namespace {

float read_element(const std::byte* data, std::int64_t at, CudnnData type)
{
    switch (type) {
    case CudnnData::BF16:
        return engine::to_float(reinterpret_cast<const engine::bfloat16_t*>(data)[at]);
    case CudnnData::I32:
        return static_cast<float>(reinterpret_cast<const std::int32_t*>(data)[at]);
    default:
        return reinterpret_cast<const float*>(data)[at];
    }
}

} // namespace

std::int64_t offset_of(const CudnnTensor& tensor, const Sizes& at)
{
    return std::inner_product(at.begin(), at.end(), tensor.strides.begin(), std::int64_t{0});
}

CudnnMemory::CudnnMemory(const CudnnTensor& tensor, const CudnnBindings& bindings)
    : m_tensor(tensor)
    , m_data(bindings.memory.at(tensor.id))
{
    std::int64_t elements = 1;
    for (std::size_t i = 0; i < 4; ++i) {
        elements += (tensor.sizes[i] - 1) * tensor.strides[i];
    }
    if (tensor.starts != nullptr) {
        const CudnnTensor list(*tensor.starts);
        const std::byte* data = bindings.memory.at(list.id);
        const auto count = static_cast<std::size_t>(list.sizes[0]);
        if (!is_allocated(reinterpret_cast<std::uintptr_t>(data), count * sizeof(std::int32_t))) {
            return;
        }
        m_starts.resize(count);
        std::memcpy(m_starts.data(), data, count * sizeof(std::int32_t));
        m_row_axis = tensor.strides[3] > tensor.strides[2] ? 3 : 2;
        const std::size_t inner_axis = 5 - m_row_axis;
        // To the end of the last row's heads, after which the row may have more.
        elements = m_starts.back() - tensor.strides[m_row_axis] + 1
                   + (tensor.sizes[1] - 1) * tensor.strides[1]
                   + (tensor.sizes[inner_axis] - 1) * tensor.strides[inner_axis];
        for (std::size_t batch = 0; batch + 1 < count; ++batch) {
            m_rows.push_back((m_starts[batch + 1] - m_starts[batch]) / tensor.strides[m_row_axis]);
        }
    }
    m_reachable = is_allocated(
        reinterpret_cast<std::uintptr_t>(m_data),
        static_cast<std::size_t>(std::max<std::int64_t>(elements, 0) * tensor.bytes_of_element()));
}

std::int64_t CudnnMemory::place(const Sizes& at) const
{
    const std::int64_t place = offset_of(m_tensor, at);
    if (m_starts.empty()) {
        return place;
    }
    const auto batch = static_cast<std::size_t>(at[0]);
    return at[m_row_axis] < m_rows[batch] ? m_starts[batch] + place - at[0] * m_tensor.strides[0]
                                          : -1;
}

bool CudnnMemory::read(Values& values) const
{
    if (!m_reachable) {
        return false;
    }
    values.assign(static_cast<std::size_t>(m_tensor.count()), 0.0F);
    for_each_place(m_tensor.sizes, [&](const Sizes& at, std::size_t number) {
        if (const std::int64_t found = place(at); found >= 0) {
            values[number] = read_element(m_data, found, m_tensor.type);
        }
    });
    return true;
}

bool CudnnMemory::write(const Values& values, float factor) const
{
    if (!m_reachable) {
        return false;
    }
    for_each_place(m_tensor.sizes, [&](const Sizes& at, std::size_t number) {
        const std::int64_t found = place(at);
        if (found < 0) {
            return;
        }
        if (m_tensor.type == CudnnData::BF16) {
            reinterpret_cast<engine::bfloat16_t*>(m_data)[found] =
                engine::to_bfloat16(values[number] * factor);
        } else {
            reinterpret_cast<float*>(m_data)[found] = values[number];
        }
    });
    return true;
}

} // namespace emulator
