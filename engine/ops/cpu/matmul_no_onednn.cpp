// The build without oneDNN: every product goes to our own kernels.
#include "engine/ops/cpu/matmul_backends.h"

namespace engine::ops::kernels {

std::int64_t matmul_program_bytes(DType /*dtype*/)
{
    return 0;
}

bool matmul_onednn(const MatmulArgs& /*args*/)
{
    return false;
}

bool matmul_gemm(const MatmulArgs& /*args*/)
{
    return false;
}

} // namespace engine::ops::kernels
