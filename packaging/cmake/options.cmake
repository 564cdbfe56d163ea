# What every target of the project is compiled with.
add_library(lowrank_options INTERFACE)
target_compile_features(lowrank_options INTERFACE cxx_std_20)
target_include_directories(lowrank_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(lowrank_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${LOWRANK_WERROR}>>:-Werror>)

add_library(lowrank_qt_options INTERFACE)
target_link_libraries(lowrank_qt_options INTERFACE lowrank_options)
target_compile_definitions(lowrank_qt_options INTERFACE
  QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_KEYWORDS QT_NO_FOREACH
  QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_DISABLE_DEPRECATED_BEFORE=0x060400)

find_program(LOWRANK_CCACHE ccache)
if(LOWRANK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LOWRANK_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${LOWRANK_CCACHE})
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
