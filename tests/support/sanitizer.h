// What a test has to know of the sanitizer it was built with.
#pragma once

namespace tests {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

// Either keeps memory of its own beside the program's.
inline constexpr bool kSanitizer = kAddressSanitizer || kThreadSanitizer;

} // namespace tests
