#!/usr/bin/env bash
# debhelper 13.11.4: with --no-start an upgrade stops a running service, and nothing starts it again.
#
# Expected: `dh_installsystemd --no-start` keeps a package from starting a service, and --restart-after-upgrade stays the
#           default that the manual says it is since compat 10: a service that runs is restarted after an upgrade.
# Seen: --no-start takes that default away. The preinst stops the service at an upgrade and the postinst holds no start
#       and no restart; a removal does not stop it either, as no prerm is generated. With --restart-after-upgrade said
#       beside --no-start the preinst is gone and the postinst has a try-restart; a removal still stops nothing.
# Where it matters: a daemon that is set up first and started by hand is down after the first unattended upgrade.
#
# Needs Debian's package archive (apt-get download), dpkg-dev's Perl modules and perl.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
version=13.11.4
for tool in apt-get dpkg-deb perl; do command -v "$tool" >/dev/null || cannot "no $tool"; done
perl -MDpkg::Control -e1 2>/dev/null || cannot "no libdpkg-perl"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
cd "$work"
for package in debhelper libdebhelper-perl; do
  apt-get download -qq "$package=$version" 2>download.log || cannot "$(tail -n 1 download.log)"
  dpkg-deb -x "$package"_*.deb tree
done
export PERL5LIB=$work/tree/usr/share/perl5 DH_AUTOSCRIPTDIR=$work/tree/usr/share/debhelper/autoscripts
echo "version: debhelper $version"

script() { # FILE…: what of it acts on the service
  cat "$@" 2>/dev/null | grep -oE 'deb-systemd-invoke (stop|start|restart|try-restart)|_dh_action=[a-z-]+' | sort -u | tr '\n' ' '
}
generate() { # OPTION…: what each script does with the service
  rm -rf package
  mkdir -p package/debian/example/lib/systemd/system
  cd package
  printf 'Source: example\nMaintainer: nobody <nobody@debian.org>\nBuild-Depends: debhelper-compat (= 13)\n\n' > debian/control
  printf 'Package: example\nArchitecture: all\nDescription: example\n' >> debian/control
  printf '[Service]\nExecStart=/bin/sleep infinity\n' > debian/example/lib/systemd/system/example.service
  perl "$work/tree/usr/bin/dh_installsystemd" "$@" > /dev/null
  for name in preinst postinst prerm; do
    echo "  $name: $(script debian/.debhelper/generated/example/"$name".* debian/example."$name".debhelper || :)"
  done
  cd ..
}
seen=$(
  for options in "" "--no-start" "--no-start --restart-after-upgrade"; do
    echo "dh_installsystemd $options"
    # shellcheck disable=SC2086
    generate $options
  done
)
echo "$seen"
[ "$(sed 's/ *$//' <<< "$seen")" = "dh_installsystemd
  preinst:
  postinst: _dh_action=restart _dh_action=start
  prerm: deb-systemd-invoke stop
dh_installsystemd --no-start
  preinst: deb-systemd-invoke stop
  postinst:
  prerm:
dh_installsystemd --no-start --restart-after-upgrade
  preinst:
  postinst: deb-systemd-invoke try-restart
  prerm:" ] || { echo "changed"; exit 1; }
echo "as described"
