#!/usr/bin/env bash
# A Kafka broker for tests, that they may stop and kill: see --help. The broker's jars must have been fetched, as tests/run
# does.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/local/lib/ui.sh
source "$here/../../deploy/local/lib/ui.sh"
# shellcheck source=deploy/local/lib/packages.sh
source "$here/../../deploy/local/lib/packages.sh"
# shellcheck source=deploy/local/lib/processes.sh
source "$here/../../deploy/local/lib/processes.sh"
# shellcheck source=deploy/local/lib/kafka.sh
source "$here/../../deploy/local/lib/kafka.sh"

# Such a broker ends before the code of the optimising compiler has paid for its making.
KAFKA_JVM_OPTIONS=(-XX:TieredStopAtLevel=1)

usage() {
  cat <<'END'
tests/support/broker.sh start PORT DIR [SETTING=VALUE...]
                                         starts a broker on 127.0.0.1:PORT (its controller: PORT + 1) with its data in
                                         DIR, and waits until it answers; again after stop or kill it goes on. The
                                         settings are the broker's own, such as num.partitions=8
tests/support/broker.sh stop DIR         stops it gracefully
tests/support/broker.sh kill DIR         ends it as a crash would (SIGKILL)
tests/support/broker.sh free-port        prints a port that is free, as is the next one
END
}

# Below the range that the kernel gives to outgoing connections.
free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 10000))
    if ! listening "$port" && ! listening "$((port + 1))"; then
      printf '%s\n' "$port"
      return
    fi
  done
}

# class_archive: the file that keeps what this Java has made of Kafka's classes.
class_archive() {
  local java
  java=$(readlink -f "$(java_command)")
  printf '%s/classes-%s.jsa' "$(kafka_jars)" "$(cksum <"${java%/bin/java}/release" | cut -d ' ' -f 1)"
}

# archive_classes FILE: by a broker that has started and ends. With its classes at hand another one starts in half the time.
archive_classes() {
  local dir
  dir=$(mktemp -d)
  KAFKA_CLASS_ARCHIVE=("-XX:ArchiveClassesAtExit=$dir/classes.jsa")
  start_in "$dir" "$(free_port)"
  stop_broker
  KAFKA_CLASS_ARCHIVE=()
  if [[ -s $dir/classes.jsa ]]; then mv "$dir/classes.jsa" "$1"; fi
  rm -rf "$dir"
}

start_in() {
  RUN_DIR=$1/run
  launch_broker "$@"
  await_broker "$1" "$2"
}

start() {
  local port=$1 archive dir
  mkdir -p "$2"
  dir=$(cd "$2" && pwd -P)
  archive=$(class_archive)
  [[ -s $archive ]] || archive_classes "$archive"
  if [[ -s $archive ]]; then KAFKA_CLASS_ARCHIVE=("-XX:SharedArchiveFile=$archive"); fi
  start_in "$dir" "$port" "${@:3}"
}

if [[ ${1:-} == start ]] && (($# >= 3)); then
  start "${@:2}"
  exit
fi
case "${1:-} $#" in
  "stop 2")
    RUN_DIR=$2/run
    stop_broker
    ;;
  "kill 2")
    RUN_DIR=$2/run
    if pid=$(process_pid broker); then
      kill -KILL "$pid"
      while process_alive broker; do sleep 0.05; done
    fi
    rm -f "$RUN_DIR/broker.pid"
    ;;
  "free-port 1") free_port ;;
  *)
    usage
    [[ ${1:-} == --help ]]
    ;;
esac
