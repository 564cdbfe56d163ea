# Fails when the engine compiles code conditionally outside the few files that meet a compiler, a processor or a system.
# cmake -DROOT=<project> -P conditionals.cmake
cmake_minimum_required(VERSION 3.25)
set(allowed
  core/build_config.h.in                # build options
  core/thread_sanitizer.h               # the sanitizer
  ops/cpu/simd/instruction_set.cpp      # the processor's family
  ops/cpu/simd/vector_kernels.cpp
  ops/cuda/device.cuh ops/cuda/mma.cuh) # nvcc's passes
set(bad "")
file(GLOB_RECURSE files RELATIVE "${ROOT}/engine" "${ROOT}/engine/*.h" "${ROOT}/engine/*.in" "${ROOT}/engine/*.cpp"
  "${ROOT}/engine/*.cu" "${ROOT}/engine/*.cuh")
foreach(file IN LISTS files)
  if(file IN_LIST allowed)
    continue()
  endif()
  file(STRINGS "${ROOT}/engine/${file}" lines REGEX "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)([ \t(!]|$)")
  foreach(line IN LISTS lines)
    string(APPEND bad "${ROOT}/engine/${file}: ${line}\n")
  endforeach()
endforeach()
if(bad)
  message(FATAL_ERROR "conditional compilation; choose another file in CMake, or add it to the list:\n${bad}")
endif()
