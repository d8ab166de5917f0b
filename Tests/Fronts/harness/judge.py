"""What a run has shown, from the API's own log; the daemon's history is held against it."""
from dataclasses import dataclass, field

# A shorter time without calls is no stop: calls take up to two seconds.
_SHORTEST_STOP = 2.5
# Between the clocks of the two: none but for rounding; and the time that an answer takes through a front.
_SLACK = 0.5
# Within it after a disturbance, a connection that was about to be closed is closed.
_CLOSING = 5


@dataclass
class Verdict:
    calls: int
    twice: int
    unseen: int
    unknown: int
    stopped: float
    note: str = ""
    # In words, which promises did not hold.
    broken: list = field(default_factory=list)
    # In words, what else there is to read, a line each.
    details: list = field(default_factory=list)

    def expect(self, holds, words):
        if not holds:
            self.broken.append(words)


def judge(log, history, interval):
    """The promises that hold in every scenario."""
    log.refresh()
    verdict = Verdict(calls=len(log.reads), twice=len(_twice(log.reads, interval)), unseen=len(_unseen(log, history)),
                      unknown=outcomes(history).get("unknown", 0), stopped=sum(stops(log.reads)))
    verdict.expect(verdict.twice == 0, f"{verdict.twice} users called twice within the minimum interval")
    verdict.expect(verdict.unseen == 0, f"{verdict.unseen} refreshed that the API did not see answered")
    return verdict


def outcomes(history):
    counts = {}
    for attempts in history.values():
        for _, _, outcome, _ in attempts:
            counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def explained(log, history, moments):
    """Each attempt called unknown, in words, and whether one of `moments`, when calls were disturbed, accounts for it.

    A call accounts for itself if it was under way at such a moment, or began so soon after it that it took a connection
    which was about to be closed.
    """
    found = []
    for user, attempts in sorted(history.items()):
        for begin, end, outcome, reason in sorted(attempts):
            if outcome != "unknown":
                continue
            before = max((moment for moment in moments if moment <= end + _SLACK), default=None)
            read = next((read for read in log.reads if read[1] == user and begin - _SLACK <= read[0] <= end + _SLACK),
                        None)
            ended = log.ends.get(read[2]) if read else None
            words = (f"{user}: {reason}, {end - begin:.2f} s after its begin, "
                     + ("before any disturbance" if before is None else f"{end - before:.2f} s after one")
                     + ("; the API never read it" if read is None else f"; the API read it {read[0] - begin:.2f} s after"
                        + (" and never ended it" if ended is None else
                           f" and {ended[1]} {ended[2] or ''} at {ended[0] - begin:.2f} s".replace("  ", " "))))
            found.append((words, before is not None and begin - before < _CLOSING))
    return found


def stops(reads):
    """The times, in seconds, for which no call came, between the first and the last."""
    moments = sorted(read[0] for read in reads)
    return [later - earlier for earlier, later in zip(moments, moments[1:]) if later - earlier >= _SHORTEST_STOP]


def _twice(reads, interval):
    last, found = {}, set()
    for at, user, _ in sorted(reads):
        if user in last and at - last[user] < interval:
            found.add(user)
        last[user] = at
    return found


def _unseen(log, history):
    """Attempts called refreshed, each needing an answer of SUCCESS of its own within its time."""
    found, answered = [], log.answered()
    for user, attempts in history.items():
        left = sorted(answered.get(user, []))
        for begin, end, outcome, _ in sorted(attempts):
            if outcome != "refreshed":
                continue
            answer = next((at for at in left if begin - _SLACK <= at <= end + _SLACK), None)
            if answer is None:
                found.append((user, begin))
            else:
                left.remove(answer)
    return found
