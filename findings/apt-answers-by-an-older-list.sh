#!/usr/bin/env bash
# apt 2.6: a list that is changed within a second, and keeps its size, is not read again.
#
# Expected: apt-cache and apt-get answer by the status file and the lists as they are; pkgcache.bin only saves the parsing.
# Seen: the cache counts as good while each list has the size and the modification time, in whole seconds, that it had when the
#       cache was made. A status file that says 0.0.2 instead of 0.0.1 within that second is answered by "0.0.1", again and again,
#       also a minute later. A modification time of another second, or no cache (Dir::Cache::pkgcache ""), mends it.
# Where it matters: scripts and tests that change such a list and ask at once fail now and then, with an answer that is wrong
#       and no error. Upgrades of one digit keep the size.
#
# Downloads Debian's packages of apt and its library. Nothing of this machine's apt is read or changed.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
work=$(mktemp -d) && trap 'cd / && rm -rf "$work"' EXIT
cd "$work"
apt-get download apt libapt-pkg6.0 >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
library=$(dirname "$(find "$work/root" -name 'libapt-pkg.so.6.0' | head -n 1)")
mkdir -p state/lists/partial cache/archives/partial etc/preferences.d etc/sources.list.d etc/apt.conf.d
cat > apt.conf <<END
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc "$work/etc";
END
apt=(env APT_CONFIG="$work/apt.conf" LC_ALL=C LD_LIBRARY_PATH="$library" "$work/root/usr/bin/apt-cache")
echo "version: $("${apt[@]}" --version | head -n 1)"

state() { # version, fraction of the second in which it is written
  printf 'Package: demo\nStatus: install ok installed\nArchitecture: all\nMaintainer: x\nVersion: %s\nDescription: x\n\n' \
    "$1" > status
  touch -d "2026-01-01 00:00:$2" status
}
installed() { "${apt[@]}" "${@:2}" policy demo | sed -n "s/^  Installed: /$1: /p"; }

seen="$(
  state 0.0.1 00.1; installed 'at first'
  state 0.0.2 00.9; installed 'changed within the second'
  installed 'asked again'
  installed 'without a cache' -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  state 0.0.2 01.1; installed 'changed in the next second'
)"
echo "$seen"
expected='at first: 0.0.1
changed within the second: 0.0.1
asked again: 0.0.1
without a cache: 0.0.2
changed in the next second: 0.0.2'
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
