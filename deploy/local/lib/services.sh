# shellcheck shell=bash
# Odometer's own processes of a local set-up. Needs folder.sh and processes.sh; BINARY, DIR and the ports must be set, and
# RULES: the rules that the demo's orders are counted by, or nothing.

readonly SERVICES=(processor query ingest)

# fingerprint: changes with the binary and the settings, so that `up` knows what to restart.
fingerprint() {
  { stat -c '%i %s %y' "$BINARY"; cat "$DIR/odometer.yaml" ${RULES:+"$RULES"}; } | cksum | tr ' ' '-'
}

operations_port() {
  case $1 in
    processor) printf '%d' "$((INGEST_PORT + 1))" ;;
    query) printf '%d' "$QUERY_PORT" ;;
    ingest) printf '%d' "$INGEST_PORT" ;;
  esac
}

# stop_outdated DEMO: stops what runs from another binary, other settings or on other ports, and an unwanted demo.
stop_outdated() {
  local name now
  now=$(fingerprint)
  if process_alive demo && { [[ $1 == no ]] || [[ $(process_fingerprint demo) != "$KAFKA_PORT" ]]; }; then
    stop_process demo 10
  fi
  for name in ingest query processor; do
    if process_alive "$name" && [[ $(process_fingerprint "$name") != "$now" ]]; then
      say "Stopping $name: its binary or settings changed"
      stop_process "$name" 25
    fi
  done
  if process_alive broker && ! cmp -s <(broker_settings "$DIR" "$KAFKA_PORT") "$DIR/kafka/server.properties"; then
    say "Stopping the Kafka broker: its settings changed"
    stop_broker
  fi
}

start_services() {
  local name now
  local -a flags
  now=$(fingerprint)
  for name in "${SERVICES[@]}"; do
    if process_alive "$name"; then continue; fi
    say "Starting $name on 127.0.0.1:$(operations_port "$name")"
    flags=(--config "$DIR/odometer.yaml")
    if [[ $name != ingest && -n $RULES ]]; then flags+=(--set "rules.file=$RULES"); fi
    start_process "$name" "$DIR/logs/$name.log" "$now" "$BINARY" "$name" "${flags[@]}"
  done
}

start_demo() {
  if process_alive demo; then return 0; fi
  say "Starting the demo: a web shop's events and orders"
  start_process demo "$DIR/logs/demo.log" "$KAFKA_PORT" /usr/bin/python3 "$1" --bootstrap "127.0.0.1:$KAFKA_PORT"
}

is_ready() { curl -fs -m 3 -o "$RUN_DIR/readyz" "http://127.0.0.1:$1/readyz"; }

await_services() {
  local name port
  for name in "${SERVICES[@]}"; do
    port=$(operations_port "$name")
    if ! wait_until "$name" 120 "$DIR/logs/$name.log" is_ready "$port"; then
      curl -s -m 3 "http://127.0.0.1:$port/readyz" >&2 || true
      fail "$name did not become ready." "Its log: $DIR/logs/$name.log"
    fi
  done
}

# show URL [CURL OPTION...]: prints the command and what it answers now. ANSWER is the answer.
show() {
  local url=$1 line
  shift
  ANSWER=$(curl -s -m 10 "$@" "$url" | tr -d '\r') || ANSWER="(no answer)"
  printf '\n  curl -s %s"%s"\n' "${*:+$* }" "$url"
  while IFS= read -r line; do printf '    %s\n' "$line"; done <<<"${ANSWER:0:600}"
}

# shop_is_counted: do the demo's events show?
shop_is_counted() {
  local question
  for question in "logins&type=meter" "requests&type=counter" "latency_ms&type=timer&label.route=/" \
    "stock&type=gauge&label.article=lamp" "orders&type=counter" "revenue_cents&type=counter" "checkout_s&type=timer"; do
    [[ $(curl -fs -m 5 "http://127.0.0.1:$QUERY_PORT/read?key=$question") == *'"values":[{'* ]] || return 1
  done
}

show_answers() {
  local query=http://127.0.0.1:$QUERY_PORT ingest=http://127.0.0.1:$INGEST_PORT offset
  printf '\nOdometer runs. Ask it:\n'
  if [[ $1 == yes ]]; then
    wait_until demo 20 "$DIR/logs/demo.log" shop_is_counted || fail "the demo's events do not show."
    show "$query/read?key=requests&type=counter"
    show "$query/read?key=requests&type=counter&label.status=200"
    show "$query/read?key=latency_ms&type=timer&label.route=/"
    show "$query/read?key=stock&type=gauge&label.article=lamp"
    show "$query/data/metrics/shop.logins"
    printf '\nThe orders on the topic shop.orders, counted by the rules in %s:\n' "$RULES"
    show "$query/read?key=orders&type=counter"
    show "$query/read?key=revenue_cents&type=points&period=60"
    show "$query/read?key=orders&type=counter&label.country=de"
    show "$query/read?key=checkout_s&type=timer"
    show "$query/gauges/revenue_cents"
  fi
  show "$ingest/track?key=hello" -i
  offset=$(sed -n 's/^X-Odometer-Offset: //Ip' <<<"$ANSWER")
  show "$query/read?key=hello&type=counter${offset:+&min-offset=$offset}"
  printf '\nIn a browser: %s/\n' "$query"
  printf '\nSettings: %s\nLogs:     %s\nStop:     deploy/local/down%s\n' "$DIR/odometer.yaml" "$DIR/logs" \
    "$([[ $DIR == "$(default_folder)" ]] || printf ' --dir %s' "$DIR")"
}
