#!/usr/bin/env bash
# Dispatch of Swift 6.3.1 on Linux: a program that used a global queue once is woken each second from then on, with nothing to do.
#
# Expected: a process without timers, all of whose blocks have run, sleeps. Its threads wait in the kernel until something happens.
# Seen: a program that calls pause(2) is never scheduled. The same one, after one empty block on a global queue, is woken once a
#       second, half a minute later as well: a repeating timer of the library's own looks after its pool of threads. The thread that
#       ran the block is gone by then; that of the timer stays.
# Where it matters: "no wake-ups while idle" is not to be had with Dispatch or with Swift concurrency, whose executor stands on it.
#       Who hunts the wake-ups of a daemon looks for a timer of a second that is nowhere in its sources.
#
# Needs a Swift toolchain (swiftc); nothing is installed.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
command -v swiftc >/dev/null || cannot "no swiftc"
work=$(mktemp -d)
pid=
trap 'kill ${pid:+"$pid"} 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"
echo "version: $(swiftc --version 2>/dev/null | head -n 1)"
cat > idle.swift <<'SWIFT'
import Dispatch
import Glibc

if CommandLine.arguments.count > 1 { DispatchQueue.global().async {} }
pause()
SWIFT
swiftc -O idle.swift -o idle

# How often a thread of the process went to sleep again.
slept() { cat /proc/"$pid"/task/*/status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }'; }
# In ten seconds, half a minute after the start.
wakeups() {
    ./idle "$@" &
    pid=$!
    sleep 30
    local before
    before=$(slept)
    sleep 10
    found=$(($(slept) - before))
    kill "$pid"
    wait "$pid" 2>/dev/null || :
}

wakeups; without=$found
wakeups once; with=$found
echo "woken in ten seconds: without Dispatch $without times, after one block $with times"
[ "$without" = 0 ] && [ "$with" -ge 9 ] && [ "$with" -le 22 ] || { echo "changed"; exit 1; }
echo "as described"
