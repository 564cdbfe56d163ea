// Opening cuDNN.
#include "engine/cuda/cudnn.h"

#include <array>
#include <cstdlib>
#include <string_view>

namespace engine::cuda {

namespace {

constexpr const char* kInstallCudnn = "install cuDNN 9.18.1 or later for CUDA 13";

// The first function that the library does not have; null when it has all.
const char* find_functions(const SharedLibrary& library, CudnnFunctions& f)
{
    FunctionSearch search(library);
    search.need("cudnnGetVersion", f.cudnnGetVersion);
    search.need("cudnnGetLastErrorString", f.cudnnGetLastErrorString);
    search.need("cudnnCreate", f.cudnnCreate);
    search.need("cudnnDestroy", f.cudnnDestroy);
    search.need("cudnnSetStream", f.cudnnSetStream);
    search.need("cudnnBackendCreateDescriptor", f.cudnnBackendCreateDescriptor);
    search.need("cudnnBackendDestroyDescriptor", f.cudnnBackendDestroyDescriptor);
    search.need("cudnnBackendFinalize", f.cudnnBackendFinalize);
    search.need("cudnnBackendSetAttribute", f.cudnnBackendSetAttribute);
    search.need("cudnnBackendGetAttribute", f.cudnnBackendGetAttribute);
    search.need("cudnnBackendExecute", f.cudnnBackendExecute);
    return search.missing();
}

} // namespace

Result<CudnnLibrary> CudnnLibrary::open(const std::string& library)
{
    const Result<SharedLibrary> opened = SharedLibrary::open(library);
    if (!opened) {
        return Error{ErrorCode::NotFound,
                     concat("NVIDIA's cuDNN is not installed (", opened.error().message, ")"),
                     kInstallCudnn};
    }
    CudnnLibrary found;
    if (const char* missing = find_functions(*opened, found.m_functions)) {
        return Error{
            ErrorCode::Unsupported, concat(library, ": has no function ", missing), kInstallCudnn};
    }
    found.m_version = found.m_functions.cudnnGetVersion();
    if (found.m_version < kOldestCudnn) {
        return Error{ErrorCode::Unsupported,
                     concat(library,
                            ": is version ",
                            cudnn_version_text(found.m_version),
                            ", wanted ",
                            cudnn_version_text(kOldestCudnn),
                            " or later"),
                     kInstallCudnn};
    }
    return found;
}

void CudnnLibrary::check(int status, const char* call) const
{
    if (status == kSuccess) {
        return;
    }
    std::array<char, 256> reason = {};
    m_functions.cudnnGetLastErrorString(reason.data(), reason.size());
    throw EngineError(
        {ErrorCode::Unsupported,
         concat(call, ": status ", status, reason[0] == '\0' ? "" : ", ", reason.data())});
}

std::string cudnn_version_text(std::size_t version)
{
    return concat(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

std::string wanted_cudnn_library()
{
    // Nothing of ours changes the environment.
    const char* word = std::getenv("LOWRANK_CUDNN"); // NOLINT(concurrency-mt-unsafe)
    if (word == nullptr || *word == '\0') {
        return cudnn_library();
    }
    if (std::string_view(word) != "off") {
        throw EngineError({ErrorCode::InvalidArgument,
                           concat("LOWRANK_CUDNN: \"", word, "\" is not a word that is known"),
                           "use off, or leave it unset"});
    }
    return "";
}

} // namespace engine::cuda
