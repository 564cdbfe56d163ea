// What some tests need of a sanitizer. A program with an operator new of its own:
// libraries were bound to the sanitizer's before it, so what one allocates the other may free. A
// program that asks for more memory than there is: it wants the answer, not a report.
#pragma once

#ifdef __SANITIZE_ADDRESS__
extern "C" const char* __asan_default_options()
{
    return "alloc_dealloc_mismatch=0:allocator_may_return_null=1";
}
#endif

#ifdef __SANITIZE_THREAD__
extern "C" const char* __tsan_default_options()
{
    return "allocator_may_return_null=1";
}
#endif
