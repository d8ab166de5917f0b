#!/usr/bin/env bash
# Swift 6.3.1 on Linux: a program that runs where /proc is not mounted gets no arguments at all.
#
# Expected: CommandLine.arguments holds what execve(2) was given, as argv of main() does in C.
# Seen: with /proc mounted, 3 arguments; without it CommandLine.argc is 0 and CommandLine.arguments is empty, the
#       program's own name included. The same C program gets its 3 arguments both ways. The runtime reads
#       /proc/self/cmdline instead of main's parameters. It makes no difference how the runtime is linked.
# Where it matters: a chroot in which a package's installation runs a Swift program, and a sandbox without /proc.
#
# Needs root (it unmounts /proc in a mount namespace of its own), a Swift toolchain and a C compiler.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root"
for tool in swiftc cc unshare; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
echo "version: $(swiftc --version 2>/dev/null | head -n 1)"

cat > arguments.swift <<'SWIFT'
print(CommandLine.argc, CommandLine.arguments.count)
SWIFT
cat > arguments.c <<'C'
#include <stdio.h>
int main(int argc, char **argv) { (void)argv; printf("%d\n", argc); }
C
swiftc -O arguments.swift -o dynamic 2>build.log || cannot "$(tail -n 1 build.log)"
swiftc -O -static-stdlib arguments.swift -o static 2>build.log || cannot "$(tail -n 1 build.log)"
cc arguments.c -o c || cannot "cc failed"

without_proc() {
  unshare --mount --propagation private sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"
}
without_proc true || cannot "no mount namespace"

seen="swift with /proc: $(./dynamic one two)
swift without /proc: $(without_proc ./dynamic one two)
swift without /proc, linked statically: $(without_proc ./static one two)
C without /proc: $(without_proc ./c one two)"
echo "$seen"

expected="swift with /proc: 3 3
swift without /proc: 0 0
swift without /proc, linked statically: 0 0
C without /proc: 3"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
