# Fails when a source file does not begin with a comment that says its job.
# cmake -DROOT=<project> -P first_line.cmake
cmake_minimum_required(VERSION 3.25)
set(bad "")
foreach(folder engine app ui resources tests packaging)
  file(GLOB_RECURSE found "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cpp" "${ROOT}/${folder}/*.cu"
    "${ROOT}/${folder}/*.cuh" "${ROOT}/${folder}/*.sh" "${ROOT}/${folder}/*.py" "${ROOT}/${folder}/*.cmake")
  foreach(file IN LISTS found)
    file(READ "${file}" text LIMIT 400)
    string(REGEX REPLACE "^#![^\n]*\n" "" text "${text}")
    if(NOT text MATCHES "^(//|#|\"\"\") ?[A-Za-z0-9\"{][^\n]+" OR text MATCHES "^#(include|pragma|if|define)")
      string(APPEND bad "${file}\n")
    endif()
  endforeach()
endforeach()
if(bad)
  message(FATAL_ERROR "no first line that says the file's job:\n${bad}")
endif()
