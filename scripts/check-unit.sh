#!/usr/bin/env bash
# check-unit.sh UNIT-FILE - hold a unit to what systemd itself says of it.
#
# systemd-analyze verify wants the program to be where the unit says, which it is only after `make install`.
# Before that, a copy is verified whose program is one that exists; everything else in it is the same.
set -euo pipefail
unit=$1
program=/usr/bin/bankrefreshd
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

copy=$directory/${unit##*/}
if [ -x "$program" ]; then
  cp "$unit" "$copy"
else
  printf 'check-unit: %s is not installed; verifying with /usr/bin/true in its place\n' "$program" >&2
  sed "s,$program,/usr/bin/true,g" "$unit" >"$copy"
fi
# It ends with 0 for lines that it could not read and ignored: whatever it says is a failure.
said=$(systemd-analyze verify --man=no --recursive-errors=no "$copy" 2>&1) || said=${said:-systemd-analyze verify failed}
if [ -n "$said" ]; then
  printf '%s\n' "$said" >&2
  exit 1
fi
# The threshold is in tenths: 11 is an exposure of 1.1.
if ! security=$(systemd-analyze security --no-pager --offline=yes --threshold=11 "$unit" 2>&1); then
  printf '%s\n' "$security" >&2
  exit 1
fi
