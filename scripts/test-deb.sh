#!/usr/bin/env bash
# test-deb.sh - install, upgrade, remove and purge the packages of `make deb`, on a machine that is thrown away.
#
# Runs inside scripts/with-systemd.sh, as root: `make test-deb` does it.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${WITH_SYSTEMD:-}" = 1 ] || { echo 'test-deb: run by make test-deb: it changes the system it runs on' >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive

fail() { echo "test-deb: $1" >&2; exit 1; }
packages=(.build/deb/bankrefreshd_*.deb .build/deb/tight-sandbox_*.deb)
active() { systemctl is-active --quiet bankrefreshd; }

# Images of containers forbid packages to start and stop services; this is none.
rm -f /usr/sbin/policy-rc.d
dpkg -i "${packages[@]}"
active && fail 'the installation started the daemon'
debian/tests/refresh
[ "$(dpkg --verify bankrefreshd | grep -v ' c ' || :)" = '' ] || fail 'files are not as the package has them'

systemctl start bankrefreshd
before=$(systemctl show -P MainPID bankrefreshd)
dpkg -i "${packages[0]}"
active || fail 'the upgrade left the daemon stopped'
[ "$(systemctl show -P MainPID bankrefreshd)" != "$before" ] || fail 'the upgrade left the old binary at work'

apt-get remove -y -qq bankrefreshd
active && fail 'the daemon runs on after the package is gone'
[ -z "$(pgrep -x bankrefreshd || :)" ] || fail 'a process of the daemon is left'
for kept in /etc/bankrefreshd/config.json /etc/bankrefreshd/store-key /var/lib/bankrefreshd/store.sqlite; do
  [ -f "$kept" ] || fail "the removal took $kept along"
done
apt-get purge -y -qq bankrefreshd
for kept in /etc/bankrefreshd/store-key /var/lib/bankrefreshd/store.sqlite; do
  [ -f "$kept" ] || fail "purging took $kept along, unasked"
done

dpkg -i "${packages[0]}" > /dev/null
echo bankrefreshd bankrefreshd/purge-data boolean true | debconf-set-selections
apt-get purge -y -qq bankrefreshd
for gone in /etc/bankrefreshd/store-key /var/lib/bankrefreshd; do
  [ ! -e "$gone" ] || fail "purging left $gone, though told to take it"
done
echo 'test-deb: installed, upgraded, removed and purged as it should be'
