// How cuDNN is to compute a graph: an engine of its choice, made ready for a GPU.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/cuda/cudnn_sdpa.h"

namespace engine::cuda {

// A GPU that is open, or one that is only described (DeviceProperties).
struct CudnnTarget
{
    int capability = 0; // 10 * major + minor
    CudnnHandle handle = nullptr;
    const CudnnDescriptor* properties = nullptr;
};

// One way to compute a graph. What it was made of lives as long as it does.
struct CudnnConfig
{
    CudnnDescriptor config;
    std::int64_t workspace_bytes = 0;
};

// cuDNN's ways to compute attention there, the best first; those that repeat bit for bit.
class SdpaWays
{
public:
    // Throws EngineError Unsupported.
    SdpaWays(const CudnnLibrary& library,
             const SdpaShape& shape,
             SdpaDirection direction,
             const CudnnTarget& target);

    [[nodiscard]] std::span<const CudnnConfig> configs() const { return m_configs; }

private:
    void ask_heuristic(const CudnnLibrary& library, const CudnnTarget& target);
    void ask_for_engine(const CudnnLibrary& library, const CudnnTarget& target);

    std::unique_ptr<CudnnGraph> m_operations;
    CudnnDescriptor m_graph;
    std::vector<CudnnDescriptor> m_parts;
    std::vector<CudnnConfig> m_configs;
};

// The first of these ways that can be made ready, which takes a second: kernels are compiled.
class CudnnPlan
{
public:
    // `target` has a handle. Throws EngineError Unsupported.
    CudnnPlan(const CudnnLibrary& library,
              const SdpaShape& shape,
              SdpaDirection direction,
              const CudnnTarget& target);

    [[nodiscard]] const CudnnDescriptor& descriptor() const { return m_plan; }

    [[nodiscard]] std::int64_t workspace_bytes() const { return m_workspace_bytes; }

    // Whether cuDNN has taken it for a run.
    [[nodiscard]] bool has_run() const { return m_has_run; }

    void set_has_run() { m_has_run = true; }

private:
    SdpaWays m_ways;
    CudnnDescriptor m_plan;
    std::int64_t m_workspace_bytes = 0;
    bool m_has_run = false;
};

} // namespace engine::cuda
