#!/usr/bin/env bash
# deb.sh - build the packages into .build/deb, look them over with lintian, and say what is there.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for package in apt-utils debhelper dpkg-dev gnupg lintian; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# Helpers' files are written beside the rules (debian/.gitignore); the packages into the build directory.
export PACKAGES=$PWD/.build/deb
rm -rf "$PACKAGES"
mkdir -p "$PACKAGES"
dpkg-buildpackage --build=binary --no-sign --no-check-builddeps \
  --buildinfo-file="$PACKAGES/bankrefreshd.buildinfo" --buildinfo-option=-u"$PACKAGES" \
  --changes-file="$PACKAGES/bankrefreshd.changes" --changes-option=-u"$PACKAGES"
lintian --fail-on error,warning "$PACKAGES/bankrefreshd.changes"
ls -l "$PACKAGES"/*.deb

# CONTRIBUTING.md says what fills them.
limit() { # WHAT BYTES LIMIT
  [ "$2" -le "$3" ] || { echo "deb: $1 has $2 bytes, and $3 are allowed; CONTRIBUTING.md says what fills it" >&2; exit 1; }
}
limit 'the package' "$(stat -c %s "$PACKAGES"/bankrefreshd_*.deb)" 17000000
limit 'the binary' "$(stat -c %s debian/bankrefreshd/usr/bin/bankrefreshd)" 60000000
# dpkg-shlibdeps does not see that relocations are packed: findings/dpkg-shlibdeps-passes-over-packed-relocations.sh
for package in "$PACKAGES"/bankrefreshd_*.deb "$PACKAGES"/tight-sandbox_*.deb; do
  dpkg-deb -f "$package" Depends | grep -qF 'libc6 (>= 2.36)' || {
    echo "deb: $package does not depend on a libc6 that loads packed relocations" >&2; exit 1; }
done
