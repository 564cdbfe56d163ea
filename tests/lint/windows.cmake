# Fails when mingw-w64's compiler refuses or warns of the engine's sources for Windows; skips where it is absent.
# cmake -DROOT=<project> -P windows.cmake
cmake_minimum_required(VERSION 3.25)
find_program(compiler x86_64-w64-mingw32-g++-posix)
if(NOT compiler)
  message(STATUS "skipped: x86_64-w64-mingw32-g++-posix is not here")
  return()
endif()
file(GLOB_RECURSE files "${ROOT}/engine/*_windows.cpp")
foreach(file IN LISTS files)
  execute_process(COMMAND ${compiler} -fsyntax-only -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    -I${ROOT} ${file} RESULT_VARIABLE result ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${output}")
  endif()
endforeach()
