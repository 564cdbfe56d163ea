// Which way a rotary embedding turns.
#pragma once

namespace engine::ops::kernels {

enum class Rotation { Forward, Inverse };

} // namespace engine::ops::kernels
