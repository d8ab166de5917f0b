#!/usr/bin/env bash
# test-container.sh ROOT - what Containerfile makes, run as a container engine runs it, where there is no engine (as root).
#
# ROOT is a Debian tree with nothing in it, which this changes: mmdebstrap --variant=minbase bookworm ROOT. The RUN of
# Containerfile is run in it with the package of `make deb`. Then `bankrefreshd run` is process 1 of a PID namespace, in
# mounts of its own: a read-only root, as the user 10001, without capabilities, with a secret as Kubernetes lays it out.
# BANKREFRESHD_BINARY names another binary than the package's, TIGHT_SANDBOX_BINARY the sandbox.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] && [ -d "$1/usr/bin" ] || { sed -n '2,8s/^# //p' "$0" >&2; exit 64; }
root=$(realpath "$1")
sandbox=${TIGHT_SANDBOX_BINARY:-.build/release/tight-sandbox}
user=10001

work=$(mktemp -d /tmp/bankrefreshd-container.XXXXXX)
engine='' sandbox_pid=''
tidy() {
  trap - EXIT INT TERM
  for pid in $engine $sandbox_pid; do kill -KILL "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; done
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() { printf 'test-container: %s\n' "$1" >&2; tail -n 5 "$work/log" >&2 2>/dev/null || :; exit 1; }
ok() { printf 'ok: %s\n' "$1"; }
until_true() {
  local what=$1
  shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  fail "not within 30 seconds: $what"
}

# A command in the image, as an engine runs one while it builds: with nothing of this shell's environment.
built() {
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --propagation private bash -c '
    root=$1; shift; mount -t proc proc "$root/proc"; exec chroot "$root" "$@"' _ "$root" "$@"
}

# The image.
mkdir -p "$work/engine"
cp .build/deb/bankrefreshd_*.deb "$root/tmp/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
sed -n '/^RUN /,/[^\\]$/p' Containerfile | sed '1s/^RUN //' > "$work/run"
if ! built id bankrefreshd >/dev/null 2>&1; then
  built /bin/sh -ec "$(cat "$work/run")" > "$work/log" 2>&1 || fail 'the RUN of Containerfile failed'
fi
[ -z "${BANKREFRESHD_BINARY:-}" ] || install -m 0755 "$BANKREFRESHD_BINARY" "$root/usr/bin/bankrefreshd"
ok "the image: bankrefreshd $(built bankrefreshd --version), $(built id bankrefreshd)"
size=$(du -sxm "$root" --exclude=proc | cut -f1)
ok "its size: $size MB"

# What is mounted into it.
mkdir -p "$root/run/secrets/bankrefreshd" "$work/secrets/..2026" "$work/configuration" "$work/store" "$work/sandbox"
"$sandbox" --users 3 --users-file "$work/sandbox/users.csv" --ca-file "$work/configuration/ca.pem" \
  --port 0 --admin-port 0 > "$work/sandbox/log" 2>&1 &
sandbox_pid=$!
until_true 'the sandbox listens' grep -q 'listening on' "$work/sandbox/log"
port=$(sed -n 's,.*https://127\.0\.0\.1:\([0-9]*\)/rest.*,\1,p' "$work/sandbox/log")
admin=$(sed -n 's,.*commands on \(http://127\.0\.0\.1:[0-9]*\).*,\1,p' "$work/sandbox/log")
built bankrefreshd key generate > "$work/secrets/..2026/store-key"
ln -s ..2026 "$work/secrets/..data"
ln -s ..data/store-key "$work/secrets/store-key"
chown -R 0:$user "$work/secrets" "$work/store"
chmod 0440 "$work/secrets/..2026/store-key"
chmod 2775 "$work/store"
cat > "$work/configuration/config.json" <<JSON
{
  "api": { "baseURL": "https://127.0.0.1:$port/rest", "caFile": "/etc/bankrefreshd/ca.pem" },
  "store": { "key": { "file": "/run/secrets/bankrefreshd/store-key" } },
  "schedule": { "every": "1h", "minimumInterval": "0s", "attemptsPerDay": 1000 },
  "limits": { "drain": "7s" },
  "log": { "format": "json" }
}
JSON
chmod -R a+rX "$work/configuration"
chmod 0755 "$work"

# As an engine does it: what it changes of the mounts nobody else sees.
cat > "$work/engine/start" <<'SH'
set -e
root=$1 work=$2 user=$3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o "mode=0700,uid=$user,gid=$user" tmpfs "$root/run/bankrefreshd"
mount --bind "$work/store" "$root/var/lib/bankrefreshd"
for part in configuration:/etc/bankrefreshd secrets:/run/secrets/bankrefreshd; do
  mount --bind "$work/${part%%:*}" "$root${part#*:}"
  mount -o remount,bind,ro "$root${part#*:}"
done
exec chroot "$root" setpriv --reuid="$user" --regid="$user" --groups="$user" --no-new-privs --bounding-set=-all \
  --inh-caps=-all bankrefreshd run
SH
env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin unshare --mount --propagation private --pid --ipc --uts --fork --kill-child \
  bash "$work/engine/start" "$root" "$work" "$user" 2> "$work/log" &
engine=$!
until_true 'the daemon is ready' grep -q '"MESSAGE":"Ready: ' "$work/log"
first=$(pgrep -P "$engine")
inside() {
  nsenter --target "$first" --mount --pid --ipc --uts --root env -i -C / PATH=/usr/bin:/bin \
    setpriv --reuid=$user --regid=$user --groups=$user --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
}

daemon=$(inside sh -c 'cat /proc/1/task/*/children')
daemon=${daemon% }
for process in 1 "$daemon"; do
  [ "$(inside cat "/proc/$process/comm")" = bankrefreshd ] || fail "process $process is another"
  inside grep -q '^CapEff:[[:space:]]*0000000000000000$' "/proc/$process/status" || fail "process $process has capabilities"
  inside grep -q "^Uid:[[:space:]]*${user}[[:space:]]*${user}" "/proc/$process/status" \
    || fail "process $process is not the user"
done
! inside touch /etc/x /usr/x /x 2>/dev/null || fail 'the root can be written'
ok 'process 1 keeps the daemon; both without capabilities, as their user, on a read-only root; the key is 0440 root:fsGroup'
ok "health: $(inside bankrefreshd health)"
inside bankrefreshd users import - < "$work/sandbox/users.csv" > "$work/imported" || fail 'the import failed'
ok "import: $(tail -n 1 "$work/imported")"
inside bankrefreshd refresh --all > "$work/refreshed" || fail 'not every user is refreshed'
[ "$(curl -fsS "$admin/calls?times=no" | jq .total)" = 3 ] || fail 'the API saw other calls'
ok 'each user is refreshed, by one call'
inside bankrefreshd check-config > "$work/checked" 2>&1 || fail "check-config: $(cat "$work/checked")"
ok 'check-config finds nothing'
orphan=$(inside sh -c "sh -c 'sleep 0.2 > /dev/null & echo \$!'")
until_true 'an orphan is reaped' inside test ! -e "/proc/$orphan"
ok 'an orphan is reaped'
inside bankrefreshd support bundle - > "$work/bundle.tar" 2> "$work/told" || fail 'no support bundle'
tar -tf "$work/bundle.tar" > "$work/listed" || fail 'the bundle is no archive'
ok "support bundle: $(head -n 1 "$work/told")"

# A call that no stop can wait for: the drain ends it, within the ten seconds that Docker gives.
curl -fsS -o /dev/null -X PUT -d '{"behaviour":"slow:2m"}' "$admin/behaviour"
inside bankrefreshd refresh user-000001 --force > "$work/refresh" 2>&1 &
until_true 'the slow call is under way' sh -c "[ \"\$(curl -fsS '$admin/calls?times=no' | jq .total)\" -ge 4 ]"
began=$(date +%s%N)
kill -TERM "$first"
status=0
wait "$engine" || status=$?
took=$((($(date +%s%N) - began) / 1000000))
engine=''
[ "$status" = 0 ] || fail "the daemon ended with $status"
[ "$took" -lt 10000 ] || fail "the stop took $took ms"
ok "SIGTERM with a call under way and drain 7s: ended with 0 after $took ms"
jq -es 'all(has("MESSAGE") and has("PRIORITY") and has("MESSAGE_ID") and has("TIMESTAMP"))' "$work/log" > /dev/null \
  || fail 'the log is not JSON throughout'
ok "the log: $(jq -s length "$work/log") lines, each an object with the journal's fields"
jq -r 'select(.REFRESH_OUTCOME == "unknown") | .MESSAGE' "$work/log"
