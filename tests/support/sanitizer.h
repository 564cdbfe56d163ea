// What a test has to know of the sanitizer it was built with.
#pragma once

namespace tests {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

} // namespace tests
