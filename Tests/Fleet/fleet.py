"""A whole installation: the API, the database with its standby, and several daemons."""
import os
import subprocess

from api import Api
from cluster import Cluster
from member import Member
from processes import wait_until


class Fleet:
    # Intervals in seconds, so that a run of minutes holds many turns.
    INTERVAL = 8
    EVERY = 16
    RATE = 60
    SECTIONS = {
        "schedule": {"every": f"{EVERY}s", "minimumInterval": f"{INTERVAL}s", "attemptsPerDay": 20000},
        "backoff": {"failure": {"first": "10s", "ceiling": "20s"}, "outage": {"first": "1s", "ceiling": "4s"}},
        "limits": {"requestsPerSecond": RATE, "burst": RATE, "concurrency": 64, "slowStart": "0s", "drain": "5s"},
        "breaker": {"window": "10s", "firstPause": "2s", "longestPause": "5s"},
    }

    def __init__(self, binaries, directory, count=3, users=400, latency="50ms..1s", synchronous=True, port=0):
        self.directory, self.users = directory, users
        self.cluster = self._cluster(synchronous)
        port = port or 20_000 + os.getpid() % 10_000
        self.api = Api(f"{binaries}/tight-sandbox", directory, port, users, latency=latency, **self._place_of_api())
        key = f"{directory}/store.key"
        self.members = [
            Member(f"{binaries}/bankrefreshd", directory, name, f"http://{self.api.host}:{port}/rest", self.cluster,
                   key, self.SECTIONS, **self._place_of(name))
            for name in (f"host-{letter}" for letter in "abcdefgh"[:count])]
        self._key, self._binary = key, f"{binaries}/bankrefreshd"

    def _cluster(self, synchronous):
        return Cluster(self.directory, synchronous)

    def _place_of_api(self):
        """Where the API is, for `Api`."""
        return {}

    def _place_of(self, _name):
        """Where a daemon is and how it reaches the database, for `Member`."""
        return {}

    def _start_database(self):
        self.cluster.start()

    def start(self):
        self.api.start()
        self._start_database()
        with open(self._key, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            subprocess.run([self._binary, "key", "generate"], stdout=file, check=True)
        self.members[0].command("check-config")
        self.members[0].command("users", "import", self.api.users)
        for member in self.members:
            member.start()

    def calls(self):
        return len(self.api.log.refresh().reads)

    def wait_for_calls(self, count, seconds):
        """Waits for so many more calls."""
        before = self.calls()
        wait_until(f"{count} more calls", lambda: self.calls() - before >= count, seconds)

    def stop(self):
        for member in self.members:
            member.stop()
        self.api.stop()
        self.cluster.stop()
