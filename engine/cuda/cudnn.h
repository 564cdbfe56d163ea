// The part of NVIDIA's cuDNN 9 backend API that the engine calls, opened at run time. Names and
// values are those of the cuDNN reference; no toolkit is needed to compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/core/error.h"
#include "engine/core/shared_library.h"
#include "engine/cuda/cudnn_names.h"
#include "engine/cuda/driver_api.h"

namespace engine::cuda {

// cudnnHandle_t and cudnnBackendDescriptor_t, which only the library looks into.
using CudnnHandle = struct CudnnHandleTag*;
using CudnnObject = struct CudnnObjectTag*;

// Entry points, spelled as the library exports them. A status of 0 is success.
struct CudnnFunctions
{
    std::size_t (*cudnnGetVersion)() = nullptr;
    void (*cudnnGetLastErrorString)(char* message, std::size_t bytes) = nullptr;
    int (*cudnnCreate)(CudnnHandle* handle) = nullptr;
    int (*cudnnDestroy)(CudnnHandle handle) = nullptr;
    int (*cudnnSetStream)(CudnnHandle handle, StreamHandle stream) = nullptr;
    int (*cudnnBackendCreateDescriptor)(CudnnKind kind, CudnnObject* object) = nullptr;
    int (*cudnnBackendDestroyDescriptor)(CudnnObject object) = nullptr;
    int (*cudnnBackendFinalize)(CudnnObject object) = nullptr;
    int (*cudnnBackendSetAttribute)(CudnnObject object,
                                    CudnnAttribute attribute,
                                    CudnnType type,
                                    std::int64_t count,
                                    const void* values) = nullptr;
    int (*cudnnBackendGetAttribute)(CudnnObject object,
                                    CudnnAttribute attribute,
                                    CudnnType type,
                                    std::int64_t wanted,
                                    std::int64_t* count,
                                    void* values) = nullptr;
    int (*cudnnBackendExecute)(CudnnHandle handle, CudnnObject plan, CudnnObject pack) = nullptr;
};

// An open library; it needs no GPU.
class CudnnLibrary
{
public:
    // Errors: NotFound (no library), Unsupported (a function is missing, or older than
    // kOldestCudnn).
    [[nodiscard]] static Result<CudnnLibrary> open(const std::string& library = cudnn_library());

    [[nodiscard]] const CudnnFunctions& functions() const { return m_functions; }

    // 10000 * major + 100 * minor + patch.
    [[nodiscard]] std::size_t version() const { return m_version; }

    // Throws EngineError Unsupported with the library's reason.
    void check(int status, const char* call) const;

private:
    CudnnLibrary() = default;

    CudnnFunctions m_functions;
    std::size_t m_version = 0;
};

// Packed sequences work on every GPU from 9.18.1 on.
inline constexpr std::size_t kOldestCudnn = 91801;

// "9.19.0".
[[nodiscard]] std::string cudnn_version_text(std::size_t version);

// cudnn_library(), or nothing where the environment says LOWRANK_CUDNN=off. Throws EngineError
// InvalidArgument for another word.
[[nodiscard]] std::string wanted_cudnn_library();

} // namespace engine::cuda
