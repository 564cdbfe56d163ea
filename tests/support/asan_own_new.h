// For a program with an operator new of its own: libraries were bound to the address sanitizer's
// before it, so what one allocates the other may free.
#pragma once

#ifdef __SANITIZE_ADDRESS__
extern "C" const char* __asan_default_options()
{
    return "alloc_dealloc_mismatch=0";
}
#endif
