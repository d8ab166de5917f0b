#!/usr/bin/env bash
# setup.sh DIRECTORY PACKAGE... - packages of Debian, unpacked in DIRECTORY/root.
#
# They are unpacked and not installed, so that no server is started or enabled on this machine. Libraries that the
# machine lacks are unpacked with them; what is installed is used as it is. Quick when it was done before.
set -euo pipefail
[ $# -ge 2 ] || { echo 'usage: setup.sh DIRECTORY PACKAGE...' >&2; exit 64; }
directory=$1
wanted=("${@:2}")
stamp=$directory/unpacked

[ "$(cat "$stamp" 2>/dev/null || :)" != "${wanted[*]}" ] || exit 0
fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }
command -v apt-get >/dev/null || fail "this is no Debian or Ubuntu, which has the packages ${wanted[*]}"
mkdir -p "$directory/packages"

# The package lists may be old or absent: they are fetched only when it does not go without.
update() {
  if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2; else sudo apt-get update -qq >&2; fi
}
# What an installation would bring, dependencies included.
missing() {
  apt-get install --simulate --yes --no-install-recommends "${wanted[@]}" 2>/dev/null | awk '$1 == "Inst" { print $2 }'
}
download() {
  # Apt's own user may not write here, of which it warns.
  (cd "$directory/packages" && apt-get download -qq "${packages[@]}" 2> >(grep -v "user '_apt'" >&2))
}

list=$(missing) || { update && list=$(missing); } || fail "apt-get does not know ${wanted[*]}"
rm -f "$directory"/packages/*.deb
mapfile -t packages < <(printf '%s' "$list")
if [ ${#packages[@]} -gt 0 ]; then
  printf 'setup: unpacking %s\n' "${packages[*]}" >&2
  download || { update && download; } || fail "apt-get could not fetch ${packages[*]}"
fi
rm -rf "$directory/root"
mkdir -p "$directory/root"
for archive in "$directory"/packages/*.deb; do
  [ ! -e "$archive" ] || dpkg-deb --extract "$archive" "$directory/root"
done
printf '%s\n' "${wanted[*]}" >"$stamp"
