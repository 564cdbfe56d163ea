// An open cuDNN as one GPU's attention: a plan for each shape, and what is known of its results.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "engine/cuda/cudnn_plan.h"

namespace engine::cuda {

// What the results of cuDNN are worth for one kind of attention.
enum class CudnnTrust { Untried, Trusted, Refused };

struct CudnnDevice
{
    int capability = 0; // 10 * major + minor
    std::int64_t memory_bytes = 0;
    StreamHandle stream = nullptr;
};

// Used by one thread at a time, with the device's context current.
class CudnnAttention
{
public:
    // Kernels are compiled for a head size, a group and a mask; other sizes only fill them.
    struct Kind
    {
        std::int64_t head_dim = 0;
        std::int64_t group = 0; // query heads of a key head
        bool windowed = false;

        friend bool operator==(const Kind&, const Kind&) = default;
    };

    struct Verdict
    {
        CudnnTrust forward = CudnnTrust::Untried;
        CudnnTrust backward = CudnnTrust::Untried;
        CudnnTrust pieces = CudnnTrust::Untried; // a backward as several calls
        std::set<std::string> told = {};         // why it was not used, each reason once
    };

    // Errors: those of CudnnLibrary::open; Unsupported when the library does not start.
    [[nodiscard]] static Result<std::unique_ptr<CudnnAttention>> open(const std::string& library,
                                                                      const CudnnDevice& device);

    CudnnAttention(const CudnnAttention&) = delete;
    CudnnAttention& operator=(const CudnnAttention&) = delete;
    ~CudnnAttention();

    [[nodiscard]] const CudnnDevice& device() const { return m_device; }

    [[nodiscard]] std::size_t version() const { return m_library.version(); }

    // Whoever compares results keeps here what came of it.
    [[nodiscard]] Verdict& verdict(const Kind& kind) { return m_verdicts[kind]; }

    // Made when it is first asked for, and kept as long as this lives: recorded work and graphs
    // made of it use the plan. Errors: Unsupported.
    using PlanResult = Result<std::unique_ptr<CudnnPlan>>;
    [[nodiscard]] const PlanResult& plan(const SdpaShape& shape, SdpaDirection direction);

    // Queues the plan; `workspace` has plan.workspace_bytes(). Throws EngineError Unsupported.
    void run(CudnnPlan& plan, std::span<const SdpaBinding> bindings, void* workspace);

private:
    struct Key
    {
        SdpaShape shape;
        SdpaDirection direction;

        friend bool operator==(const Key&, const Key&) = default;
    };

    struct Hash
    {
        std::size_t operator()(const Kind& kind) const;
        std::size_t operator()(const Key& key) const;
    };

    CudnnAttention(const CudnnLibrary& library, const CudnnDevice& device)
        : m_library(library)
        , m_device(device)
    {}

    CudnnLibrary m_library;
    CudnnDevice m_device;
    CudnnHandle m_handle = nullptr;
    std::unordered_map<Key, PlanResult, Hash> m_plans;
    std::unordered_map<Kind, Verdict, Hash> m_verdicts;
};

} // namespace engine::cuda
