"""What the API's own log says of a daemon whose clocks were disturbed. The log goes by the host's clock."""
from dataclasses import dataclass, field

# The machine's clocks are read to a hundredth of a second; the log writes a line some microseconds after the moment.
SLACK = 0.05


@dataclass
class Disturbance:
    """What happened to the machine, from `began` to `ended` by the host's clock, in seconds.

    `gain` is by how much the machine's steady clock, which nobody can set, ran ahead of the host's meanwhile: after a
    suspend, the kernel adds the time by a clock of whole seconds.
    """

    name: str
    began: float
    ended: float = 0
    gain: float = 0


@dataclass
class Verdict:
    calls: int = 0
    overlapping: list = field(default_factory=list)
    too_soon: list = field(default_factory=list)
    # By how much the shortest interval between two calls of a user was longer than it had to be.
    closest: float = float("inf")


def judge(log, interval, disturbances):
    """`interval` counts from the end of a call, or its beginning if it has none."""
    log.refresh()
    by_user, verdict = {}, Verdict(calls=len(log.reads))
    for at, user, key in sorted(log.reads):
        by_user.setdefault(user, []).append((at, key))
    for user, calls in by_user.items():
        for (began, key), (following, _) in zip(calls, calls[1:]):
            ended = log.ends[key][0] if key in log.ends else began
            if following < ended - SLACK:
                verdict.overlapping.append((user, following, ended - following))
            floor = interval - sum(max(0.0, disturbance.gain) for disturbance in disturbances
                                   if disturbance.began < following and ended < disturbance.ended)
            spare = following - ended - floor
            verdict.closest = min(verdict.closest, spare)
            if spare < -SLACK:
                verdict.too_soon.append((user, following, -spare))
    return verdict


def uncalled(log, users, since):
    """Who was not called since a moment."""
    return set(users) - {user for at, user, _ in log.refresh().reads if at > since}
