# Language level, warnings, sanitizers, hardening, and the faster compiler cache and linker where they are installed.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(odometer_flags INTERFACE)
target_include_directories(odometer_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(odometer_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wunused -Wnull-dereference
  -Wno-missing-field-initializers
  # Aggregates must come out the same on every processor: no fused multiply-add behind our back.
  -ffp-contract=off
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(odometer_flags INTERFACE -Wthread-safety)
endif()
if(ODOMETER_WERROR)
  target_compile_options(odometer_flags INTERFACE -Werror)
endif()
# __int128 is an extension that both compilers have.
target_compile_options(odometer_flags INTERFACE -Wno-pedantic)

if(ODOMETER_SANITIZE)
  # Lines are all that a report needs of debug information. That and the rest together make the build four times as fast.
  target_compile_options(odometer_flags INTERFACE -fsanitize=${ODOMETER_SANITIZE} -fno-sanitize-recover=all -g1)
  # g++ takes long to optimise what ASan and UBSan have instrumented.
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT ODOMETER_SANITIZE MATCHES "address")
    target_compile_options(odometer_flags INTERFACE -O1)
  endif()
  target_link_options(odometer_flags INTERFACE -fsanitize=${ODOMETER_SANITIZE})
  if(ODOMETER_SANITIZE MATCHES "thread")
    enable_language(C)
    add_library(odometer_c11_threads OBJECT ${CMAKE_SOURCE_DIR}/tests/support/tsan/c11_threads.c)
    target_compile_options(odometer_c11_threads PRIVATE -fsanitize=thread -fPIC)
    target_link_libraries(odometer_flags INTERFACE $<TARGET_OBJECTS:odometer_c11_threads>)
  endif()
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(odometer_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS)
  target_link_options(odometer_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The same for every clone, so that a new one need not compile what another one has.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  target_link_options(odometer_flags INTERFACE -fuse-ld=mold)
endif()
