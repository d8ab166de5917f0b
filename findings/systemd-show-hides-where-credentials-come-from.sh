#!/usr/bin/env bash
# systemd 252: `systemctl show` has the properties of a unit's credentials, and prints "[unprintable]" for each.
#
# Expected: LoadCredential=, like ExecStart= or BindPaths=, is shown as it is in force: an identifier and a path, which
#           are no secret. The manual says that all properties can be shown, to be read by programs.
# Seen: LoadCredential, LoadCredentialEncrypted and SetCredential are all "[unprintable]", in a unit that sets none of them
#       too. `systemctl cat` has the lines, drop-ins one after the other.
# Where it matters: a program that checks whether a unit is given the credential that it needs.
#
# Needs root and a machine that runs systemd; makes one unit in /run and removes it.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root"
command -v systemctl >/dev/null && [ -d /run/systemd/system ] || cannot "no systemd runs here"
name=finding-credentials-$$
unit=/run/systemd/system/$name.service
trap 'rm -f "$unit"; systemctl daemon-reload' EXIT
echo "version: $(systemctl --version | head -n 1)"

cat > "$unit" <<'UNIT'
[Service]
Type=oneshot
BindReadOnlyPaths=/usr/share/doc
LoadCredential=plain:/etc/hostname
ExecStart=/bin/true
UNIT
systemctl daemon-reload
seen=$(systemctl show "$name" -p BindReadOnlyPaths -p LoadCredential -p LoadCredentialEncrypted -p SetCredential | sort)
echo "$seen"

expected="BindReadOnlyPaths=/usr/share/doc:/usr/share/doc:rbind
LoadCredential=[unprintable]
LoadCredentialEncrypted=[unprintable]
SetCredential=[unprintable]"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
