#!/usr/bin/env bash
# broker.sh start|stop DIR PORT: the benchmark's own Kafka broker, in DIR.
set -euo pipefail
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/local/lib" && pwd)
for part in ui packages processes kafka; do
  # shellcheck source=/dev/null
  source "$lib/$part.sh"
done

# shellcheck disable=SC2034  # for processes.sh
RUN_DIR=$2/run
case $1 in
  start)
    fetch_kafka "$2/logs/fetch.log"
    launch_broker "$2" "$3"
    await_broker "$2" "$3"
    ;;
  stop) stop_broker ;;
  *) fail "broker.sh start|stop DIR PORT" ;;
esac
