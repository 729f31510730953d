# shellcheck shell=bash
# The folder that keeps everything of one local set-up: its mark, lock, ports and settings. Needs ui.sh, processes.sh.

readonly FOLDER_MARK=.odometer-local

default_folder() { printf '%s/odometer' "${XDG_STATE_HOME:-${HOME:-/root}/.local/state}"; }

# open_folder DIR: makes it when it is not there, marks it, takes its lock. Sets DIR (absolute) and RUN_DIR.
open_folder() {
  [[ -n $1 ]] || fail "--dir wants a folder."
  if ! mkdir -p -- "$1" 2>/dev/null || [[ ! -w $1 ]]; then
    fail "$1 cannot be written." "Choose another folder with --dir DIR."
  fi
  DIR=$(cd -- "$1" && pwd -P)
  RUN_DIR=$DIR/run
  [[ $DIR != *[$',:"\'\\\n']* ]] || fail "the folder's name must be without quotes, commas, colons and backslashes: $DIR"
  : >>"$DIR/$FOLDER_MARK"
  mkdir -p "$RUN_DIR" "$DIR/logs"
  exec 9>"$RUN_DIR/lock"
  if ! flock -n 9; then
    say "Another up or down works in $DIR: waiting for it."
    flock -w 600 9 || fail "it did not end within ten minutes."
  fi
}

# remembered_port NAME DEFAULT: the port that this folder used last.
remembered_port() {
  local port
  port=$(sed -n "s/^$1=\([0-9]*\)$/\1/p" "$RUN_DIR/ports" 2>/dev/null || true)
  printf '%s' "${port:-$2}"
}

# choose_ports: options win over what the folder remembers, that wins over the defaults.
choose_ports() {
  KAFKA_PORT=${kafka_port:-$(remembered_port kafka 9092)}
  INGEST_PORT=${ingest_port:-$(remembered_port ingest 8000)}
  QUERY_PORT=${query_port:-$(remembered_port query 7000)}
  local twice
  twice=$(printf '%s\n' "$KAFKA_PORT" "$((KAFKA_PORT + 1))" "$INGEST_PORT" "$((INGEST_PORT + 1))" "$QUERY_PORT" |
    sort | uniq -d)
  [[ -z $twice ]] || fail "two parts would use port ${twice%%$'\n'*}: the broker takes two ports from --kafka-port on," \
    "ingest and the processor two from --ingest-port on, and query the one of --query-port."
}

# check_port PORT WHO PROCESS OPTION: stops with a message when something else has the port that PROCESS needs.
check_port() {
  if process_alive "$3" || ! listening "$1"; then return 0; fi
  fail "port $1, which $2 needs, is taken by $(listener_of "$1")." "Stop that, or choose another port with $4 PORT."
}

check_ports() {
  check_port "$KAFKA_PORT" "the Kafka broker" broker --kafka-port
  check_port "$((KAFKA_PORT + 1))" "the Kafka broker's controller" broker --kafka-port
  check_port "$INGEST_PORT" ingest ingest --ingest-port
  check_port "$((INGEST_PORT + 1))" "the processor" processor --ingest-port
  check_port "$QUERY_PORT" query query --query-port
}

settings() {
  cat <<END
# Written by deploy/local/up. Edits are kept, until up is given other ports.
application: odometer
instance.id: odometer-1
state.dir: "$DIR/state"
topics:
  events: metrics.events
  dead_letters: metrics.dead-letters
kafka:
  bootstrap.servers: "127.0.0.1:$KAFKA_PORT"
processor.listen: "127.0.0.1:$((INGEST_PORT + 1))"
ingest.listen: "127.0.0.1:$INGEST_PORT"
query.listen: "127.0.0.1:$QUERY_PORT"
log.level: info
END
}

# write_settings: DIR/odometer.yaml, unless the user's own is there; its ports are remembered.
write_settings() {
  local file=$DIR/odometer.yaml written=$RUN_DIR/odometer.yaml.written ports=$RUN_DIR/ports
  local chosen="kafka=$KAFKA_PORT"$'\n'"ingest=$INGEST_PORT"$'\n'"query=$QUERY_PORT"
  if [[ -f $file ]] && ! cmp -s "$file" "$written"; then
    if [[ -f $ports && $(<"$ports") == "$chosen" ]]; then return 0; fi
    cp "$file" "$file.old"
    say "Other ports than before: $file is written anew; yours is now $file.old."
  fi
  settings >"$file.new"
  if ! cmp -s "$file.new" "$file"; then mv "$file.new" "$file"; else rm "$file.new"; fi
  cp "$file" "$written"
  printf '%s\n' "$chosen" >"$ports"
}

# wipe_folder: removes what up made, and the folder if nothing else is in it.
wipe_folder() {
  (cd -- "${DIR:?}" && rm -rf -- kafka state logs run odometer.yaml odometer.yaml.old "$FOLDER_MARK")
  rmdir -- "$DIR" 2>/dev/null || true
}
