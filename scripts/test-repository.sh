#!/usr/bin/env bash
# test-repository.sh - what scripts/repository.sh lays out, as apt takes it: over HTTP, from a throwaway key, in a private
# apt. Needs no root and changes nothing outside a temporary directory. Packages of `make deb` are used where there are any.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=''
tidy() {
  trap - EXIT
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || :; }
  gpgconf --homedir "$work/gpg" --kill all 2>/dev/null || :
  gpgconf --homedir "$work/stranger" --kill all 2>/dev/null || :
  rm -rf "$work"
}
trap tidy EXIT
fail() { printf 'test-repository: %s\n' "$1" >&2; tail -n 20 "$work/log" >&2 2>/dev/null || :; exit 1; }
ok() { printf 'ok: %s\n' "$1"; }

key() { # HOME NAME: a key without a passphrase; prints its fingerprint
  mkdir -m 0700 "$1"
  gpg --homedir "$1" --batch --quiet --passphrase '' --quick-generate-key "$2 <$2@example.org>" ed25519 sign never
  gpg --homedir "$1" --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }'
}
package() { # VERSION CONTENT: a package named as ours, with nothing but a line in it
  local tree=$work/tree
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/bankrefreshd" "$work/packages"
  echo "$2" > "$tree/usr/share/doc/bankrefreshd/content"
  cat > "$tree/DEBIAN/control" <<END
Package: bankrefreshd
Version: $1
Architecture: $(dpkg --print-architecture)
Maintainer: nobody <nobody@example.org>
Description: stands for the package in a test
END
  rm -f "$work/packages"/*
  dpkg-deb --root-owner-group --build "$tree" "$work/packages" > /dev/null
}
publish() { REPOSITORY=$work/repository PACKAGES=${1:-$work/packages} scripts/repository.sh > "$work/log" 2>&1; }

export GNUPGHOME=$work/gpg
KEY=$(key "$GNUPGHOME" archive)
export KEY
package 0.0.1 first
publish || fail 'the first version cannot be published'
package 0.0.2 second
publish || fail 'a second version cannot be published'
if [ -n "$(ls .build/deb/bankrefreshd_*.deb 2>/dev/null)" ]; then
  publish .build/deb || fail 'the packages of make deb cannot be published'
fi
ok 'published'

package 0.0.2 other
if publish; then fail 'a published version was replaced'; fi
grep -q 'give the new one a new version' "$work/log" || fail 'why a version cannot be replaced is not said'
if KEY='' publish; then fail 'published without a key'; fi
if KEY=0123456789ABCDEF0123456789ABCDEF01234567 publish; then fail 'published with a key that is not there'; fi
ok 'refused: another package of the same version, no key, an unknown key'

python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/repository" > "$work/server" 2>&1 &
server=$!
for _ in $(seq 100); do grep -q 'port [0-9]' "$work/server" && break; sleep 0.1; done
url=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/server")

# An apt of its own: nothing is installed, and the machine's lists are not touched.
apt=$work/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/etc/preferences.d" "$apt/etc/sources.list.d" \
  "$apt/etc/keyrings" "$apt/etc/apt.conf.d"
cp /var/lib/dpkg/status "$apt/status"
cat > "$apt/apt.conf" <<END
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
// Told by size and second of the lists, they outlive a change of one digit.
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc "$apt/etc";
APT::Sandbox::User "";
Acquire::http::Proxy "DIRECT";
END
export APT_CONFIG=$apt/apt.conf
URL=$url REPOSITORY=$work/repository PACKAGES=$work/repository/pool/main scripts/repository.sh > "$work/log" 2>&1 \
  || fail 'publishing again what is there fails'
cp "$work/repository/bankrefreshd.asc" "$apt/etc/keyrings/"
sed "s,/etc/apt/keyrings,$apt/etc/keyrings," "$work/repository/bankrefreshd.sources" \
  > "$apt/etc/sources.list.d/bankrefreshd.sources"

update() { rm -rf "$apt/state/lists"; mkdir -p "$apt/state/lists/partial"; apt-get update -q > "$work/log" 2>&1 && ! grep -qE '^(W|E):' "$work/log"; }
planned() { apt-get install -s -q "$@" 2>"$work/log" | sed -n 's/^Inst bankrefreshd .*(\([^ ]*\) .*/\1/p'; }
update || fail 'apt-get update does not take the repository'
newest=$(apt-cache policy bankrefreshd | sed -n 's/^  Candidate: //p')
highest=$(for deb in "$work"/repository/pool/main/bankrefreshd_*.deb; do dpkg-deb -f "$deb" Version; done | sort -V | tail -n 1)
[ "$newest" = "$highest" ] || fail "apt would install $newest instead of $highest"
sed -i '/^Package: bankrefreshd$/,/^$/d' "$apt/status"
[ "$(planned bankrefreshd=0.0.2)" = 0.0.2 ] || fail 'a version that is named is not chosen'
(cd "$work" && apt-get download -q bankrefreshd=0.0.2 > "$work/log" 2>&1) || fail 'a package cannot be fetched'
[ "$(dpkg-deb --fsys-tarfile "$work"/bankrefreshd_0.0.2_*.deb | tar xO ./usr/share/doc/bankrefreshd/content)" = second ] \
  || fail 'another package was fetched'
ok "apt takes it: $newest is the candidate, and an older one can be chosen"

# Upgrade, pin, go back: as docs/install.md says.
printf 'Package: bankrefreshd\nStatus: install ok installed\nArchitecture: %s\nMaintainer: x\nVersion: 0.0.1\nDescription: x\n\n' \
  "$(dpkg --print-architecture)" >> "$apt/status"
[ "$(planned --only-upgrade bankrefreshd=0.0.2)" = 0.0.2 ] || fail 'an upgrade is not offered'
printf 'Package: bankrefreshd\nPin: version 0.0.1*\nPin-Priority: 1001\n' > "$apt/etc/preferences.d/bankrefreshd"
[ -z "$(planned bankrefreshd)" ] || fail 'a pin does not hold the version'
sed -i 's/^Version: 0.0.1$/Version: 0.0.2/' "$apt/status"
[ "$(planned --allow-downgrades bankrefreshd)" = 0.0.1 ] || fail 'a pin does not lead back'
printf 'Package: *\nPin: release o=bankrefreshd\nPin-Priority: -1\n' > "$apt/etc/preferences.d/bankrefreshd"
[ -z "$(planned bankrefreshd)" ] || fail 'the origin cannot be pinned'
rm "$apt/etc/preferences.d/bankrefreshd"
ok 'upgrade, pin, roll back, and a pin by origin'

refuses() { # WHAT COMMAND…
  local what=$1
  shift
  if "$@"; then fail "taken: $what"; fi
  ok "refused: $what ($(grep -oEm1 'Hash Sum mismatch|BADSIG|NO_PUBKEY|unexpected size|not signed|Clearsigned file' "$work/log" || echo 'see the log'))"
}
cp -a "$work/repository" "$work/good"
restore() { cp -a "$work/good/." "$work/repository/"; }
fetch() { (cd "$work" && rm -f bankrefreshd_*.deb && apt-get download -q bankrefreshd=0.0.2 > "$work/log" 2>&1); }
deb=$(echo "$work"/repository/pool/main/bankrefreshd_0.0.2_*.deb)
size=$(stat -c %s "$deb")
printf 'x' | dd of="$deb" bs=1 seek=$((size / 2)) conv=notrunc status=none
refuses 'a package that was tampered with' fetch
restore
index=$work/repository/dists/stable/main/binary-$(dpkg --print-architecture)
for file in "$index"/Packages* "$index"/by-hash/SHA256/*; do printf '\n' >> "$file"; done
refuses 'a list that was tampered with' update
restore
sed -i 's/^Origin: .*/Origin: elsewhere/' "$work/repository/dists/stable/InRelease" "$work/repository/dists/stable/Release"
refuses 'a release that was tampered with' update
restore
stranger=$(key "$work/stranger" stranger)
GNUPGHOME=$work/stranger KEY=$stranger REPOSITORY=$work/repository PACKAGES=$work/good/pool/main scripts/repository.sh > /dev/null 2>&1
refuses 'a repository that a stranger signed' update
restore
update || fail 'the repository as it was is not taken any more'
