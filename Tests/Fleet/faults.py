"""What happens to an installation. Each fault takes the fleet and dice, lets it happen, and says what it was.

A fault ends with the installation whole again, or on its way: the next one may come on top of its end.
"""
import time

from processes import Failure, wait_until


def crash(fleet, dice):
    """A daemon dies, and is started again after a while."""
    member = dice.choice(_running(fleet))
    pause = dice.uniform(0, 6)
    member.crash()
    time.sleep(pause)
    member.start(wait=False)
    return f"{member.name} killed, started after {pause:.1f} s"


def freeze(fleet, dice):
    """A daemon stands still for less time than kills it."""
    member = dice.choice(_running(fleet))
    pause = dice.uniform(1, 24)
    member.freeze()
    time.sleep(pause)
    member.thaw()
    return f"{member.name} frozen for {pause:.1f} s"


def freeze_for_long(fleet, dice):
    """A daemon stands still for so long that the kernel ends it; nobody lets it go on."""
    member = dice.choice(_running(fleet))
    # One that has only begun to start has no users, and no timer yet.
    member.wait_until_it_works()
    member.freeze()
    for _ in range(50):
        time.sleep(1)
        if not member.runs:
            break
    else:
        raise Failure(f"{member.name} is frozen for 50 s and lives")
    member.start(wait=False)
    return f"{member.name} frozen until the kernel killed it"


def restart(fleet, dice):
    """A daemon stops in order, as for an upgrade."""
    member = dice.choice(_running(fleet))
    member.stop()
    member.start(wait=False)
    return f"{member.name} restarted"


def server_crash(fleet, dice):
    """Every process of the database's server is killed."""
    fleet.cluster.crash()
    time.sleep(dice.uniform(1, 4))
    return "the database's server killed and started"


def failover(fleet, dice):
    """The server is gone for good; its standby takes over, which all daemons see: nobody is doubted."""
    gather(fleet)
    fleet.cluster.fail_over()
    time.sleep(dice.uniform(4, 8))
    fleet.cluster.heal()
    return "the database failed over"


def failover_amid_a_start(fleet, dice):
    """The same while a daemon starts: it waits, and says what it knows."""
    gather(fleet)
    member = dice.choice(fleet.members)
    member.stop()
    member.start(wait=False)
    time.sleep(dice.uniform(0, 1.5))
    fleet.cluster.fail_over()
    # Were one silent, all would wait for ten minutes.
    fleet.wait_for_calls(20, 40)
    fleet.cluster.heal()
    return f"the database failed over while {member.name} started"


def lossy_failover(fleet, dice):
    """The standby takes over and lacks what was stored last; maybe a daemon dies as well."""
    behind, dies = dice.uniform(1, 4), dice.random() < 0.5
    fleet.cluster.fall_behind()
    time.sleep(behind)
    member = dice.choice(_running(fleet))
    if dies:
        member.crash()
    fleet.cluster.fail_over()
    time.sleep(dice.uniform(4, 20))
    fleet.cluster.heal()
    mend(fleet)
    return f"failed over to a standby {behind:.1f} s behind" + (f", {member.name} killed with it" if dies else "")


def outage(fleet, dice):
    """The API is gone for a while."""
    pause = dice.uniform(2, 8)
    fleet.api.kill()
    time.sleep(pause)
    fleet.api.start()
    return f"the API gone for {pause:.1f} s"


def pause(fleet, dice):
    """An operator pauses all calls on one host and resumes them on another."""
    ones = [member for member in _running(fleet) if member.works()]
    if len(ones) < 2:
        return "nobody to pause"
    one, other = dice.sample(ones, 2)
    one.command("pause")
    time.sleep(3)
    before = fleet.calls()
    time.sleep(3)
    made = fleet.calls() - before
    other.command("resume")
    if made:
        raise Failure(f"{made} calls while all were paused")
    return f"paused on {one.name}, resumed on {other.name}"


def calm(fleet, dice):
    time.sleep(dice.uniform(2, 10))
    return "nothing"


# Users that may have been called wait ten minutes and their minimum interval: it needs many users.
LOSSY = [lossy_failover]
ALL = [crash, crash, freeze, freeze_for_long, restart, server_crash, failover, failover_amid_a_start, outage, pause, calm]


def mend(fleet):
    """Everything works again."""
    for member in fleet.members:
        if not member.runs:
            member.start(wait=False)


def gather(fleet):
    """Waits until every daemon works: where one is silent at a failover, users wait ten minutes (lossy_failover)."""
    for member in _running(fleet):
        wait_until(f"{member.name} works", member.works, 60)


def _running(fleet):
    mend(fleet)
    return fleet.members
