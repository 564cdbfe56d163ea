// One function object of several lambdas, for std::visit.
#pragma once

namespace engine {

template <typename... Functions>
struct Overloaded : Functions...
{
    using Functions::operator()...;
};

template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>; // which clang 14 does not find by itself

} // namespace engine
