#!/usr/bin/env bash
# Breaks each invariant once, in one line of the sources, and sees whether the simulation notices; where the line is
# below what is simulated, or about several daemons of one store, whether the test that its script names does. What only
# daemons, databases and an API under faults notice names a fault of Tests/Fleet: that takes root.
#
# Of several daemons: 11 what they do as one, 12 their calendar, 13 claims, 14 settlements, 15 takeovers, 16 late calls, 17 a promoted standby.
#
# Builds the tests once for every line, so it is not part of what every change has to pass: run it after a change to
# the simulation. Ends with 1 when a broken invariant went unnoticed, and puts the sources back whatever happens. Refuses
# to begin where something is not committed: 64.
# usage: scripts/break-invariants.sh [NUMBER…]   SEEDS=60 and SWIFT_FLAGS are read from the environment
set -euo pipefail
cd "$(dirname "$0")/.."

if ! git diff --quiet HEAD -- Sources Tests; then
    echo 'Sources or Tests differ from the last commit: commit them first, so that nothing of yours is put back wrongly' >&2
    exit 64
fi

sabotage=Tests/SimulationTests/Sabotage
tests=.build/debug/bankrefreshdPackageTests.xctest
read -ra flags <<< "${SWIFT_FLAGS:-}"
work=$(mktemp -d)
broken=
restore() {
    if [[ -n $broken ]]; then
        cp "$work/original" "$broken"
        broken=
    fi
}
trap 'restore; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

unnoticed=0
printf '%-10s %-58s %-9s %s\n' invariant sabotage noticed 'failed seeds'
for script in "$sabotage"/*.sed; do
    name=$(basename "$script" .sed)
    number=$((10#${name%%-*}))
    [[ $# == 0 || " $* " == *" $number "* ]] || continue
    what=$(sed -n '1s/^# //p' "$script")
    file=$(sed -n '2s/^# file: //p' "$script")
    filter=$(sed -n '3s/^# test: //p' "$script")
    fault=$(sed -n '3s/^# soak: //p' "$script")
    cp "$file" "$work/original"
    broken=$file
    sed -i -f "$script" "$file"
    if cmp -s "$file" "$work/original"; then
        result='the line is gone'
    elif ! swift build "${flags[@]}" --build-tests > "$work/build.log" 2>&1; then
        grep -m3 'error:' "$work/build.log" >&2 || :
        result='no build'
    elif [[ -n $filter ]]; then
        timeout 300 "$tests" --testing-library swift-testing --no-parallel --filter "$filter" \
            > "$work/run.log" 2>&1 || :
        if grep -q ' recorded an issue ' "$work/run.log"; then result=yes; else result=NO; fi
    elif [[ -n $fault ]]; then
        if [[ $(id -u) != 0 ]]; then
            result='as root'
        elif SEED=1 ONLY=$fault timeout 900 Tests/Fleet/run .build/debug 30 > "$work/run.log" 2>&1; then
            result=NO
        else
            result=yes
        fi
    else
        SIMULATION_FIRST=1 SIMULATION_COUNT=${SEEDS:-60} timeout 1200 "$tests" --testing-library swift-testing \
            --filter 'SeededScenarioTests/.*keeps every promise' > "$work/run.log" 2>&1 || :
        if grep -q "invariant $number:" "$work/run.log"; then result=yes; else result=NO; fi
    fi
    failed=$(grep -cE '^simulated seed .* FAILED$' "$work/run.log" 2> /dev/null || :)
    seeds="${failed:-0} of ${SEEDS:-60}"
    [[ -z $filter$fault ]] || seeds=-
    [[ $result == yes ]] || unnoticed=$((unnoticed + 1))
    printf '%-10s %-58s %-9s %s\n' "$number" "${what:0:58}" "$result" "$seeds"
    restore
    rm -f "$work/run.log"
done
((unnoticed == 0))
