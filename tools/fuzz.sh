#!/usr/bin/env bash
# fuzz.sh FOLDER SECONDS: runs every fuzzer in FOLDER that long, as many at once as there are
# cores. What they learn stays in build/fuzz/corpus, what they break in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1 seconds=$2
run_one() {
  local fuzzer=$1 seconds=$2 name corpus
  name=$(basename "$fuzzer")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus" build/fuzz/crashes
  local seeds=()
  [ -d "tests/fuzz/$name" ] && seeds=("tests/fuzz/$name")
  if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -artifact_prefix="build/fuzz/crashes/$name-" "$corpus" "${seeds[@]}" \
    >"build/fuzz/$name.log" 2>&1; then
    printf '%s: %s\n' "$name" "$(grep -a '^Done ' "build/fuzz/$name.log" || echo done)"
  else
    tail -n 60 "build/fuzz/$name.log"
    printf '%s: FAILED (build/fuzz/%s.log)\n' "$name" "$name"
    return 1
  fi
}
export -f run_one
fuzzers=()
[ -d "$folder" ] && mapfile -t fuzzers < <(find "$folder" -maxdepth 1 -type f -executable | sort)
if [ "${#fuzzers[@]}" -eq 0 ]; then
  echo "fuzz: there is nothing to fuzz"
  exit 0
fi
printf '%s\n' "${fuzzers[@]}" |
  xargs -I{} --max-procs="$(nproc)" bash -c 'run_one "$0" "$1"' {} "$seconds"
