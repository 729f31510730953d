# shellcheck shell=bash
# Debian packages: which are needed, and installing what is missing of them. Needs ui.sh.

# shellcheck disable=SC2034  # used by the scripts that source this file
BUILD_PACKAGES=(
  g++ cmake ninja-build pkg-config ccache mold
  librdkafka-dev librocksdb-dev libpistache-dev libsimdjson-dev nlohmann-json3-dev libspdlog-dev libcli11-dev
  libyaml-cpp-dev libre2-dev prometheus-cpp-dev libxxhash-dev libssl-dev libwslay-dev libcurl4-openssl-dev zlib1g-dev
  libjemalloc-dev libprotobuf-dev protobuf-compiler libhowardhinnant-date-dev tzdata
  libgtest-dev libgmock-dev libbenchmark-dev python3 python3-yaml)
# shellcheck disable=SC2034
RUN_PACKAGES=(curl kcat python3 python3-confluent-kafka)

# java_command: prints the Java to use, 17 or newer; false when there is none.
java_command() {
  local java version
  for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java)" /usr/lib/jvm/java-17-openjdk-*/bin/java; do
    [[ -n $java && -x $java ]] || continue
    version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    if [[ $version =~ ^[0-9]+$ ]] && ((version >= 17)); then
      printf '%s' "$java"
      return 0
    fi
  done
  return 1
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local installed package
  # dpkg-query fails when it does not know one of them: then that one is missing.
  installed=$({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } | sed -n 's/ installed$//p')
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

distribution() {
  # shellcheck source=/dev/null
  (. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-an unknown system}") || printf 'an unknown system'
}

# install_packages LOG PACKAGE...: installs what is missing; stops with a message when that cannot be done here.
install_packages() {
  local log=$1
  shift
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "this is $(distribution), without apt: nothing can be installed here by itself." \
      "Install what these Debian 12 packages hold, then run again with --skip-packages:" "$*"
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "installing packages needs root, and there is no sudo." \
      "As root, run: apt-get install ${missing[*]}"
    sudo -v || fail "installing packages needs root." "As root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  run_step "$log" "${apt[@]}" update || fail "apt-get update failed: is there a network?"
  run_step "$log" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install the packages (made for Debian 12; this is $(distribution))."
}
