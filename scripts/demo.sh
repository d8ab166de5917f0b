#!/usr/bin/env bash
# demo.sh [SECONDS] - the daemon at work, for half a minute, against the sandbox.
#
# A thousand users are refreshed once a minute; some calls fail, a few users are refused, and in the middle the whole
# API is down for six seconds. Everything lives in one temporary directory and is gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}

make --no-print-directory build >&2
daemon=$PWD/.build/release/bankrefreshd
sandbox=$PWD/.build/release/tight-sandbox

directory=$(mktemp -d /tmp/bankrefreshd-demo.XXXXXX)
daemon_pid='' sandbox_pid=''
tidy() {
  trap - EXIT INT TERM
  for pid in $daemon_pid $sandbox_pid; do
    kill "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
  done
  rm -rf "$directory"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
give_up() {
  printf 'demo: %s\n' "$1" >&2
  exit 1
}
# Waits until a command succeeds; gives up after ten seconds or when the process it depends on has ended.
until_ready() {
  local what=$1 pid=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || give_up "$what ended before it was ready"
    tries=$((tries + 1))
    [ $tries -lt 100 ] || give_up "$what was not ready after ten seconds"
    sleep 0.1
  done
}

say 'A stand-in for the Tight API, which knows 1,000 users and fails now and then'
"$sandbox" --users 1000 --users-file "$directory/users.csv" --ca-file "$directory/ca.pem" \
  --port 0 --admin-port 0 --latency 20ms..2s \
  --share failure=0.05 --share status:502=0.01 --share unauthorized=0.004 --share forbidden=0.004 \
  >"$directory/sandbox" 2>&1 &
sandbox_pid=$!
until_ready tight-sandbox "$sandbox_pid" grep -q 'listening on' "$directory/sandbox"
cat "$directory/sandbox"
port=$(sed -n 's,.*https://127\.0\.0\.1:\([0-9]*\)/rest.*,\1,p' "$directory/sandbox")
admin=$(sed -n 's,.*commands on \(http://127\.0\.0\.1:[0-9]*\).*,\1,p' "$directory/sandbox")

export BANKREFRESHD_CONFIG=$directory/config.json
cat >"$BANKREFRESHD_CONFIG" <<JSON
{
  "api": {
    "baseURL": "https://localhost:$port/rest",
    "caFile": "$directory/ca.pem",
    "timeout": "10s"
  },
  "store": {
    "sqlite": { "path": "$directory/store.sqlite" },
    "key": { "file": "$directory/store.key" }
  },
  "schedule": { "every": "60s", "minimumInterval": "5s", "attemptsPerDay": 20000 },
  "backoff": {
    "failure": { "first": "10s", "ceiling": "1m" },
    "outage": { "first": "1s", "ceiling": "10s" }
  },
  "limits": { "requestsPerSecond": 100, "burst": 20, "concurrency": 64, "drain": "3s" },
  "breaker": { "window": "5s", "minimumCalls": 10, "firstPause": "2s", "longestPause": "5s" },
  "control": { "socket": "$directory/control.sock" }
}
JSON

say 'The store: a key, and the users with their tokens sealed under it'
(umask 077 && "$daemon" key generate >"$directory/store.key")
"$daemon" check-config
"$daemon" users import "$directory/users.csv"

say 'The daemon, in its own words; under systemd the same goes to the journal, with fields'
"$daemon" run &
daemon_pid=$!
until_ready bankrefreshd "$daemon_pid" "$daemon" status
sleep $((seconds * 2 / 5))
say 'Now the whole API is down'
curl -fsS -o /dev/null -X PUT -d '{"on":true,"status":503}' "$admin/outage"
sleep 6
say 'Now it is back'
curl -fsS -o /dev/null -X PUT -d '{"on":false}' "$admin/outage"
sleep $((seconds * 3 / 5 > 6 ? seconds * 3 / 5 - 6 : 1))

kill -0 "$daemon_pid" 2>/dev/null || give_up 'the daemon has ended'
status=$("$daemon" status)
parked=$("$daemon" users list --state parked)
counts=$(curl -fsS "$admin/calls?times=no" | jq -r '"calls: \(.total), by what they met: \(.behaviours | to_entries | map("\(.key) \(.value)") | join(", "))\nmost calls of one user at a time: \([.users[].maxConcurrent] | max)\nleast between two calls of one user: \(([.users[].leastGap | values] | min // 0) / 1000000) s"')
kill "$daemon_pid"
wait "$daemon_pid" || :
daemon_pid=''

say 'bankrefreshd status'
printf '%s\n' "$status"
say 'bankrefreshd users list --state parked'
printf '%s\n' "$parked"
say 'What the API saw'
printf '%s\n' "$counts"
say 'How to go on'
cat <<'TEXT'
  sudo make install       the binary, its unit and its message catalog; it tells the next steps
  bankrefreshd --help     every command
  tight-sandbox --help    the stand-in, to try your own trouble (.build/release/tight-sandbox)
TEXT
