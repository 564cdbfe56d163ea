// cuDNN's backend API. LOWRANK_EMULATED_CUDNN says how it behaves: "right" (when unset), "wrong"
// (every result is a tenth too large), "wrong backward", "wrong parts" (of a part of the heads),
// "unsteady" (each backward differs), "none" (no engine), "fails" (executes nothing), "fails
// captured" (not while a graph is made), "old".
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/support/gpu_emulator/cudnn_run.h"
#include "tests/support/gpu_emulator/memory.h"
#include "tests/support/gpu_emulator/stream.h"

extern "C" int cuDeviceGetAttribute(int* value, int attribute, int device);

namespace {

using namespace emulator; // NOLINT(google-build-using-namespace)
using A = CudnnAttribute;

constexpr int kMajor = 75;
constexpr int kMinor = 76;
constexpr int kFirstTensorCores = 80;
constexpr int kHopper = 90;
constexpr int kBlackwell = 100;
constexpr std::int64_t kBlackwellEngine = 5;
constexpr int kMostIds = 128;

bool behaves(std::string_view how)
{
    const char* wanted = std::getenv("LOWRANK_EMULATED_CUDNN"); // NOLINT(concurrency-mt-unsafe)
    return wanted != nullptr && how == wanted;
}

int capability()
{
    int major = 0;
    int minor = 0;
    cuDeviceGetAttribute(&major, kMajor, 0);
    cuDeviceGetAttribute(&minor, kMinor, 0);
    return 10 * major + minor;
}

std::int64_t products_of(const CudnnObject& graph)
{
    const auto& operations = graph.objects.at(A::GraphOperations);
    return std::count_if(operations.begin(), operations.end(), [](const CudnnPointer& each) {
        return each->kind == CudnnKind::OperationMatmul;
    });
}

bool is_backward(const CudnnObject& graph)
{
    return products_of(graph) == 5;
}

// The first factor of the first product.
CudnnTensor query_of(const CudnnObject& graph)
{
    const auto& operations = graph.objects.at(A::GraphOperations);
    const auto product =
        std::find_if(operations.begin(), operations.end(), [](const CudnnPointer& each) {
            return each->kind == CudnnKind::OperationMatmul;
        });
    return CudnnTensor(*(*product)->object(A::OperationMatmulA));
}

// Whether the rows of q have more heads than the graph.
bool is_part(const CudnnObject& graph)
{
    const CudnnTensor q = query_of(graph);
    return q.strides[2] > q.sizes[1] * q.sizes[3];
}

// As cuDNN 9.19 reports it: some bytes a sequence, and for a backward every query head's dk and dv
// where they are added, on Hopper in bf16 and with the transposed ds, whose rows end at a tile.
std::int64_t workspace_of(const CudnnObject& graph)
{
    constexpr std::int64_t kTile = 128;
    const bool hopper = capability() == kHopper;
    const std::int64_t sequences = query_of(graph).sizes[0];
    std::int64_t bytes = is_backward(graph) ? 2048 + (hopper ? 384 : 896) * sequences
                                            : 768 + 256 * std::max<std::int64_t>(sequences, 64);
    for (const CudnnPointer& operation : graph.objects.at(A::GraphOperations)) {
        if (!is_backward(graph) || operation->kind != CudnnKind::OperationMatmul) {
            continue;
        }
        const CudnnTensor left(*operation->object(A::OperationMatmulA));
        const CudnnTensor result(*operation->object(A::OperationMatmulC));
        if (result.type == CudnnData::BF16 && result.is_virtual) {
            bytes += (hopper ? 2 : 4) * result.count();
        } else if (hopper && left.is_virtual && left.type == CudnnData::F32) {
            bytes += 2 * left.count() / left.sizes[3] * ((left.sizes[3] + kTile - 1) / kTile)
                     * kTile; // of dq
        }
    }
    return bytes;
}

// The heuristic proposes for a backward in one order only what Hopper has.
std::int64_t proposals(const CudnnObject& graph)
{
    const int here = capability();
    const bool served = is_backward(graph) ? here == kHopper : here >= kFirstTensorCores;
    return served && !behaves("none") ? 1 : 0;
}

int check_engine(const CudnnObject& config)
{
    const CudnnObject& engine = *config.object(A::ConfigEngine);
    const CudnnObject& graph = *engine.object(A::EngineGraph);
    std::map<std::int64_t, std::int64_t> knobs;
    if (const auto found = config.objects.find(A::ConfigKnobs); found != config.objects.end()) {
        for (const CudnnPointer& knob : found->second) {
            knobs[knob->number(A::KnobType)] = knob->number(A::KnobValue);
        }
    }
    const std::map<std::int64_t, std::int64_t> ordered = {{14, 2}, {24, 31}};
    const bool served = engine.number(A::EngineNumber) == kBlackwellEngine && knobs == ordered
                        && capability() == kBlackwell && is_backward(graph) && !behaves("none");
    return served ? 0 : set_cudnn_error(kCudnnNotSupported, "no such engine here");
}

const CudnnObject& graph_of(const CudnnObject& config)
{
    if (const CudnnPointer engine = config.object(A::ConfigEngine)) {
        return *engine->object(A::EngineGraph);
    }
    return *config.object(A::HeuristicGraph);
}

int fill_proposal(CudnnOwner& config, const CudnnObject& heuristic)
{
    if (config->kind != CudnnKind::EngineConfig || config->finalized) {
        return set_cudnn_error(kCudnnBadParameter, "results are new engine configs");
    }
    config->objects[A::HeuristicGraph] = {heuristic.object(A::HeuristicGraph)};
    config->workspace_bytes = workspace_of(graph_of(*config));
    config->finalized = true;
    return 0;
}

// What a run was given, or a status.
int bind(const CudnnObject& graph, const CudnnObject& pack, CudnnBindings& bindings)
{
    const auto& ids = pack.numbers.at(A::PackIds);
    const auto& pointers = pack.numbers.at(A::PackPointers);
    std::map<std::int64_t, CudnnPointer> named = named_tensors(graph);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto tensor = named.find(ids[i]);
        auto* data = reinterpret_cast<std::byte*>(pointers[i]);
        if (tensor == named.end() || data == nullptr) {
            return set_cudnn_error(kCudnnBadParameter,
                                   "no tensor has id " + std::to_string(ids[i]));
        }
        if (tensor->second->number(A::TensorIsByValue, 0) != 0) {
            std::memcpy(&bindings.scalars[ids[i]], data, sizeof(float));
        } else if (pointers[i] % tensor->second->number(A::TensorAlignment) != 0
                   && tensor->second->number(A::TensorDataType)
                          != static_cast<std::int64_t>(CudnnData::I32)) {
            return set_cudnn_error(kCudnnBadParameter, "a pointer is not aligned as promised");
        } else {
            bindings.memory[ids[i]] = data;
        }
        named.erase(tensor);
    }
    return named.empty()
               ? 0
               : set_cudnn_error(kCudnnBadParameter,
                                 "nothing has id " + std::to_string(named.begin()->first));
}

std::uint64_t g_runs = 0;
std::uint64_t g_plans = 0;
Stream* g_stream = nullptr; // that the handle was given

// Of the next run.
float next_error(const CudnnObject& graph)
{
    ++g_runs;
    if (behaves("wrong") || (behaves("wrong backward") && is_backward(graph))
        || (behaves("wrong parts") && is_part(graph))) {
        return 1.1F;
    }
    return behaves("unsteady") && is_backward(graph) && g_runs % 2 == 0 ? 1.01F : 1.0F;
}

} // namespace

extern "C" {

// For tests: cuDNN has neither.
std::uint64_t emulated_cudnn_runs()
{
    return g_runs;
}

std::uint64_t emulated_cudnn_plans()
{
    return g_plans;
}

std::size_t cudnnGetVersion()
{
    return behaves("old") ? 90100 : 91900;
}

void cudnnGetLastErrorString(char* message, std::size_t bytes)
{
    std::strncpy(message, cudnn_error().c_str(), bytes - 1);
    message[bytes - 1] = '\0';
}

int cudnnCreate(void** handle)
{
    static int one = 0;
    *handle = &one;
    return 0;
}

int cudnnDestroy(void* /*handle*/)
{
    return 0;
}

int cudnnSetStream(void* /*handle*/, void* stream)
{
    g_stream = stream_of(stream);
    return g_stream == nullptr ? kCudnnBadParameter : 0;
}

int cudnnBackendCreateDescriptor(CudnnKind kind, CudnnOwner** object)
{
    *object = new CudnnOwner(std::make_shared<CudnnObject>(CudnnObject{.kind = kind}));
    return 0;
}

int cudnnBackendDestroyDescriptor(CudnnOwner* object)
{
    delete object;
    return 0;
}

int cudnnBackendSetAttribute(
    CudnnOwner* object, A attribute, CudnnType type, std::int64_t count, const void* values)
{
    return set_attribute(**object, attribute, type, count, values);
}

int cudnnBackendFinalize(CudnnOwner* object)
{
    if (const int status = finalize(**object); status != 0) {
        return status;
    }
    if ((*object)->kind == CudnnKind::EngineConfig) {
        (*object)->workspace_bytes = workspace_of(graph_of(**object));
        return check_engine(**object);
    }
    if ((*object)->kind == CudnnKind::ExecutionPlan) {
        (*object)->workspace_bytes = (*object)->object(A::PlanConfig)->workspace_bytes;
        ++g_plans;
    }
    return 0;
}

int cudnnBackendGetAttribute(CudnnOwner* object,
                             A attribute,
                             CudnnType type,
                             std::int64_t wanted,
                             std::int64_t* count,
                             void* values)
{
    const CudnnObject& asked = **object;
    const bool bytes = attribute == A::ConfigWorkspaceBytes || attribute == A::PlanWorkspaceBytes;
    if (!asked.finalized || wanted < 1) {
        return set_cudnn_error(kCudnnNotFinalized, "an object is asked before it is finalized");
    }
    if (bytes && type == CudnnType::Int64) {
        *count = 1;
        *static_cast<std::int64_t*>(values) = asked.workspace_bytes;
        return 0;
    }
    if (asked.kind != CudnnKind::EngineHeuristic || attribute != A::HeuristicResults) {
        return set_cudnn_error(kCudnnBadParameter, "an attribute that cannot be asked for");
    }
    *count = std::min(wanted, proposals(*asked.object(A::HeuristicGraph)));
    for (std::int64_t i = 0; i < *count; ++i) {
        const int status = fill_proposal(*static_cast<CudnnOwner**>(values)[i], asked);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

int cudnnBackendExecute(void* /*handle*/, CudnnOwner* plan, CudnnOwner* pack)
{
    if (!(*plan)->finalized || !(*pack)->finalized
        || (*pack)->numbers.at(A::PackIds).size() > kMostIds) {
        return set_cudnn_error(kCudnnNotFinalized, "a plan or its pack is not finalized");
    }
    if (behaves("fails") || (behaves("fails captured") && is_capturing())) {
        return set_cudnn_error(kCudnnExecutionFailed, "told to fail");
    }
    const CudnnPointer kept = *plan; // has all that it was made of
    const CudnnObject& graph = graph_of(*kept->object(A::PlanConfig));
    CudnnBindings bindings;
    if (const int status = bind(graph, **pack, bindings); status != 0) {
        return status;
    }
    auto* workspace = reinterpret_cast<std::byte*>((*pack)->number(A::PackWorkspace, 0));
    const float error = next_error(graph);
    enqueue(g_stream, [=, &graph] {
        const auto bytes = static_cast<std::size_t>(kept->workspace_bytes);
        if (!is_allocated(reinterpret_cast<std::uintptr_t>(workspace), bytes)) {
            return kCudnnExecutionFailed;
        }
        std::memset(workspace, 0xff, bytes); // it is no longer what it was
        return run_graph(graph, bindings, error);
    });
    return 0;
}

} // extern "C"
