"""Machines that do not reach each other. Faults as in faults.py, for a fleet with a network."""
import time

from processes import Failure, wait_until

# A claim needs a beat of the last 5 s; what was leased just before is called within a moment.
_LONGEST_CALLING = 6.5


def cut_from_database(fleet, dice):
    """A daemon and the database do not hear each other."""
    return _cut_off(fleet, dice, fleet.databases, ["there", "back"])


def cut_from_database_one_way(fleet, dice):
    """Only what one of them sends is lost: answers are, at whatever moment; of a claim's COMMIT too."""
    return _cut_off(fleet, dice, fleet.databases, [dice.choice(["there", "back", "back"])])


def cut_from_api(fleet, dice):
    """A daemon does not reach the API; the others call on."""
    return _cut_off(fleet, dice, ["api"], dice.choice([["there", "back"], ["there"], ["back"]]))


def cut_from_both(fleet, dice):
    """A daemon reaches nobody."""
    return _cut_off(fleet, dice, [*fleet.databases, "api"], ["there", "back"])


ALL = [cut_from_database, cut_from_database_one_way, cut_from_api, cut_from_both]


def _cut_off(fleet, dice, others, ways):
    member = dice.choice([member for member in fleet.members if member.runs] or fleet.members)
    pause = dice.uniform(3, 30)
    # One that just started is not through with joining.
    wait_until(f"{member.name} works", member.works, 60)
    began = time.monotonic()
    for other in others:
        for source, target in [(member.name, other)] * ("there" in ways) + [(other, member.name)] * ("back" in ways):
            fleet.network.cut(source, target)
    try:
        _look_on(fleet, member, began + pause, others)
    finally:
        fleet.network.heal()
    places = "API" if others == ["api"] else "database and API" if "api" in others else "database"
    return f"{member.name} cut off from the {places} ({' and '.join(ways)}) for {pause:.1f} s"


def _look_on(fleet, member, end, others):
    """Who does not reach the database calls nobody after a while; the others do all along."""
    is_of_database = others != ["api"]
    time.sleep(max(0, min(_LONGEST_CALLING, end - time.monotonic())))
    before, calls, began = fleet.network.sent_to_api(member.name), fleet.calls(), time.monotonic()
    while time.monotonic() < end:
        time.sleep(0.5)
        now = fleet.network.sent_to_api(member.name)
        if is_of_database and any(count > before.get(connection, 0) for connection, count in now.items()):
            raise Failure(f"{member.name} calls without the database: {before} became {now}")
        before = now
    length, made = time.monotonic() - began, fleet.calls() - calls
    if length > 12 and made == 0 and any(other.runs for other in fleet.members if other is not member):
        raise Failure(f"no calls for {length:.0f} s while {member.name} alone was cut off")
