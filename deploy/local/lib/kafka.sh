# shellcheck shell=bash
# One Kafka broker (KRaft, broker and controller in one process) in a folder of its own: its jars, start and stop. Needs
# ui.sh, packages.sh, processes.sh.

readonly KAFKA_VERSION=4.2.2
readonly KAFKA_LOG4J_VERSION=2.25.5
readonly MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
KAFKA_SOURCES=$(cd "$(dirname "${BASH_SOURCE[0]}")/../kafka" && pwd)
readonly KAFKA_SOURCES

# Outside the repository, so that every clone and a `git clean` keep it.
kafka_jars() { printf '%s/odometer/kafka-%s' "${XDG_CACHE_HOME:-$HOME/.cache}" "$KAFKA_VERSION"; }

# fetch_kafka LOG: fetches the broker's jars with Maven, unless they are there. Half a download is never taken for a whole
# one: the folder gets its name last.
fetch_kafka() {
  local log=$1 jars fresh
  jars=$(kafka_jars)
  [[ ! -d $jars ]] || return 0
  say "Fetching Kafka $KAFKA_VERSION to $jars (45 MB, once)"
  mkdir -p "$(dirname "$jars")"
  fresh=$(mktemp -d "$jars.XXXXXX")
  chmod 755 "$fresh"
  run_step "$log" mvn -B -f "$KAFKA_SOURCES/pom.xml" "-Dkafka.version=$KAFKA_VERSION" \
    "-Dlog4j.version=$KAFKA_LOG4J_VERSION" "$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" "-DoutputDirectory=$fresh" || {
    rm -rf "$fresh"
    fail "Maven could not fetch Kafka's jars: is there a network?"
  }
  if ! mv -T "$fresh" "$jars" 2>/dev/null; then rm -rf "$fresh"; fi  # another run was first
}

# broker_settings DIR PORT [SETTING=VALUE...]: the later of two that set the same wins.
broker_settings() {
  local dir=$1 port=$2
  shift 2
  cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/kafka/data
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
END
  if (($# > 0)); then printf '%s\n' "$@"; fi
}

# The JVM's option for a file with classes of Kafka that it need not load anew, where there is one.
KAFKA_CLASS_ARCHIVE=()

# format_storage DIR JAVA: what a new broker needs on disk. Does nothing for a formatted one; a half-formatted one is finished.
format_storage() {
  local dir=$1 java=$2 id=""
  [[ ! -f $dir/kafka/data/meta.properties ]] || return 0
  until [[ $id =~ ^[A-Za-z0-9] ]]; do  # a leading '-' would be taken for an option
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-22)
  done
  "$java" -Xmx128m -XX:TieredStopAtLevel=1 "${KAFKA_CLASS_ARCHIVE[@]}" "-Dlog4j2.configurationFile=$KAFKA_SOURCES/log4j2.xml" \
    "-Dodometer.kafka.log=$dir/logs/kafka.log" -cp "$(kafka_jars)/*" kafka.tools.StorageTool \
    format --ignore-formatted -t "$id" -c "$dir/kafka/server.properties" >>"$dir/logs/kafka.out" 2>&1
}

# adopt_broker DIR: a broker of this folder whose pid file was lost (a kill at the wrong moment) is ours again.
adopt_broker() {
  local dir=$1 file
  ! process_alive broker || return 0
  while IFS= read -r file; do
    grep -qszxF -- "$dir/kafka/server.properties" "$file" || continue
    file=${file#/proc/}
    record_process broker "${file%/cmdline}" adopted || true
    return 0
  done < <(grep -lszxF kafka.Kafka /proc/[0-9]*/cmdline)
}

broker_answers() { listening "$1" && timeout 5 kcat -L -q -b "127.0.0.1:$1" -m 3 >/dev/null 2>&1; }

# launch_broker DIR PORT [SETTING=VALUE...]: starts it, unless it runs, with KAFKA_JVM_OPTIONS. await_broker tells when it
# answers.
KAFKA_JVM_OPTIONS=()
launch_broker() {
  local dir=$1 port=$2 java
  shift 2
  ! process_alive broker || return 0
  java=$(java_command) || fail "there is no Java 17 or newer here." "As root, run: apt-get install openjdk-17-jre-headless"
  mkdir -p "$dir/kafka" "$dir/logs"
  broker_settings "$dir" "$port" "$@" >"$dir/kafka/server.properties"
  : >"$dir/logs/kafka.out"
  if ! format_storage "$dir" "$java"; then
    tail_of "$dir/logs/kafka.out"
    fail "the broker's folder $dir/kafka/data could not be formatted."
  fi
  start_process broker "$dir/logs/kafka.out" "$port" "$java" -Xms256m -Xmx512m -XX:+ExitOnOutOfMemoryError \
    "${KAFKA_CLASS_ARCHIVE[@]}" "${KAFKA_JVM_OPTIONS[@]}" \
    "-Dlog4j2.configurationFile=$KAFKA_SOURCES/log4j2.xml" "-Dodometer.kafka.log=$dir/logs/kafka.log" \
    -cp "$(kafka_jars)/*" kafka.Kafka "$dir/kafka/server.properties"
}

# await_broker DIR PORT
await_broker() {
  local dir=$1 port=$2
  wait_until broker 90 "$dir/logs/kafka.log" broker_answers "$port" || {
    tail_of "$dir/logs/kafka.out" 10
    fail "the Kafka broker did not start." "Its logs: $dir/logs/kafka.log and $dir/logs/kafka.out"
  }
}

stop_broker() { stop_process broker 40; }
