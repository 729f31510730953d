# shellcheck shell=bash
# Background processes of one folder: RUN_DIR/NAME.pid says which process NAME is, and what it was started from. Needs
# ui.sh, and RUN_DIR to be set.

# start_time PID: when it started, in the kernel's ticks; false when it is gone (a zombie is).
start_time() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a fields <<<"${stat##*) }"  # the name before may hold blanks
  [[ ${fields[0]} != Z && ${fields[0]} != X ]] || return 1
  printf '%s' "${fields[19]}"
}

# process_pid NAME: its process id; false when it does not run. A pid that another process got since does not count: start
# time and boot must be the recorded ones.
process_pid() {
  local pid started boot now
  read -r pid started boot _ 2>/dev/null <"$RUN_DIR/$1.pid" || return 1
  now=$(start_time "$pid") || return 1
  [[ $now == "$started" && $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 1
  printf '%s' "$pid"
}

process_alive() { process_pid "$1" >/dev/null; }

# process_fingerprint NAME: the fingerprint that it was started with.
process_fingerprint() { cut -d ' ' -f 4 "$RUN_DIR/$1.pid" 2>/dev/null; }

# record_process NAME PID FINGERPRINT
record_process() {
  local started
  started=$(start_time "$2") || return 1
  mkdir -p "$RUN_DIR"
  printf '%s %s %s %s\n' "$2" "$started" "$(</proc/sys/kernel/random/boot_id)" "$3" >"$RUN_DIR/$1.pid.new"
  mv "$RUN_DIR/$1.pid.new" "$RUN_DIR/$1.pid"
}

# start_process NAME LOG FINGERPRINT COMMAND...: in a session of its own, so that it outlives the terminal.
start_process() {
  local name=$1 log=$2 fingerprint=$3
  shift 3
  mkdir -p "$(dirname "$log")"
  if [[ -s $log ]] && (($(stat -c %s "$log") > 10485760)); then mv "$log" "$log.1"; fi
  # Descriptor 9 is the lock of the calling script.
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  local pid=$!
  disown "$pid"
  record_process "$name" "$pid" "$fingerprint" || true  # gone already: whoever waits for it will tell
}

# stop_process NAME SECONDS: asks it to stop, and ends it when it does not within that time.
stop_process() {
  local name=$1 limit=$2 pid deadline
  if pid=$(process_pid "$name"); then
    kill -TERM "$pid" 2>/dev/null
    deadline=$((SECONDS + limit))
    while process_alive "$name"; do
      if ((SECONDS >= deadline)); then
        note "$name did not stop within $limit s: killed (its log tells more)"
        kill -KILL "$pid" 2>/dev/null
        deadline=$((SECONDS + 10))
      fi
      sleep 0.1
    done
  fi
  rm -f "$RUN_DIR/$name.pid"
}

# wait_until NAME SECONDS LOG COMMAND...: waits until COMMAND succeeds; false, after the end of the log, when the
# process NAME ended meanwhile or the time is over.
wait_until() {
  local name=$1 limit=$2 log=$3 started=$SECONDS shown=$SECONDS
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! process_alive "$name"; then
      tail_of "$log"
      printf 'odometer: %s ended while it started.\n' "$name" >&2
      return 1
    fi
    if ((SECONDS - started >= limit)); then
      tail_of "$log"
      printf 'odometer: %s is not ready after %d s.\n' "$name" "$limit" >&2
      return 1
    fi
    if ((SECONDS - shown >= 5)); then
      shown=$SECONDS
      note "waiting for $name, $((SECONDS - started)) s"
    fi
    sleep 0.1
  done
}

# listening PORT: does anything listen on it on this machine?
listening() { (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# listener_of PORT: who listens there, as far as this user may know: "name (pid 123)".
listener_of() {
  local who=""
  if command -v ss >/dev/null; then
    who=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p' | head -n 1)
  fi
  printf '%s' "${who:-another process}"
}
