# What every target of the project is compiled with.
add_library(lowrank_options INTERFACE)
target_compile_features(lowrank_options INTERFACE cxx_std_20)
target_include_directories(lowrank_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(lowrank_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${LOWRANK_WERROR}>>:-Werror>)

if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Several sources in one: the compiler takes what is local to a source for something in a header.
  target_compile_options(lowrank_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(lowrank_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>) # asked for by ccache
endif()

add_library(lowrank_qt_options INTERFACE)
target_link_libraries(lowrank_qt_options INTERFACE lowrank_options)
target_compile_definitions(lowrank_qt_options INTERFACE
  QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_KEYWORDS QT_NO_FOREACH
  QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_DISABLE_DEPRECATED_BEFORE=0x060400)

find_program(LOWRANK_CCACHE ccache)
if(LOWRANK_CCACHE)
  # A precompiled header is served from the cache only when its definitions and times may be compared loosely.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${LOWRANK_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${LOWRANK_CCACHE})
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
