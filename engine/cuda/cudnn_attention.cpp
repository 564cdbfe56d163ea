// Plans by shape, and running them.
#include "engine/cuda/cudnn_attention.h"

#include <array>
#include <functional>
#include <initializer_list>

#include "engine/core/check.h"

namespace engine::cuda {

namespace {

constexpr std::size_t kMostBindings = 20;

std::size_t hash_of(std::initializer_list<std::int64_t> values)
{
    std::size_t hash = 0;
    for (const std::int64_t value : values) {
        hash ^=
            std::hash<std::int64_t>{}(value) + 0x9E3779B97F4A7C15U + (hash << 6U) + (hash >> 2U);
    }
    return hash;
}

} // namespace

std::size_t CudnnAttention::Hash::operator()(const Kind& kind) const
{
    return hash_of({kind.head_dim, kind.group, kind.windowed ? 1 : 0});
}

std::size_t CudnnAttention::Hash::operator()(const Key& key) const
{
    return hash_of({key.shape.sequences,
                    key.shape.longest,
                    key.shape.num_heads,
                    key.shape.num_kv_heads,
                    key.shape.head_dim,
                    key.shape.parts,
                    key.shape.windowed ? 1 : 0,
                    static_cast<std::int64_t>(key.direction)});
}

Result<std::unique_ptr<CudnnAttention>> CudnnAttention::open(const std::string& library,
                                                             const CudnnDevice& device)
{
    const Result<CudnnLibrary> opened = CudnnLibrary::open(library);
    if (!opened) {
        return opened.error();
    }
    std::unique_ptr<CudnnAttention> attention(new CudnnAttention(*opened, device));
    const CudnnFunctions& f = attention->m_library.functions();
    try {
        attention->m_library.check(f.cudnnCreate(&attention->m_handle), "cudnnCreate");
        attention->m_library.check(f.cudnnSetStream(attention->m_handle, device.stream),
                                   "cudnnSetStream");
    } catch (const EngineError& error) {
        return Error{ErrorCode::Unsupported, concat(library, ": does not start: ", error.what())};
    }
    return attention;
}

CudnnAttention::~CudnnAttention()
{
    m_plans.clear();
    if (m_handle != nullptr) {
        m_library.functions().cudnnDestroy(m_handle);
    }
}

const CudnnAttention::PlanResult& CudnnAttention::plan(const SdpaShape& shape,
                                                       SdpaDirection direction)
{
    const Key key = {shape, direction};
    const auto found = m_plans.find(key);
    if (found != m_plans.end()) {
        return found->second;
    }
    const CudnnTarget target = {.capability = m_device.capability, .handle = m_handle};
    try {
        auto made = std::make_unique<CudnnPlan>(m_library, shape, direction, target);
        return m_plans.emplace(key, std::move(made)).first->second;
    } catch (const EngineError& error) {
        return m_plans.emplace(key, error.error()).first->second;
    }
}

void CudnnAttention::run(CudnnPlan& plan, std::span<const SdpaBinding> bindings, void* workspace)
{
    std::array<std::int64_t, kMostBindings> ids = {};
    std::array<const void*, kMostBindings> pointers = {};
    ENGINE_CHECK(bindings.size() <= kMostBindings,
                 "cudnn: ",
                 bindings.size(),
                 " tensors bound, at most ",
                 kMostBindings);
    for (std::size_t i = 0; i < bindings.size(); ++i) {
        const SdpaBinding& binding = bindings[i];
        ids[i] = static_cast<std::int64_t>(binding.tensor);
        pointers[i] = binding.tensor < SdpaTensor::Scale ? binding.data : &binding.value;
    }
    CudnnDescriptor pack(m_library, CudnnKind::VariantPack);
    pack.set(CudnnAttribute::PackIds, std::span(ids).first(bindings.size()));
    pack.set(
        CudnnAttribute::PackPointers, CudnnType::VoidPointer, pointers.data(), bindings.size());
    pack.set(CudnnAttribute::PackWorkspace, CudnnType::VoidPointer, &workspace);
    pack.finalize();
    m_library.check(m_library.functions().cudnnBackendExecute(
                        m_handle, plan.descriptor().object(), pack.object()),
                    "cudnnBackendExecute");
    plan.set_has_run();
}

} // namespace engine::cuda
