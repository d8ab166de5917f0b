#!/usr/bin/env bash
# test-reproducible.sh - build the packages of this commit twice, in two directories, and compare them bit for bit.
#
# It takes two whole builds (some 20 minutes each on 2 cores) and 8 GB in WORK. KEEP=1 leaves both trees there.
#
# The names of the directories have the same length: for two checks of GRDB's and Hummingbird's, Swift 6.3 writes the length of
# the source's path into the code, without the path. Builds under paths of another length differ in these bytes alone. TMPDIR has
# to be the same, too: the debug information of macros names it, and the build id is made of that.
set -euo pipefail
cd "$(dirname "$0")/.."

work=${WORK:-/var/tmp/bankrefreshd-reproducible}
fail() { printf 'test-reproducible: %s\n' "$1" >&2; exit 1; }
[ ! -e "$work" ] || fail "$work already exists; remove it, or name another directory in WORK"
[ -z "$(git status --porcelain --untracked-files=no)" ] || fail 'there are changes that are not committed'
trap '[ "${KEEP:-}" = 1 ] || rm -rf "$work"' EXIT

for name in one two; do
  mkdir -p "$work/$name"
  git clone --quiet . "$work/$name/bankrefreshd"
  # The same versions of what the dependencies depend on.
  [ ! -e Package.resolved ] || cp Package.resolved "$work/$name/bankrefreshd/"
  printf 'test-reproducible: building in %s\n' "$work/$name/bankrefreshd" >&2
  make -C "$work/$name/bankrefreshd" deb > "$work/$name.log" 2>&1 || { tail -n 20 "$work/$name.log" >&2; fail 'make deb failed'; }
done

differs=0
for package in "$work"/one/bankrefreshd/.build/deb/*.deb; do
  other=$work/two/bankrefreshd/.build/deb/$(basename "$package")
  if cmp -s "$package" "$other"; then
    sha256sum "$package" | sed "s,$work/one/bankrefreshd/.build/deb/,,"
  else
    differs=1
    printf 'test-reproducible: %s differs:\n' "$(basename "$package")" >&2
    for side in one two; do
      mkdir "$work/$side/files"
      dpkg-deb --raw-extract "$work/$side/bankrefreshd/.build/deb/$(basename "$package")" "$work/$side/files"
    done
    diff -rq "$work/one/files" "$work/two/files" >&2 || :
    rm -rf "$work/one/files" "$work/two/files"
  fi
done
[ "$differs" = 0 ] || fail 'the two builds differ; KEEP=1 keeps them'
echo 'test-reproducible: both builds are the same, bit for bit'
