#!/usr/bin/env bash
# Installs what building and testing Tidemark needs from Debian 12's own packages, and says what
# it installs. When nothing is missing it costs one dpkg-query and touches nothing.
# With --bench also what only the benchmarks need: the other proxies, and what draws the plots.
set -euo pipefail

packages=(
  # building
  build-essential cmake ninja-build ccache pkg-config git
  # linting, fuzzing, counting instructions
  clang-format-19 clang-tidy-19 clang-19 libclang-rt-19-dev valgrind
  # libraries
  libgtest-dev libbenchmark-dev libpg-query-dev liburing-dev libgsasl-dev libtomlplusplus-dev
  libcli11-dev libfmt-dev libspdlog-dev libsimdjson-dev prometheus-cpp-dev libssl-dev libpq-dev
  libpqxx-dev
  # servers and drivers for the tests
  postgresql-15 postgresql-client-15 pgbouncer pgpool2
  python3 python3-pytest python3-pytest-xdist python3-psycopg python3-asyncpg python3-psycopg2
  # the page of tidemark audit, looked at
  chromium
)
if [ "${1:-}" = --bench ]; then
  packages+=(haproxy python3-matplotlib linux-perf)
fi
# Packages whose installation would leave a service running, each with its service's name.
services=(pgbouncer haproxy pgpool2)

say() { printf 'setup: %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

find_missing() {
  local installed
  # dpkg-query fails when it has never heard of one of them; what it knows it prints all the same.
  installed=" $({ dpkg-query -W -f '${db:Status-Status}=${Package}\n' "${packages[@]}" \
    2>/dev/null || true; } | sed -n 's/^installed=//p' | tr '\n' ' ') "
  missing=()
  for package in "${packages[@]}"; do
    [[ $installed == *" $package "* ]] || missing+=("$package")
  done
  # Node.js counts as present wherever it came from.
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
}

# A new PostgreSQL package would create and start a cluster of its own.
forbid_main_cluster() {
  is_installed postgresql-common && return
  as_root mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' |
    as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
}

# While packages are unpacked no init script may start anything; an existing policy is respected.
forbid_service_starts() {
  local policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  trap "as_root rm -f $policy" EXIT
}

# Nor at the next boot: a service that this run brought in stays off until somebody wants it.
switch_off_new_services() {
  for service in "$@"; do
    as_root env PATH="$PATH:/usr/sbin:/sbin" sh -c "
      if [ -d /run/systemd/system ]; then systemctl stop $service || true; fi
      update-rc.d $service disable" >/dev/null 2>&1 || true
  done
}

install_missing() {
  local new_services=()
  for service in "${services[@]}"; do
    [[ " ${missing[*]} " == *" $service "* ]] && new_services+=("$service")
  done
  forbid_main_cluster
  forbid_service_starts
  local quiet=(env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1)
  say "reading the package lists"
  as_root apt-get update -q
  as_root "${quiet[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
  switch_off_new_services "${new_services[@]}"
}

if ! command -v dpkg-query >/dev/null; then
  say "this is no Debian system: install the equivalents of these yourself:"
  printf '  %s\n' "${packages[@]}" nodejs npm
  exit 1
fi
find_missing
[ "${#missing[@]}" -eq 0 ] && exit 0
say "installing ${missing[*]}"
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  say "neither root nor sudo: run as root: apt-get install ${missing[*]}"
  exit 1
fi
install_missing
find_missing
if [ "${#missing[@]}" -ne 0 ]; then
  say "still missing: ${missing[*]}"
  exit 1
fi
say "done"
