#!/usr/bin/env bash
# Formats every C++ file of the repository; with --check only says which ones are not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror --ferror-limit=1)
folders=()
for folder in src audit simulation tests bench examples; do
  [ -d "$folder" ] && folders+=("$folder")
done
find "${folders[@]}" \( -name '*.h' -o -name '*.cpp' \) -print0 |
  xargs -0 --no-run-if-empty --max-procs="$(nproc)" --max-args=16 \
    clang-format-19 --style=file "${mode[@]}"
[ "${1:-}" = --check ] && echo "format: every file is as clang-format writes it"
exit 0
