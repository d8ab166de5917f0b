"""The table that a run ends with."""

_HEAD = ("scenario", "front", "HTTP", "calls", "called twice", "unseen", "unknown", "stopped", "holds", "")
_RIGHT = range(3, 8)


def row(case, verdict):
    """A line for one case; `verdict` is None where the rig itself failed."""
    options = " ".join(str(option) for option in case.options.values())
    head = (f"{case.scenario.__name__} {options}".strip(), case.front_name, "2" if case.http2 else "1.1")
    if verdict is None:
        return (*head, "-", "-", "-", "-", "-", "NO RESULT", "")
    return (*head, str(verdict.calls), str(verdict.twice), str(verdict.unseen), str(verdict.unknown),
            f"{verdict.stopped:.0f} s", "NO" if verdict.broken else "yes",
            "; ".join([*verdict.broken, *([verdict.note] if verdict.note else [])]))


def table(rows):
    rows = [_HEAD, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    return "\n".join("  ".join([*(cell.rjust(width) if column in _RIGHT else cell.ljust(width)
                                  for column, (cell, width) in enumerate(zip(row, widths))), row[-1]]).rstrip()
                     for row in rows)
