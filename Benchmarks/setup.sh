#!/usr/bin/env bash
# setup.sh DIRECTORY - install what the benchmarks measure against, and build the peers into DIRECTORY; as root.
set -euo pipefail
cd "$(dirname "$0")"
directory=$1
packages=(
  nginx-light libnginx-mod-http-echo openssl           # the server
  nghttp2-client wrk curl                              # the limit: h2load, wrk; curl --parallel
  golang-go golang-github-mattn-go-sqlite3-dev golang-github-coreos-go-systemd-dev libsqlite3-dev gcc
  python3-venv                                         # aiohttp comes from PyPI
  linux-perf valgrind binutils util-linux procps systemd libsystemd-dev
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    { apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2; }
fi

mkdir -p "$directory"
if [ ! -x "$directory/venv/bin/python" ]; then
  python3 -m venv "$directory/venv"
fi
"$directory/venv/bin/python" -c 'import aiohttp' 2>/dev/null ||
  "$directory/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp
# Debian's packages lie in a GOPATH of their own; nothing is fetched.
if [ ! "$directory/whole" -nt peers/whole.go ]; then
  GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$directory/go-cache" \
    go build -tags libsqlite3 -o "$directory/whole" peers/whole.go
fi
