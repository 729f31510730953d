# shellcheck shell=bash
# Building from this repository. Needs ui.sh.

# build_preset LOG PRESET TARGET [CMAKE OPTION...]: configures build/PRESET when it is new or an option is given, and builds
# TARGET in it.
build_preset() {
  local log=$1 preset=$2 target=$3 repository
  shift 3
  repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
  local build=$repository/build/$preset
  if [[ ! -f $build/build.ninja || $# -gt 0 ]]; then
    (cd "$repository" && run_step "$log" cmake --preset "$preset" "$@") || fail "cmake could not configure $build."
  fi
  # Nothing to do is the common case, and takes a moment only.
  if [[ $(ninja -C "$build" -n "$target" 2>/dev/null | tail -n 1) == *"no work to do"* ]]; then return 0; fi
  say "Building $target in $build"
  (cd "$repository" && run_step "$log" cmake --build "$build" --target "$target") || fail "the build failed." "Log: $log"
}
