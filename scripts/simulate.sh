#!/usr/bin/env bash
# Plays the daemon's life stories for many seeds, in parallel, and adds up: scripts/simulate.sh SEEDS [FIRST]
# Build the tests first. Ends with 1 when a seed failed; each failing seed is printed with the command to replay it.
set -euo pipefail
cd "$(dirname "$0")/.."

seeds=${1:?usage: scripts/simulate.sh SEEDS [FIRST]}
first=${2:-$((RANDOM * 32768 + RANDOM + 1000))}
jobs=${JOBS:-$(nproc)}
chunk=${CHUNK:-25}
# Run as it is: swift test would lock the build directory for one process alone.
tests=.build/debug/bankrefreshdPackageTests.xctest
[[ -x $tests ]] || { echo "simulate: build first: swift build --build-tests" >&2; exit 1; }

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
chunk=$((seeds < chunk * jobs ? (seeds + jobs - 1) / jobs : chunk))

started=$(date +%s.%N)
export tests logs
seq "$first" "$chunk" $((first + seeds - 1)) | xargs -P "$jobs" -I{} bash -c '
    count=$(({} + '"$chunk"' > '"$((first + seeds))"' ? '"$((first + seeds))"' - {} : '"$chunk"'))
    SIMULATION_FIRST={} SIMULATION_COUNT=$count timeout 3600 "$tests" --testing-library swift-testing --no-parallel \
        --filter "SeededScenarioTests/.*keeps every promise" > "$logs/{}.log" 2>&1 || :'
ended=$(date +%s.%N)

passed=$(cat "$logs"/*.log | grep -cE '^simulated seed .* passed$' || :)
if ((passed < seeds)); then
    grep -hE 'invariant [0-9]+:' "$logs"/*.log | sed 's/^ */  /' | sort -u | head -40 || :
    grep -hoE 'SIMULATION_SEED=[0-9]+ swift test .*' "$logs"/*.log | sort -u || :
fi
cat "$logs"/*.log | grep -E '^simulated seed ' | awk -v n="$seeds" -v p="$passed" -v first="$first" \
    -v s="$(awk "BEGIN { print $ended - $started }")" '
    { calls += $4; hours += $6 }
    END { printf "%d seeds from %d, %d passed; %d calls, %d simulated days in %.0f s, %.0f days per second\n",
          n, first, p, calls, hours / 24, s, hours / 24 / s }'
((passed == seeds))
