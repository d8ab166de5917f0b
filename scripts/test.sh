#!/usr/bin/env bash
# test.sh - runs every test, once they are built: make test does both.
#
# Tests of live servers wait most of their time, and run one after the other. What needs nothing but the processor takes what
# they leave: the release binaries that the system tests install, then the simulations, both out of the way of everything else.
# $1: where the servers of Tests/Fronts are unpacked.
set -euo pipefail
cd "$(dirname "$0")/.."

fronts=${1:?usage: scripts/test.sh FRONTS}
# Run as it is: swift test would lock the build directory, and the release build would wait for it.
tests=(.build/debug/bankrefreshdPackageTests.xctest --testing-library swift-testing)
simulated='^SimulationTests[.]'
[[ -x ${tests[0]} ]] || { echo "test: build first: swift build --build-tests" >&2; exit 1; }

log=$(mktemp)
# Job control gives what runs beside a process group of its own, which ends with this script.
set -m
{
    nice -n 19 make --no-print-directory release && nice -n 19 timeout 2400 "${tests[@]}" --filter "$simulated"
} > "$log" 2>&1 &
beside=$!
set +m
trap 'kill -- -"$beside" 2>/dev/null || :; rm -f "$log"' EXIT

# A test that waits for what never comes ends the run, instead of holding it for ever.
timeout 1800 "${tests[@]}" --no-parallel --skip "$simulated" --skip SystemTests

code=0
wait "$beside" || code=$?
cat "$log"
((code == 0)) || { echo "test: the release build or the simulations failed: $code" >&2; exit "$code"; }

as_root=()
[[ $(id -u) == 0 ]] || as_root=(sudo --preserve-env=PATH)
"${as_root[@]}" env BANKREFRESHD_BINARY="$PWD/.build/release/bankrefreshd" \
    TIGHT_SANDBOX_BINARY="$PWD/.build/release/tight-sandbox" BANKREFRESHD_FRONTS="$fronts" \
    scripts/with-systemd.sh --timeout 1200 --bind "$PWD/.build" -- \
    "$PWD/${tests[0]}" "${tests[@]:1}" --no-parallel --filter SystemTests

# Daemons of one store, with what ships: a fixed sequence of faults. make soak takes any, for as long as it is told.
"${as_root[@]}" env SEED=97 timeout 500 Tests/Fleet/run "$PWD/.build/release" 25

# A daemon that is killed, and one whose disk fails: some of make kills and make disk.
"${as_root[@]}" env SEED=97 timeout 200 Tests/Crashes/kills "$PWD/.build/release" 60
"${as_root[@]}" env SEED=97 ONLY=full,writes_fail,sync_fails_once_then_killed timeout 200 \
    Tests/Crashes/disk "$PWD/.build/release"
