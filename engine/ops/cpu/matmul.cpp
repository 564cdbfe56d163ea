// Matrix product on the CPU: oneDNN where it serves, else our own kernels.
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/matmul_backends.h"

namespace engine::ops::kernels {

void matmul(CpuBackend& backend, const MatmulArgs& args)
{
    const std::int64_t k = args.a.size(args.transpose_a == Transpose::Yes ? 0 : 1);
    if (k == 0) {
        // An empty sum: beta * c.
        if (args.beta == 0.0F) {
            zero(backend, args.c);
        }
        return;
    }
    if (!matmul_onednn(args)) {
        matmul_own(args);
    }
}

} // namespace engine::ops::kernels
