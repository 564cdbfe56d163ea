// Asking cuDNN for its engines.
#include "engine/cuda/cudnn_plan.h"

#include <algorithm>
#include <array>

namespace engine::cuda {

namespace {

constexpr std::size_t kMostConfigs = 8;
constexpr int kHopper = 90;
constexpr int kBlackwell = 100; // and 103; not the desktop's 120

// Blackwell's backward that adds in one order is never proposed: cudnn-frontend asks for it by
// these numbers, which change their meaning with 9.23.
constexpr std::int64_t kOrderedEngine = 5;
constexpr std::array<std::pair<CudnnKnob, std::int64_t>, 2> kOrderedKnobs = {
    {{CudnnKnob::KernelConfig, 31}, {CudnnKnob::Stages, 2}}};
constexpr std::size_t kOrderedBefore = 92300;

bool is_blackwell(int capability)
{
    return capability / 10 == kBlackwell / 10;
}

} // namespace

SdpaWays::SdpaWays(const CudnnLibrary& library,
                   const SdpaShape& shape,
                   SdpaDirection direction,
                   const CudnnTarget& target)
    : m_operations(sdpa_graph(library, shape, direction))
    , m_graph(library, CudnnKind::OperationGraph)
{
    const auto operations = m_operations->operations();
    m_graph.set(
        CudnnAttribute::GraphOperations, CudnnType::Object, operations.data(), operations.size());
    if (target.handle != nullptr) {
        m_graph.set(CudnnAttribute::GraphHandle, CudnnType::Handle, &target.handle);
    }
    m_graph.finalize();
    if (direction == SdpaDirection::Forward || target.capability == kHopper) {
        ask_heuristic(library, target);
    } else if (is_blackwell(target.capability) && library.version() < kOrderedBefore) {
        ask_for_engine(library, target);
    }
    if (m_configs.empty()) {
        throw EngineError({ErrorCode::Unsupported, "it has no engine for this GPU"});
    }
}

void SdpaWays::ask_heuristic(const CudnnLibrary& library, const CudnnTarget& target)
{
    CudnnDescriptor heuristic(library, CudnnKind::EngineHeuristic);
    constexpr CudnnHeuristic kMode = CudnnHeuristic::A;
    heuristic.set(CudnnAttribute::HeuristicMode, CudnnType::HeuristicMode, &kMode);
    heuristic.set(CudnnAttribute::HeuristicGraph, m_graph);
    if (target.properties != nullptr) {
        heuristic.set(CudnnAttribute::HeuristicDevice, *target.properties);
    }
    heuristic.finalize();
    std::vector<CudnnDescriptor> found;
    std::array<CudnnObject, kMostConfigs> objects = {};
    for (CudnnObject& object : objects) {
        object = found.emplace_back(library, CudnnKind::EngineConfig).object();
    }
    std::int64_t count = 0;
    library.check(library.functions().cudnnBackendGetAttribute(heuristic.object(),
                                                               CudnnAttribute::HeuristicResults,
                                                               CudnnType::Object,
                                                               kMostConfigs,
                                                               &count,
                                                               objects.data()),
                  "cudnnBackendGetAttribute");
    const auto written = static_cast<std::size_t>(std::min<std::int64_t>(count, kMostConfigs));
    for (std::size_t i = 0; i < written; ++i) {
        const std::int64_t bytes = found[i].number(CudnnAttribute::ConfigWorkspaceBytes);
        m_configs.push_back({std::move(found[i]), bytes});
    }
    m_parts.push_back(std::move(heuristic));
}

void SdpaWays::ask_for_engine(const CudnnLibrary& library, const CudnnTarget& target)
{
    CudnnDescriptor engine(library, CudnnKind::Engine);
    engine.set(CudnnAttribute::EngineGraph, m_graph);
    engine.set(CudnnAttribute::EngineNumber, kOrderedEngine);
    if (target.properties != nullptr) {
        engine.set(CudnnAttribute::EngineDevice, *target.properties);
    }
    engine.finalize();
    std::array<CudnnObject, kOrderedKnobs.size()> knobs = {};
    for (std::size_t i = 0; i < knobs.size(); ++i) {
        CudnnDescriptor choice(library, CudnnKind::KnobChoice);
        choice.set(CudnnAttribute::KnobType, CudnnType::KnobType, &kOrderedKnobs[i].first);
        choice.set(CudnnAttribute::KnobValue, kOrderedKnobs[i].second);
        choice.finalize();
        knobs[i] = choice.object();
        m_parts.push_back(std::move(choice));
    }
    CudnnDescriptor config(library, CudnnKind::EngineConfig);
    config.set(CudnnAttribute::ConfigEngine, engine);
    config.set(CudnnAttribute::ConfigKnobs, CudnnType::Object, knobs.data(), knobs.size());
    config.finalize();
    const std::int64_t bytes = config.number(CudnnAttribute::ConfigWorkspaceBytes);
    m_configs.push_back({std::move(config), bytes});
    m_parts.push_back(std::move(engine));
}

CudnnPlan::CudnnPlan(const CudnnLibrary& library,
                     const SdpaShape& shape,
                     SdpaDirection direction,
                     const CudnnTarget& target)
    : m_ways(library, shape, direction, target)
    , m_plan(library, CudnnKind::ExecutionPlan)
{
    std::string reason;
    for (const CudnnConfig& way : m_ways.configs()) {
        try {
            CudnnDescriptor plan(library, CudnnKind::ExecutionPlan);
            plan.set(CudnnAttribute::PlanConfig, way.config);
            plan.set(CudnnAttribute::PlanHandle, CudnnType::Handle, &target.handle);
            plan.finalize();
            m_workspace_bytes = plan.number(CudnnAttribute::PlanWorkspaceBytes);
            m_plan = std::move(plan);
            return;
        } catch (const EngineError& error) {
            reason = error.what();
        }
    }
    throw EngineError({ErrorCode::Unsupported, reason});
}

} // namespace engine::cuda
