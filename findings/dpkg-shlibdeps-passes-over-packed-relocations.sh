#!/usr/bin/env bash
# dpkg-dev 1.21.23: dpkg-shlibdeps lets a program with packed relocations depend on a C library that cannot load it.
#
# Expected: a program linked with `-z pack-relative-relocs` needs the version GLIBC_ABI_DT_RELR of libc.so.6, the symbols file
#           of libc6 says which release has it (2.36), and so ${shlibs:Depends} asks for that release or a later one.
# Seen: the dependency is that of the functions alone: dpkg-shlibdeps goes through the symbols that a program takes from a
#       library, and this version belongs to none. An older libc6 satisfies the package, and its loader refuses the program.
# Where it matters: packed relocations take megabytes off a large program, and a package that has them has to name libc6.
#
# Needs Debian's package archive (apt-get download), a C compiler, and a linker that packs relocations (binutils 2.38).
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
version=1.21.23
for tool in apt-get dpkg-deb perl cc readelf; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
cd "$work"
for package in dpkg-dev libdpkg-perl; do
  apt-get download -qq "$package=$version" 2>download.log || cannot "$(tail -n 1 download.log)"
  dpkg-deb -x "$package"_*.deb tree
done
export PERL5LIB=$work/tree/usr/share/perl5
echo "version: $(perl tree/usr/bin/dpkg-shlibdeps --version | sed -n '1s/.*version \(.*\)[.]/\1/p')"

mkdir debian
printf 'Source: example\nMaintainer: nobody <nobody@debian.org>\n\n' > debian/control
printf 'Package: example\nArchitecture: any\nDescription: example\n' >> debian/control
cat > example.c <<'C'
#include <stdio.h>
static int value = 1;
int *address = &value;
int main(void) { return printf("%d\n", *address) < 0; }
C
seen=$(
  for option in nopack-relative-relocs pack-relative-relocs; do
    cc -fPIE -pie -Wl,-z,"$option" -o example example.c 2>cc.log || cannot "$(tail -n 1 cc.log)"
    needs=$(readelf -V example | grep -c 'Name: GLIBC_ABI_DT_RELR' || :)
    depends=$(perl tree/usr/bin/dpkg-shlibdeps -O ./example 2>/dev/null | sed -n 's/.*libc6 (>= \([0-9.]*\)).*/\1/p')
    [ -n "$depends" ] || cannot 'dpkg-shlibdeps names no release of libc6'
    echo "-z $option: needs GLIBC_ABI_DT_RELR: $needs, before 2.36 is enough for dpkg-shlibdeps:" \
      "$(dpkg --compare-versions "$depends" lt 2.36 && echo yes || echo no) ($depends)"
  done
)
echo "$seen"
echo "in the symbols file of libc6: $(grep -hs 'GLIBC_ABI_DT_RELR' /var/lib/dpkg/info/libc6:*.symbols | head -n 1 || :)"
grep -q '^-z nopack-relative-relocs: .*RELR: 0, .*: yes' <<< "$seen" \
  && grep -q '^-z pack-relative-relocs: .*RELR: 1, .*: yes' <<< "$seen" || { echo "changed"; exit 1; }
echo "as described"
