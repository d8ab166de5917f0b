"""What the API's own log says of the promises: nobody twice at once, nobody sooner than the minimum interval."""
from dataclasses import dataclass, field

# The log takes its moments from one clock, but writes a line some microseconds after the moment.
_SLACK = 0.005


@dataclass
class Verdict:
    calls: int = 0
    users: int = 0
    overlapping: list = field(default_factory=list)
    too_soon: list = field(default_factory=list)
    most_in_a_second: int = 0

    @property
    def holds(self):
        return not self.overlapping and not self.too_soon


def judge(log, interval):
    """`log` is a CallLog; `interval` in seconds, counted from the end of a call, or its beginning if it has none."""
    log.refresh()
    by_user, verdict = {}, Verdict()
    for at, user, key in sorted(log.reads):
        by_user.setdefault(user, []).append((at, key))
    for user, calls in by_user.items():
        for (began, key), (following, _) in zip(calls, calls[1:]):
            ended = log.ends[key][0] if key in log.ends else None
            if ended is not None and following < ended - _SLACK:
                verdict.overlapping.append((user, following, ended - following))
            elif following - (ended or began) < interval - _SLACK:
                verdict.too_soon.append((user, following, interval - (following - (ended or began))))
    verdict.calls, verdict.users = len(log.reads), len(by_user)
    moments, first = sorted(at for at, _, _ in log.reads), 0
    for index, at in enumerate(moments):
        while moments[first] <= at - 1:
            first += 1
        verdict.most_in_a_second = max(verdict.most_in_a_second, index - first + 1)
    return verdict


def latest(log):
    """By user, when its last call was read."""
    found = {}
    for at, user, _ in log.refresh().reads:
        found[user] = max(found.get(user, 0), at)
    return found
