"""What happens to the calls. Each takes a case, lets it happen and returns a verdict."""
import statistics
import time

import judge
from processes import Failure, wait_until

# Calls that are under way for a while, so that what happens finds many of them.
_SLOW = "500ms..2s"


def calm(case):
    """Nothing happens, and nobody loses a turn."""
    case.begin(latency=_SLOW)
    case.daemon.wait_until_done(60)
    verdict = case.verdict()
    allowed = verdict.calls // 1000
    verdict.expect(verdict.unknown <= allowed, f"{verdict.unknown} of {verdict.calls} calls unknown")
    return verdict


def kill(case):
    """The API's process dies under calls that it has read, and is started again."""
    case.begin(latency=_SLOW)
    case.wait_for_calls(400, in_flight=100)
    case.api.kill()
    lost = len(case.api.log.in_flight())
    time.sleep(1.5)
    case.api.start()
    case.daemon.wait_until_done(60)
    verdict = case.verdict()
    verdict.note = f"{lost} were read and not answered"
    return verdict


def refused(case, status, bad):
    """Some users of 200 are answered with a 4xx, all the others SUCCESS."""
    every, length, users = 10, 60, 200
    names = [f"user-{number:06}" for number in range(1, users + 1, users // bad)][:bad]
    # At first all goes well: what the very first calls of a daemon meet is another matter.
    case.begin(users=users, all_due=False, behaviours=[f"{name}=success,status:{status}" for name in names],
               sections={"schedule": {"every": f"{every}s", "minimumInterval": "5s", "attemptsPerDay": 100_000},
                         "breaker": {}, "limits": {"slowStart": "0s"}})
    began = time.monotonic()
    case.run_until(length, began)
    verdict = case.verdict(interval=5)
    good = [read for read in case.api.log.reads if read[1] not in names]
    due = (users - bad) * (length - every) // every
    verdict.note = f"{len(good)} calls of the others, at least {due} due"
    verdict.expect(len(good) >= due * 0.9, f"only {len(good)} calls of the others, of {due} due")
    verdict.stopped = sum(judge.stops(good))
    verdict.expect(verdict.stopped == 0, f"all stopped for {verdict.stopped:.0f} s")
    return verdict


def forgotten(case):
    """A NAT forgets every connection: packets vanish and nothing is closed."""
    at_once = 64
    case.begin(latency="1s", nat=True, timeout=None, sections={
        "breaker": {}, "limits": {"requestsPerSecond": 2000, "burst": 256, "concurrency": at_once, "slowStart": "0s"}})
    case.wait_for_calls(200, in_flight=30)
    flying = len(case.api.log.in_flight())
    lost = case.nat.forget(case.front.port)
    moment = time.time()
    # Answers under way reach nobody any more.
    case.daemon.wait_until_done(150)
    verdict = case.verdict()
    reads = [read for read in case.api.log.reads if read[0] > moment + 1]
    waited = (min(reads)[0] if reads else time.time()) - moment
    longest = max([waited, *judge.stops(reads)])
    verdict.note = f"{lost} connections forgotten with {flying} calls, calls again after {waited:.0f} s"
    verdict.expect(longest < 30, f"no calls for {longest:.0f} s")
    # Those whose answer was under way are in flight too, for the daemon.
    verdict.expect(verdict.unknown <= at_once, f"{verdict.unknown} unknown, though at most {at_once} were in flight")
    return verdict


def idle(case, seconds, rounds=25):
    """The front closes a kept connection after some seconds, and calls come at exactly that rhythm, 64 at a time."""
    at_once = 64
    count = at_once * rounds
    case.begin(users=count, all_due=False, keepalive=seconds, sections={
        "limits": {"requestsPerSecond": 2000, "burst": 256, "concurrency": at_once, "slowStart": "0s"}})
    users, asked, lags = [f"user-{number:06}" for number in range(1, count + 1)], 0, []
    while asked < count:
        batch, before, began = set(users[asked:asked + at_once]), len(case.api.log.refresh().reads), time.time()
        # A few of them have had their turn by the schedule: those are refused.
        case.daemon.command("refresh", "--no-wait", *batch, fails=True)
        asked += at_once
        # A call that is lost is never read.
        try:
            wait_until("the calls of a round",
                       lambda: sum(read[1] in batch for read in case.api.log.refresh().reads[before:]) >= at_once, 2)
        except Failure:
            pass
        reads = [read[0] for read in case.api.log.reads[before:] if read[1] in batch]
        if reads:
            lags.append(min(reads) - began)
        last = max([at for at, _, _ in case.api.log.ends.values()], default=began)
        # Around the very moment, as calls are sent over some milliseconds.
        offset = (asked // at_once % 9 - 4) * 0.002
        time.sleep(max(0, last + seconds - statistics.median(lags or [0.05]) + offset - time.time()))
    case.daemon.wait_until_done(10, quiet=0)
    verdict = case.verdict()
    verdict.stopped = 0
    attempts = sum(len(attempts) for attempts in case.history.values())
    allowed = 0 if case.front.name in case.front.HINTING else attempts // 1000
    verdict.note = f"{attempts} calls made, {allowed} may be unknown"
    verdict.expect(verdict.unknown <= allowed, f"{verdict.unknown} of {attempts} calls unknown")
    return verdict


def limit(case, burst, length=90):
    """nginx lets ten calls a second through and answers the others 429."""
    words = f"limit_req zone=all burst={burst} nodelay;" if burst else "limit_req zone=all;"
    case.begin(timeout=None, limit=words, sections={"limits": {}, "breaker": {}, "backoff": {}})
    began = time.monotonic()
    case.run_until(length, began)
    verdict = case.verdict()
    last = time.time() - 30
    rate = sum(read[0] > last for read in case.api.log.reads) / 30
    throttled = judge.outcomes(case.history).get("throttled", 0)
    verdict.note = f"{rate:.1f} calls a second let through of 10, {throttled} answered 429"
    if length >= 90:
        verdict.expect(rate >= 9, f"only {rate:.1f} calls a second")
    return verdict


def reload(case):
    """The front reloads its configuration, twice, with calls under way."""
    case.begin(latency=_SLOW)
    for calls in (300, 700):
        case.wait_for_calls(calls, in_flight=50)
        case.front.reload()
    case.daemon.wait_until_done(60)
    return case.verdict()


def reloads(case, minutes):
    """The front reloads its configuration once a minute, with some thirty calls under way all the time."""
    users = case.machine.users // 2
    case.begin(users=users, latency=_SLOW, all_due=False, sections={"schedule": {
        "every": "60s", "minimumInterval": "30s", "attemptsPerDay": 100_000}})
    began, moments = time.monotonic(), []
    for minute in range(1, minutes + 1):
        case.run_until(60 * minute - 30, began)
        moments.append(time.time())
        case.front.reload()
    case.run_until(60 * minutes, began)
    # What is in flight now would end with the daemon, for another reason than a reload.
    case.daemon.command("pause")
    case.daemon.wait_until_idle(30)
    verdict = case.verdict(interval=30)
    due = users * (minutes - 1)
    verdict.note = f"{len(moments)} reloads, at least {due} calls due"
    verdict.expect(verdict.calls >= due * 0.99, f"only {verdict.calls} calls of {due} due")
    verdict.expect(verdict.stopped == 0, f"all stopped for {verdict.stopped:.0f} s")
    for words, is_explained in judge.explained(case.api.log, case.history, moments):
        verdict.details.append(words)
        verdict.expect(is_explained, f"not explained: {words}")
    return verdict


def stop(case):
    """The front is told to stop when its calls have ended, and is started again."""
    def gracefully():
        case.front.stop_gracefully()
        try:
            wait_until("the front has ended", lambda: case.front.program.process.poll() is not None, 10)
        except Failure:
            # HAProxy waits for idle connections too, as long as they live.
            case.front.stop()
    return _stopped(case, gracefully)


def halt(case):
    """The front is stopped at once, with calls under way, and started again."""
    return _stopped(case, lambda: case.front.stop_at_once())


def _stopped(case, stop):
    case.begin(latency=_SLOW)
    case.wait_for_calls(400, in_flight=50)
    stop()
    time.sleep(1)
    case.front.start()
    case.daemon.wait_until_done(60)
    return case.verdict()


def worker(case):
    """One of nginx's two workers is killed."""
    case.begin(latency=_SLOW, sections={"breaker": {}})
    case.wait_for_calls(400, in_flight=50)
    case.front.kill_worker()
    case.daemon.wait_until_done(60)
    verdict = case.verdict()
    verdict.expect(verdict.stopped == 0, f"all stopped for {verdict.stopped:.0f} s")
    return verdict
