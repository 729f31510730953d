# Files that the binary serves: made by npm or by a script at build time, then embedded in it, compressed.
#
# All builds of a clone share what npm makes, in ODOMETER_WEB_DIR: it runs once, and again when a source changes.
option(ODOMETER_WEB "Build the web pages, with npm" ON)
set(ODOMETER_WEB_DIR ${CMAKE_SOURCE_DIR}/build/web CACHE PATH "Where npm works")

# The distribution's, which has its package python3-yaml.
if(NOT Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python3_EXECUTABLE /usr/bin/python3)
endif()
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
if(ODOMETER_WEB)
  find_program(NPM_PROGRAM npm)
  if(NOT NPM_PROGRAM)
    message(FATAL_ERROR "npm is missing: it makes the web pages. Install it (Debian: apt-get install nodejs npm), or leave "
      "the pages out with -DODOMETER_WEB=OFF.")
  endif()
endif()

# odometer_embed(<target> <function> [FILES <file>...] [FOLDER <folder> DEPENDS <file>...])
# A library with the files, or with all of the folder, which the function gives: `http::StaticFiles odometer::<function>()`,
# for its users to declare. DEPENDS: what changes with the folder's content.
function(odometer_embed target function)
  cmake_parse_arguments(ARG "" "FOLDER" "FILES;DEPENDS" ${ARGN})
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_files.py)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target})
  add_custom_command(OUTPUT ${output}.cc BYPRODUCTS ${output}.pack
    COMMAND Python3::Interpreter ${script} ${function} ${output} ${ARG_FILES} ${ARG_FOLDER}
    DEPENDS ${script} ${ARG_FILES} ${ARG_DEPENDS} COMMENT "Embedding ${target}" VERBATIM)
  add_library(${target} STATIC ${output}.cc)
  target_link_libraries(${target} PUBLIC odometer_flags odometer_http)
endfunction()

# odometer_web_pages(<target> <function> <source folder>): embeds what `npm run build` writes into the folder that it finds in
# the environment variable ODOMETER_WEB_OUT; nothing where ODOMETER_WEB is off. The source folder has a package.json and a
# package-lock.json; npm works in a copy of it.
function(odometer_web_pages target function source)
  if(NOT ODOMETER_WEB)
    odometer_embed(${target} ${function})
    return()
  endif()
  cmake_path(ABSOLUTE_PATH source)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${source}/*)
  list(FILTER sources EXCLUDE REGEX "/(node_modules|dist)/")
  set(script ${CMAKE_SOURCE_DIR}/cmake/npm_build.py)
  set(work ${ODOMETER_WEB_DIR}/${target})
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${target}.built)
  add_custom_command(OUTPUT ${stamp}
    COMMAND Python3::Interpreter ${script} --npm ${NPM_PROGRAM} ${source} ${work}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${script} ${sources} COMMENT "Building the web pages of ${target} with npm" VERBATIM)
  odometer_embed(${target} ${function} FOLDER ${work}/dist DEPENDS ${stamp})
endfunction()
