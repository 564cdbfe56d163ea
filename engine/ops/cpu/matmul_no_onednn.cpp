// The build without oneDNN: every product goes to our own kernels.
#include "engine/ops/cpu/matmul_backends.h"

namespace engine::ops::kernels {

bool matmul_onednn(const MatmulArgs& /*args*/)
{
    return false;
}

bool matmul_gemm(const MatmulArgs& /*args*/)
{
    return false;
}

} // namespace engine::ops::kernels
