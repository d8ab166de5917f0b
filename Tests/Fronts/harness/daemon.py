"""bankrefreshd as a process of its own, in the directory of a case."""
import calendar
import json
import os
import subprocess
import time

from processes import Failure, Program, wait_until


class Daemon:
    # Every user is due at once and then not for half a day; a second call of anybody breaks the promise.
    INTERVAL = 12 * 3600
    SECTIONS = {
        "schedule": {"every": "12h", "minimumInterval": "12h", "attemptsPerDay": 100},
        # The waits of an outage in seconds, so that a run shows what otherwise takes minutes.
        "backoff": {"outage": {"first": "2s", "ceiling": "4s"}},
        "limits": {"requestsPerSecond": 2000, "burst": 256, "concurrency": 256, "slowStart": "0s", "drain": "5s"},
        "breaker": {"window": "10s", "firstPause": "1s", "longestPause": "3s"},
    }

    def __init__(self, binary, directory, base, authority, sections=None, api=None, inside=()):
        self.directory, self._binary, self._inside, self.program = directory, binary, inside, None
        configuration = {
            **self.SECTIONS, **(sections or {}),
            "api": {"baseURL": base, "caFile": authority, **(api or {})},
            "store": {"sqlite": {"path": f"{directory}/store.sqlite"}, "key": {"file": f"{directory}/store.key"}},
            "control": {"socket": f"{directory}/control.sock"},
        }
        self._environment = {"BANKREFRESHD_CONFIG": f"{directory}/config.json"}
        with open(f"{directory}/config.json", "w") as file:
            json.dump(configuration, file, indent=1)

    def command(self, *arguments, fails=False):
        """Runs a command of the daemon's; returns what it printed. It must succeed, unless it may fail."""
        run = subprocess.run([self._binary, *arguments], capture_output=True, text=True,
                             env={**os.environ, **self._environment})
        if run.returncode != 0 and not fails:
            words = " ".join(arguments[:3])
            raise Failure(f"bankrefreshd {words} ended with {run.returncode}: {run.stderr or run.stdout}")
        return run.stdout

    def take(self, users, all_due=True):
        """Takes the users of a file into a new store, all of them due unless told otherwise."""
        self.command("key", "generate", f"{self.directory}/store.key")
        self.command("users", "import", users)
        if all_due:
            self.command("refresh", "--all", "--no-wait")

    def start(self):
        self.program = Program("daemon", [self._binary, "run"], self.directory, self._environment, self._inside)
        wait_until("the daemon answers", lambda: self._status().get("phase") == "running", 20, self.program)

    def _status(self):
        try:
            return json.loads(self.command("status", "--json"))
        except Failure:
            return {}

    def wait_until_done(self, seconds, quiet=15):
        """Waits until nothing is in flight and nobody is due for a while; says whether that came about."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = self._status()
            if status.get("inFlight") == 0 and _moment(status.get("nextDue")) > time.time() + quiet:
                return True
            time.sleep(0.3)
        return False

    def wait_until_idle(self, seconds):
        wait_until("no call is in flight", lambda: self._status().get("inFlight") == 0, seconds, self.program)

    def history(self):
        """By user, its past attempts: (begin and end in seconds since 1970, outcome, reason)."""
        found = {}
        for line in self.command("users", "export", "--all", "--json").splitlines():
            user = json.loads(line)
            found[user["userID"]] = [
                (begin := _moment(attempt["startedAt"]), begin + attempt["durationMilliseconds"] / 1000,
                 attempt["outcome"], attempt.get("reason", "")) for attempt in user["history"]]
        return found

    def told(self):
        """What it wrote to its log, without the entries of single calls."""
        return [line for line in self.program.text().splitlines() if "User user-" not in line]

    def stop(self):
        if self.program:
            self.program.stop()


def _moment(text):
    """Seconds since 1970 of an RFC 3339 moment in UTC; the far future for none."""
    if not text:
        return float("inf")
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}")
