#!/usr/bin/env bash
# setup.sh - see to it that everything is there that building and testing need.
# Does nothing, quickly, when it is. Debian packages are installed with apt-get; the Swift toolchain is not.
set -euo pipefail

packages=(
  libcrypt-dev libnghttp2-dev libpq-dev libsqlite3-dev libsystemd-dev zlib1g-dev  # what the daemon is built with
  systemd procps util-linux iproute2     # what the system tests boot
  postgresql                             # the server that the store is tested with
  spin gcc libc6-dev                     # what Tests/Model is checked with, and what Tests/Crashes compiles
  tzdata                                 # the time zones of schedule.window
  curl jq python3 python3-yaml shellcheck  # what tests, demonstration and checks call
  openssl                                # certificates of the web servers in Tests/Fronts
  prometheus chromium-headless-shell fonts-dejavu-core  # what metrics, alerts and the page are tested with
)

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

command -v swift >/dev/null || fail 'there is no Swift toolchain; install Swift 6.2 or later from https://www.swift.org/install/linux/ and put its usr/bin on PATH'
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
case $version in
  '') fail "'swift --version' did not say which version it is; Swift 6.2 or later is needed" ;;
esac
if [ "${version%%.*}" -lt 6 ] || { [ "${version%%.*}" -eq 6 ] && [ "${version#*.}" -lt 2 ]; }; then
  fail "Swift $version is too old ($(command -v swift)); 6.2 or later is needed: https://www.swift.org/install/linux/"
fi

command -v dpkg-query >/dev/null || fail "this is no Debian or Ubuntu; install what these packages hold: ${packages[*]}"
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "run as root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
printf 'setup: installing %s\n' "${missing[*]}" >&2
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}
# The package lists may be old or absent: fetch them only when it does not go without.
install || { "${as_root[@]}" apt-get update -qq >&2 && install; } || fail "apt-get could not install ${missing[*]}"
