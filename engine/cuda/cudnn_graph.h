// cuDNN's objects with an owner, and a graph of operations made of them. Every call throws
// EngineError Unsupported with the library's reason where it refuses.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "engine/cuda/cudnn.h"

namespace engine::cuda {

// One object of the library, which must outlive it.
class CudnnDescriptor
{
public:
    CudnnDescriptor(const CudnnLibrary& library, CudnnKind kind);

    CudnnDescriptor(CudnnDescriptor&& other) noexcept
        : m_library(other.m_library)
        , m_object(std::exchange(other.m_object, nullptr))
    {}

    CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept
    {
        std::swap(m_library, other.m_library);
        std::swap(m_object, other.m_object);
        return *this;
    }

    CudnnDescriptor(const CudnnDescriptor&) = delete;
    CudnnDescriptor& operator=(const CudnnDescriptor&) = delete;
    ~CudnnDescriptor();

    void set(CudnnAttribute attribute, CudnnType type, const void* values, std::size_t count = 1);
    void set(CudnnAttribute attribute, std::int64_t value);
    void set(CudnnAttribute attribute, std::span<const std::int64_t> values);
    void set(CudnnAttribute attribute, bool value);
    void set(CudnnAttribute attribute, CudnnData value);
    void set(CudnnAttribute attribute, const CudnnDescriptor& value);
    void finalize();

    [[nodiscard]] std::int64_t number(CudnnAttribute attribute) const;

    [[nodiscard]] CudnnObject object() const { return m_object; }

private:
    const CudnnLibrary* m_library;
    CudnnObject m_object = nullptr;
};

// Always [batch, head, row, column].
struct CudnnLayout
{
    std::array<std::int64_t, 4> sizes = {1, 1, 1, 1};
    std::array<std::int64_t, 4> strides = {1, 1, 1, 1};
};

class CudnnGraph
{
public:
    // A tensor of this graph, alive as long as it is; null stands for none.
    using Tensor = const CudnnDescriptor*;

    // What limits a product's m, n and k in each batch.
    struct Limits
    {
        Tensor m = nullptr;
        Tensor n = nullptr;
        Tensor k = nullptr;
    };

    struct Operands
    {
        Tensor b = nullptr;
        Tensor select = nullptr;
        std::int64_t axis = -1; // of Index
        CudnnData precision = CudnnData::F32;
    };

    explicit CudnnGraph(const CudnnLibrary& library)
        : m_library(library)
    {}

    // In device memory, named by `id` when the graph runs. `starts` has the element where each
    // batch starts, and where the last one ends; without it a stride says so.
    Tensor
    memory(std::int64_t id, const CudnnLayout& layout, CudnnData type, Tensor starts = nullptr);
    // One number in the host's memory, named likewise.
    Tensor scalar(std::int64_t id, CudnnData type);
    // Between two operations only.
    Tensor inner(const CudnnLayout& layout, CudnnData type, Tensor starts = nullptr);

    // c = a b. `padding` is what lies beyond the limits of c.
    enum class Padding { Undefined, Zero };
    void matmul(Tensor a, Tensor b, Tensor c, const Limits& limits, Padding padding);
    void pointwise(CudnnPointwise mode, Tensor x, Tensor y, const Operands& operands);
    // Along every size in which y is smaller.
    void reduce(CudnnReduction reduction, Tensor x, Tensor y);
    // The same memory seen with other sizes and strides.
    void reshape(Tensor x, Tensor y);

    [[nodiscard]] std::span<const CudnnObject> operations() const { return m_operations; }

private:
    struct TensorOptions
    {
        std::int64_t id = 0;
        bool is_virtual = false;
        bool is_by_value = false;
        Tensor starts = nullptr;
    };

    Tensor tensor(const CudnnLayout& layout, CudnnData type, const TensorOptions& options);
    CudnnDescriptor& add(CudnnKind kind);
    void add_operation(CudnnDescriptor& operation,
                       std::initializer_list<std::pair<CudnnAttribute, Tensor>> operands);

    const CudnnLibrary& m_library;
    std::deque<CudnnDescriptor> m_descriptors; // addresses stay
    std::vector<CudnnObject> m_operations;
    std::int64_t m_next_id = std::int64_t{1} << 20U; // of inner tensors, above the caller's
};

} // namespace engine::cuda
