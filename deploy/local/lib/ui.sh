# shellcheck shell=bash
# What the scripts say: steps, progress of long commands, failures with the end of the log.

say() { printf '%s\n' "$*"; }

# A line of progress, indented below its step.
note() { printf '    %s\n' "$*"; }

fail() {
  printf '\nodometer: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# tail_of LOG [LINES]: the end of a log, on standard error.
tail_of() {
  [[ -s $1 ]] || return 0
  printf -- '--- the end of %s\n' "$1" >&2
  tail -n "${2:-25}" "$1" >&2
  printf -- '---\n' >&2
}

# Copies its input to the log LOG and shows where it is: on a terminal in place, elsewhere a line every ten seconds.
follow() {
  local log=$1 line last="" status shown=$SECONDS started=$SECONDS
  exec 3>>"$log"
  while true; do
    if IFS= read -r -t 2 line; then
      printf '%s\n' "$line" >&3
      [[ -z $line ]] || last=$line
    else
      status=$?
      printf '%s' "$line" >&3
      ((status > 128)) || break  # not a time-out: the end
    fi
    if [[ -t 1 ]]; then
      printf '\r\033[K    %3ds  %s' "$((SECONDS - started))" "${last:0:100}"
    elif ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      printf '    %3ds  %s\n' "$((SECONDS - started))" "${last:0:140}"
    fi
  done
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
  exec 3>&-
}

# run_step LOG COMMAND...: runs a long command with visible progress; false, after the end of its log, when it fails.
run_step() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" </dev/null 2>&1 | follow "$log"; then
    tail_of "$log" 30
    return 1
  fi
}
