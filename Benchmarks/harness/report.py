"""The results as a table, and what holds of the targets."""
import statistics

MARKS = ("<!-- results -->", "<!-- /results -->")


def _cpu(rounds):
    """CPU seconds per 10,000 calls: the median of the rounds."""
    return statistics.median(cpu / calls * 10_000 for calls, _, cpu in rounds)


def _rate(rounds):
    return statistics.median(calls / wall for calls, wall, _ in rounds)


def _targets(r):
    calls = {name: _cpu(rounds) for name, rounds in r["calls"].items()}
    h1, h2 = calls["daemon HTTP/1.1"], calls["daemon HTTP/2"]
    slow = r.get("daemon 5 s")
    yield "HTTP/2, CPU against h2load's bare call", h2 / calls["h2load HTTP/2"], 2, "x"
    yield "HTTP/2, CPU against Go's bare call", h2 / calls["Go, call only, HTTP/2"], 0.65, "x"
    yield "HTTP/1.1, CPU against wrk's call with tokens and check", h1 / calls["wrk, tokens + check"], 2, "x"
    yield "CPU against Go's whole job", h2 / calls["Go, whole job"], 0.5, "x"
    yield "CPU against aiohttp + sqlite3, whole job", h2 / calls["aiohttp + sqlite3, whole job"], 0.15, "x"
    yield "CPU against curl --parallel, call only", h2 / calls["curl --parallel, call only"], 0.4, "x"
    yield "exec to READY", r["start"]["ready"] * 1000, 300, " ms"
    yield "RSS at READY", r["start"]["rss"], 40, " MiB"
    yield "RSS while users drain, peak", r["drain peak"], 64, " MiB"
    if slow:
        yield "RSS with 2,000 calls in flight at 5 s, peak", slow["peak"], 96, " MiB"
    yield "import, rows/s", r["import"]["rate"], -150_000, ""
    yield "lease + settle, rows/s", r["store"]["rate"], -100_000, ""
    yield "lease + settle, bytes written per row", r["store"]["written"], 2048, ""
    yield "idle, share of a core", r["idle"]["share"] * 100, 0.05, " %"
    yield "a due user's call starts after its moment, p99", r["lateness"]["p99"] * 1000, 5, " ms"
    kept = r["keeping"]
    yield "backup under the daemon, time against VACUUM INTO and a check", kept["backup against VACUUM INTO"], 2, "x"
    yield "a settlement while backups are written, p99 against that without", kept["settle p99"], 3, "x"
    yield "import into a running daemon, rows/s", kept["import into a running daemon"], -25_000, ""
    yield "import of all users once more, time against the first", kept["import of what is known against the first"], 1, "x"
    yield "remove 10,000 of all users", kept["remove 10,000"], 10, " s"
    yield "users list, all, time against a bare read in that order", kept["users list against a bare read"], 1.5, "x"
    yield "users export, all, the same", kept["users export against a bare read"], 2, "x"
    yield "status", kept["status"] * 1000, 100, " ms"
    yield from shared_targets(r["shared"])
    yield "growth: CPU per refresh, all users against 10,000", r["growth"], 1.1, "x"


def shared_targets(found):
    """The store on a PostgreSQL server; processor time is that of the server's backends."""
    ratios = found["ratios"]
    yield "PostgreSQL: import, rows/s", found["import"]["rate"], -60_000, ""
    yield "PostgreSQL: CPU of a lease and settlement, four claimers against one", ratios["cpu, four to one"], 1.15, "x"
    yield "PostgreSQL: the same, four claimers, against leases of rows as is common", ratios["cpu, to jobs"], 0.75, "x"
    yield "PostgreSQL: the same against them with all that helps the store", ratios["cpu, to rows"], 1, "x"
    yield "PostgreSQL: leased and settled a second, four claimers against one", ratios["rate, four to one"], -2.5, "x"
    yield "PostgreSQL: a claim while a snapshot is held over 320,000 users, against before", found["held"]["batches"], 2, "x"


def _figure(value, unit):
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text + unit


def table(targets):
    """What is allowed, and what was found; lines of a table."""
    lines = ["| Target | allowed | found | holds |", "|---|---|---|---|"]
    for name, found, allowed, unit in targets:
        holds = found >= -allowed if allowed < 0 else found <= allowed
        lines.append(f"| {name} | {'≥' if allowed < 0 else '≤'} {_figure(abs(allowed), unit)} | {_figure(found, unit)} "
                     f"| {'yes' if holds else '**no**'} |")
    return lines


def markdown(r):
    lines = [f"Taken {r['date']} at {r['version']}: {r['machine']}; load before the run {r['load']:.1f}. "
             f"{r['users']:,} users due of {r['stored']:,}, {r['rounds']} rounds, medians.", "",
             "| Who | calls/s | CPU-s per 10,000 |", "|---|---|---|"]
    lines += [f"| {name} | {_rate(rounds):,.0f} | {_cpu(rounds):.3f} |" for name, rounds in r["calls"].items()]
    for name in ("daemon 100 ms", "daemon 5 s"):
        if found := r.get(name):
            lines.append(f"| {name} of latency, 2,000 in flight | {found['rate']:,.0f} | {found['cpu']:.3f} |")
    lines += ["", *table(_targets(r))]
    lines += ["", f"Idle: {r['idle']['wakeups']:.2f} wake-ups a second. Lateness of {r['lateness']['count']} calls: "
              f"p50 {r['lateness']['p50'] * 1000:.1f} ms, p99 {r['lateness']['p99'] * 1000:.1f} ms, "
              f"max {r['lateness']['max'] * 1000:.1f} ms.",
              "", "Where the daemon's CPU goes, HTTP/2: "
              + ", ".join(f"{part} {share * 100:.0f} %" for part, share in r["profile"]) + "."]
    return "\n".join(lines)


def put(path, text):
    """Puts the table between its marks."""
    with open(path) as file:
        before, rest = file.read().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    with open(path, "w") as file:
        file.write(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")
