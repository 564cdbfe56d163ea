// Tells GCC's thread sanitizer where OpenMP and Qt's thread pool order threads: their libraries are
// not instrumented, so every hand-over would look like a data race. Nothing in other builds.
#pragma once

#ifdef __SANITIZE_THREAD__
extern "C" void __tsan_acquire(void* address); // NOLINT: the sanitizer's names
extern "C" void __tsan_release(void* address); // NOLINT
#endif

namespace engine {

// What this thread did so far happens before what another thread does after observe(address).
inline void publish([[maybe_unused]] void* address)
{
#ifdef __SANITIZE_THREAD__
    __tsan_release(address);
#endif
}

inline void observe([[maybe_unused]] void* address)
{
#ifdef __SANITIZE_THREAD__
    __tsan_acquire(address);
#endif
}

} // namespace engine
