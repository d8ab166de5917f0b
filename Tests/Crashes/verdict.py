"""What becomes of a house in the end: whether all promises held, by the API's own books and the store."""
import os
import time

import custody
import judge
from processes import Failure, wait_until


def holds(house, everybody, imports=(), finish=lambda: None):
    """Starts the daemons, has everybody called once more, ends them, and tells what was found.

    `finish` does what is left to do once all work; `imports` as in custody.py.
    """
    stuck = _calm_down(house, everybody, finish)
    seen, users = judge.judge(house.api.log, house.INTERVAL), house.users()
    missing = sorted(set(everybody) - set(users))
    waiting = sorted(f"{user}: {entry['state']}" for user, entry in users.items()
                     if entry["state"] not in ("scheduled", "backing off"))
    renewals = house.ask_api("GET", "/renewals")
    lost = custody.lost(renewals, house.api.log.reads, imports)
    seals = house.command("key", "status") if house.cluster else house.command("store", "verify")
    house.stop_daemons()
    exported, refused = house.refused_tokens()
    partial = [name for name in os.listdir(house.place) if "partial" in name or name.endswith("-journal")]
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(renewals["outcomes"].items()))
    print(f"{seen.calls} calls of {seen.users} users; {renewals['total']} renewals: {outcomes}")
    rows = [
        ("users lost", missing), ("parked or paused", waiting), ("stuck: without a call in the end", stuck),
        ("two calls of one user at once", seen.overlapping),
        (f"sooner than the minimum interval of {house.INTERVAL} s", seen.too_soon),
        ("two renewals of one user at once", ["some"] * renewals["overlapping"]),
        ("pairs lost that were in use", lost),
        (f"stored tokens of {exported} users that the API refuses", refused),
        ("partial files left", partial),
    ]
    for name, found in rows:
        print(f"{name}: {len(found)}" + (f": {', '.join(map(str, found[:5]))}" if found else ""))
    print("every seal opens: " + seals.strip().splitlines()[-1].strip(), flush=True)
    return not any(found for _, found in rows) and exported == len(everybody)


def _calm_down(house, everybody, finish):
    """Lets everybody have a turn with nothing going on; returns those who have none."""
    house.ask_api("PUT", "/tokens", {"lifetime": ""})
    # An answer that is lost just before the end costs a pair, and nobody is left to ask for another.
    house.ask_api("PUT", "/token-behaviour", {"behaviour": "success"})
    for host in house.hosts:
        if not host.member.runs:
            host.start()
    for host in house.hosts:
        host.wait()
    finish()
    calm = time.time()

    def stuck():
        latest = judge.latest(house.api.log)
        return [user for user in everybody if latest.get(user, 0) <= calm]

    try:
        # Many times the longest wait of a user.
        wait_until("everybody is called", lambda: not stuck(), 60)
    except Failure:
        pass
    return stuck()
