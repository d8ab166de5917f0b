"""What happens to the database's servers besides crashes. Faults as in faults.py."""
import signal
import time

import faults
from processes import Failure, wait_until

# A claim waits 6 s for its COMMIT; what was leased just before is called within a moment.
_LONGEST_CALLING = 7.5


def standby_gone(fleet, dice):
    """The synchronous standby is dead or stands still, so nothing is durable: no calls until it is back."""
    cluster = fleet.cluster
    cluster.heal()
    pause, is_frozen = dice.uniform(14, 25), dice.random() < 0.5
    if is_frozen:
        cluster.send(cluster.standby, signal.SIGSTOP)
    else:
        cluster.kill(cluster.standby)
    began = time.monotonic()
    time.sleep(_LONGEST_CALLING)
    calls = fleet.calls()
    told = []
    while time.monotonic() < began + pause:
        time.sleep(1)
        told.append({finding["kind"] for member in fleet.members if member.runs
                     for finding in member.status().get("health", {}).get("findings", [])})
    made = fleet.calls() - calls
    if is_frozen:
        cluster.send(cluster.standby, signal.SIGCONT)
    else:
        cluster.launch(cluster.standby)
    if made:
        raise Failure(f"{made} calls while nothing could be durable")
    # Who had nothing to write for a call finds out by its beats alone.
    if not any(kinds & {"storeFailing", "outOfTouch"} for kinds in told):
        raise Failure(f"no daemon told of a database that takes nothing: {told}")
    fleet.wait_for_calls(20, 60)
    return f"the standby {'frozen' if is_frozen else 'killed'} for {time.monotonic() - began:.0f} s, told as " + (
        ", ".join(sorted(set().union(*told))))


def held_snapshot(fleet, dice):
    """Another session holds a snapshot from now on, so that nothing that is dead can be removed; calls go on."""
    is_new = fleet.cluster.hold_snapshot()
    before = fleet.calls()
    time.sleep(dice.uniform(4, 8))
    if fleet.calls() == before and any(member.runs for member in fleet.members):
        fleet.wait_for_calls(1, 60)
    return "a snapshot held from now on" if is_new else "a snapshot held as before"


ALL = [standby_gone, held_snapshot]


def failover_to_another_clock(fleet, dice):
    """The standby's clock is 3 s ahead, or behind, and it takes over: floors are longer by what is ahead."""
    cluster = fleet.cluster
    # All know the old calendar by then.
    faults.gather(fleet)
    ahead = dice.choice([3, 3, -3])
    step = ahead - cluster.ahead(cluster.primary)
    cluster.remake_standby(ahead)
    fleet.wait_for_calls(20, 60)
    before = cluster.debts()
    cluster.fail_over()
    fleet.wait_for_calls(20, 90)
    if step > 0:
        wait_until("a debt of the calendar is written", lambda: cluster.debts() > before, 30)
    cluster.heal()
    return f"failed over to a server whose clock is {step:+d} s apart, {cluster.debts() - before} debts"


def wrong_clock(fleet, dice):
    """A daemon's own clock is wrong; its steady clock is not."""
    member = dice.choice(fleet.members)
    # The server's may be wrong already: the two are apart by as much as is told.
    server = fleet.cluster.ahead(fleet.cluster.primary)
    member.ahead = dice.choice([ahead for ahead in (-2, 2) if abs(ahead - server) >= 2])
    if member.runs:
        member.stop()
    member.start(wait=False)
    wait_until(f"{member.name} tells that its clock is apart", lambda: any(
        finding["kind"] == "clockApart" for finding in member.status().get("health", {}).get("findings", [])), 60)
    return f"{member.name} restarted with a clock {member.ahead:+d} s apart"


# They need a library of Debian's package libfaketime.
CLOCKS = [failover_to_another_clock, wrong_clock]
