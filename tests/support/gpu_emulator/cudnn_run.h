// A graph of cuDNN's operations in plain loops, one operation after the other, every tensor whole
// and in float32.
#pragma once

#include "tests/support/gpu_emulator/cudnn_memory.h"

namespace emulator {

// Every result is multiplied by `error`, 1 for a library that is right. Returns a status.
[[nodiscard]] int run_graph(const CudnnObject& graph, const CudnnBindings& bindings, float error);

// Tensors that a run must name: those in memory and those by value.
[[nodiscard]] std::map<std::int64_t, CudnnPointer> named_tensors(const CudnnObject& graph);

} // namespace emulator
