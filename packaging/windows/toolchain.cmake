# CMake's toolchain for Windows from Linux: Debian's mingw-w64 GCC and the libraries of windows/libraries.sh, all static.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(OpenMP_gomp_LIBRARY gomp CACHE STRING "The static one, where a search would find the DLL first")

cmake_path(SET LOWRANK_WINDOWS_LIBRARIES NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../build/windows-libraries")
set(CMAKE_FIND_ROOT_PATH ${LOWRANK_WINDOWS_LIBRARIES} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(ENV{PKG_CONFIG_LIBDIR} ${LOWRANK_WINDOWS_LIBRARIES}/lib/pkgconfig)

find_program(LOWRANK_WINE wine)
if(LOWRANK_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${LOWRANK_WINE}) # ctest runs the tests under it
endif()
