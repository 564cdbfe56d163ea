# Fails when a struct that a GPU kernel is given has bytes that belong to no member: work is the same when its bytes are.
# cmake -DROOT=<project> -P padding.cmake
cmake_minimum_required(VERSION 3.25)
find_program(compiler NAMES g++ clang++)
if(NOT compiler)
  message(STATUS "skipped: no compiler that knows -Wpadded is here")
  return()
endif()
file(GLOB files "${ROOT}/engine/ops/cuda/*_args.h")
foreach(file IN LISTS files)
  execute_process(COMMAND ${compiler} -fsyntax-only -std=c++20 -Wpadded -Werror -I${ROOT} -include ${file} -x c++ /dev/null
    RESULT_VARIABLE result ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${output}")
  endif()
endforeach()
