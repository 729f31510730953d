#!/usr/bin/env bash
# Runs shellcheck over every shell script of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scripts=()
while IFS= read -r -d '' file; do
  case $file in
    *.sh) scripts+=("$file") ;;
    *) if head -c 64 "$file" | head -n 1 | tr -d '\0' | grep -qE '^#!.*\b(ba)?sh\b'; then scripts+=("$file"); fi ;;
  esac
done < <(find . \( -path ./build -o -path ./.git -o -name node_modules -o -name target \) -prune -o \
  -type f \( -name '*.sh' -o -perm -u+x \) -print0)
if ((${#scripts[@]} < 5)); then
  echo "only ${#scripts[@]} scripts found: this test looks in the wrong place" >&2
  exit 1
fi
printf 'shellcheck of %d scripts\n' "${#scripts[@]}"
shellcheck -x "${scripts[@]}"
