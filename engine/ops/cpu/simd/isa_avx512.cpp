// The vector kernels for AVX-512 (F, BW, DQ, VL): the shared bodies, compiled with this instruction
// set's flags. Nothing here may instantiate an inline function of another header: the linker could
// then pick this copy for a processor that cannot run it.
#include "engine/ops/cpu/simd/vec_avx512.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/ops/cpu/simd/words_avx512.h"

#define LOWRANK_ISA avx512
// The bodies build on each other in this order.
// clang-format off
#include "engine/ops/cpu/simd/bodies_math.h"
#include "engine/ops/cpu/simd/bodies_elements.h"
#include "engine/ops/cpu/simd/bodies_rows.h"
#include "engine/ops/cpu/simd/bodies_attention.h"
#include "engine/ops/cpu/simd/bodies_optimizer.h"
#include "engine/ops/cpu/simd/bodies_dropout.h"
#include "engine/ops/cpu/simd/bodies_dequantize.h"
#include "engine/ops/cpu/simd/bodies_tile_product.h"
#include "engine/ops/cpu/simd/bodies_double_product.h"
#include "engine/ops/cpu/simd/bodies_table.h"
// clang-format on
