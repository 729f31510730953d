#!/usr/bin/env bash
# exit_codes.sh ODOMETER: what `odometer rules` ends with.
set -euo pipefail
odometer=$1
cd "$(dirname "${BASH_SOURCE[0]}")"

failed=0
# ends_with CODE ARGUMENT...: `odometer rules` with these arguments, and the standard input, ends with the code.
ends_with() {
  local code=0
  "$odometer" rules "${@:2}" >/dev/null 2>&1 || code=$?
  ((code == $1)) && return
  echo "odometer rules ${*:2}: $code, not $1"
  failed=1
}

ends_with 0 check --file shop.yaml
ends_with 2 check --file mistakes.yaml
ends_with 2 check --file missing.yaml
ends_with 1 try --file shop.yaml --events orders.jsonl
ends_with 0 try --file shop.yaml <<<'{"_type":"order_placed","amount":1,"items":[]}'
ends_with 0 try --file shop.yaml --topic shop.orders --json <<<'{"_type":"order_paid"}'
ends_with 2 try --file shop.yaml --topic shop.clicks <<<'{}'
ends_with 2 try --file shop.yaml --events missing.jsonl
ends_with 2 try --file mistakes.yaml <<<'{}'
exit "$failed"
