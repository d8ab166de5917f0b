#!/usr/bin/env bash
# debian13.sh - run the system tests, built here, on Debian 13: its systemd, its libraries, its tools.
#
# The tree is made once by debootstrap, in .build/debian13; MIRROR names where its packages come from. Needs root, and
# what `make build` and `swift build --build-tests` leave. FILTER chooses tests. The web servers of the tests before
# fronts come from Debian 12, so those tests stay there.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$PWD/.build/debian13
tests=.build/debug/bankrefreshdPackageTests.xctest
packages=(
  systemd procps util-linux iproute2 passwd make binutils   # what the tests boot, and what installs the daemon
  libcrypt1 libnghttp2-14 libpq5 libsqlite3-0 libsystemd0 zlib1g  # what the daemon is linked with
  libcurl4t64 libxml2 libstdc++6                    # what the tests are linked with
  curl jq python3 openssl tzdata                    # what the tests call
)
fail() { printf 'debian13: %s\n' "$1" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail 'run as root'
swift=$(command -v swift) || fail 'there is no Swift toolchain on PATH: the tests need its libraries'
[ -x "$tests" ] || fail 'the tests are not built: swift build --build-tests'
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$swift")")")")

if [ ! -e "$tree/.complete" ]; then
  command -v debootstrap > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >&2
  rm -rf --one-file-system "$tree"
  mkdir -p "$tree"
  debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" trixie "$tree" ${MIRROR:+"$MIRROR"} > "$tree.log" 2>&1 \
    || { tail -n 20 "$tree.log" >&2; fail "debootstrap could not make $tree"; }
elif [ "$(cat "$tree/.complete")" != "${packages[*]}" ]; then
  # Made for tests that needed less.
  chroot "$tree" env DEBIAN_FRONTEND=noninteractive \
    sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' install "${packages[@]}" \
    > "$tree.log" 2>&1 || { tail -n 20 "$tree.log" >&2; fail "$tree could not be completed"; }
fi
echo "${packages[*]}" > "$tree/.complete"

printf 'debian13: %s, systemd %s\n' "$(cat "$tree/etc/debian_version")" \
  "$(chroot "$tree" dpkg-query -W -f '${Version}' systemd)"
exec env BANKREFRESHD_BINARY="$PWD/.build/release/bankrefreshd" TIGHT_SANDBOX_BINARY="$PWD/.build/release/tight-sandbox" \
  scripts/with-systemd.sh --root "$tree" --timeout 1200 --bind "$PWD" --bind "$toolchain" -- \
  "$tests" --testing-library swift-testing --no-parallel --filter "${FILTER:-SystemTests}" --skip FrontTests
