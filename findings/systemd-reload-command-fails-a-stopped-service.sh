#!/usr/bin/env bash
# systemd 252 and 257: a reload that fails leaves a service as it was, unless the service is stopped meanwhile: then it has failed.
#
# Expected: the result of a service that is stopped is that of its main process. A failed command of ExecReload= is told by
#           `systemctl reload` alone: the service stays active, and its Result "success".
# Seen: so it is while the service runs. At a stop, systemd ends the main process and that of a reload under way. Where the main
#       process ends with 0 and the command with another status, the unit is "failed", with Result "exit-code".
# Where it matters: a reload command that waits for its daemon's answer reports, at a stop, that its daemon is gone, and with that
#       makes the stopped service a failed one. It has to end with 0 when it is told to end, and to wait for that for a moment
#       when its daemon goes away before.
#
# Needs root and a machine that runs systemd; makes one unit in /run and removes it.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root"
command -v systemctl >/dev/null && [ -d /run/systemd/system ] || cannot "no systemd runs here"
name=finding-reload-$$
unit=/run/systemd/system/$name.service
work=$(mktemp -d)
trap 'systemctl stop "$name"; systemctl reset-failed "$name" 2>/dev/null || :; rm -rf "$unit" "$work"
      systemctl daemon-reload' EXIT
echo "version: $(systemctl --version | head -n 1)"

# A reload that fails by itself, or, once there is a file `wait`, when it is told to end.
cat > "$work/reload" <<'RELOAD'
#!/bin/sh
trap 'exit 75' TERM
[ -e "$(dirname "$0")/wait" ] || exit 75
touch "$(dirname "$0")/waits"
while :; do sleep 0.1; done
RELOAD
chmod +x "$work/reload"
cat > "$unit" <<UNIT
[Service]
ExecStart=/bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
ExecReload=$work/reload
UNIT
systemctl daemon-reload
state() { systemctl show "$name" -p ActiveState -p Result -p ExecMainStatus | sort | paste -sd' '; }

systemctl start "$name"
sleep 0.5
if systemctl reload "$name" 2>/dev/null; then cannot "the reload did not fail"; fi
running=$(state)
echo "after a reload that failed: $running"

touch "$work/wait"
systemctl reload "$name" 2>/dev/null &
for _ in $(seq 100); do [ -e "$work/waits" ] && break; sleep 0.1; done
systemctl stop "$name"
wait $! || :
stopped=$(state)
echo "after a stop during a reload: $stopped"

[ "$running" = "ActiveState=active ExecMainStatus=0 Result=success" ] || { echo "changed"; exit 1; }
[ "$stopped" = "ActiveState=failed ExecMainStatus=0 Result=exit-code" ] || { echo "changed"; exit 1; }
echo "as described"
