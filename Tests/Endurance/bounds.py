"""What a daemon may take after hours, compared with what it took after the first."""
import statistics

_MEGABYTE = 1e6


def bounds(hours, verdict, waiting, cpu):
    """Rows of: what is bounded, what was found, whether the bound holds. The first of the hours is for warming up."""
    first, last, later = hours[1], hours[-1], hours[1:]
    growth = last.median("rss") - first.median("rss")
    halves = later[:len(later) // 2], later[len(later) // 2:]
    log = max(hour.highest("wal") for hour in hours)
    early, late = (statistics.median(hour.late(99) for hour in half) for half in halves)
    rows = [(
        "RSS grows by less than 1 MB after the first hour",
        f"{growth / _MEGABYTE:+.2f} MB, from {first.median('rss') / _MEGABYTE:.2f} MB", growth < _MEGABYTE)]
    for name, text, more in [("descriptors", "open descriptors", 4), ("threads", "threads", 2)]:
        before, after = (max(hour.highest(name) for hour in half) for half in halves)
        rows.append(
            (f"{text}: at most {more} more in the second half", f"{before}, then {after}", after <= before + more))
    rows += [
        ("the store's log stays below 64 MiB", f"{log / _MEGABYTE:.1f} MB at most", log < 64 << 20),
        ("lateness, 99 %: no more than 20 ms and a quarter later in the second half",
         f"{early * 1000:.0f} ms, then {late * 1000:.0f} ms", late <= early * 1.25 + 0.02),
        ("processor: below half a core", f"{cpu:.3f}", cpu < 0.5),
        ("two calls of one user at once", len(verdict.overlapping), not verdict.overlapping),
        ("sooner than the minimum interval", len(verdict.too_soon), not verdict.too_soon),
        ("users an hour past their slot without a call", len(waiting), not waiting),
    ]
    return rows
