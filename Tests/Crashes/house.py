"""Daemons, their store, and an API that renews tokens: what runs of kills and of bad disks share."""
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from api import Api
from cluster import Cluster
from host import Host

_PORT, _ADMIN, _WEB = 8080, 8081, 8090


class House:
    # Intervals in seconds, so that a run of minutes holds many turns.
    INTERVAL = 3
    EVERY = 6
    SECTIONS = {
        "schedule": {"every": f"{EVERY}s", "minimumInterval": f"{INTERVAL}s", "attemptsPerDay": 50_000},
        "backoff": {"failure": {"first": "3s", "ceiling": "6s"}, "outage": {"first": "1s", "ceiling": "2s"}},
        "limits": {"requestsPerSecond": 200, "burst": 200, "concurrency": 64, "slowStart": "0s", "drain": "3s"},
        "breaker": {"window": "10s", "firstPause": "1s", "longestPause": "2s"},
    }

    def __init__(self, binaries, directory, users, seed, hosts=0, place=None, latency="2ms..300ms", options=(),
                 life="60s"):
        """With `hosts`, so many daemons share a store on a server; without, one has a file, in `place`.

        `options` are more of the API's; tokens live for `life`.
        """
        self.directory, self.key = directory, f"{directory}/store.key"
        self.cluster = Cluster(directory, has_standby=False) if hosts else None
        self._secret = f"{directory}/client-secret"
        self.api = Api(f"{binaries}/tight-sandbox", directory, _PORT, users, latency=latency, options=[
            "--admin-port", str(_ADMIN), "--client-secret-file", self._secret, "--token-lifetime", life,
            "--seed", str(seed), *options])
        self.hosts = [
            Host(binaries, directory, f"host-{'abcdefgh'[number]}", f"http://127.0.0.1:{_PORT}/rest", self.cluster,
                 self.key, self.SECTIONS, _WEB + number, self._secret, place)
            for number in range(hosts or 1)]
        self.place = place or self.hosts[0].member.directory

    def open(self, count=None):
        """Starts the API, makes a store, and takes the first users of the API into it; returns all ids."""
        self.api.start()
        if self.cluster:
            self.cluster.start()
        self.command("key", "generate", self.key)
        with open(self.api.users) as file:
            self._header, *rows = file.read().splitlines()
        self.command("users", "import", self.file_of(rows[:count], "first"))
        return [row.split(",")[0] for row in rows]

    def file_of(self, rows, name):
        """A file for `users import`, for the eyes of its owner."""
        path = f"{self.directory}/{name}.csv"
        with open(path, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("\n".join([self._header, *rows]) + "\n")
        return path

    def command(self, *arguments):
        return self.hosts[0].member.command(*arguments)

    def users(self):
        """Everybody in the store, by id."""
        return {user["userID"]: user for user in json.loads(self.command("users", "list", "--json"))}

    def stop_daemons(self):
        for host in self.hosts:
            host.member.stop()

    def stop(self):
        self.stop_daemons()
        self.api.stop()
        if self.cluster:
            self.cluster.stop()
            shutil.rmtree(self.cluster.folder, ignore_errors=True)

    # MARK: What is asked of the API

    def ask_api(self, method, path, body=None):
        """Of its commands."""
        request = urllib.request.Request(f"http://127.0.0.1:{_ADMIN}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def sign_in(self, users):
        """Rows with new tokens of users; their old ones end with that."""
        rows = []
        for user in users:
            pair = self.ask_api("POST", f"/tokens/{user}")
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + pair["expires_in"]))
            rows.append(f"{user},{pair['access_token']},{pair['refresh_token']},{until}")
        return rows

    def refused_tokens(self):
        """How many users' tokens are stored, and whose the API refuses: both of each user are presented once.

        No daemon may run; none may afterwards.
        """
        path = f"{self.directory}/tokens.ndjson"
        self.command("tokens", "export", path)
        with open(path) as file:
            users = [json.loads(line) for line in file]
        os.remove(path)
        with open(self._secret) as file:
            secret = file.read().strip()
        with ThreadPoolExecutor(32) as threads:
            found = list(threads.map(lambda user: self._is_refused(user, secret), users))
        return len(users), [user["user_id"] for user, is_refused in zip(users, found) if is_refused]

    def _is_refused(self, user, secret):
        try:
            self._post("/rest/v5/banks/refresh", b"", {"Authorization": f"Bearer {user['access_token']}"})
            self._post("/rest/v5/auth/token", json.dumps({
                "grant_type": "refresh_token", "refresh_token": user["refresh_token"], "client_id": "tight-sandbox",
                "client_secret": secret}).encode(), {"Content-Type": "application/json"})
            return False
        except urllib.error.HTTPError as error:
            return error.code in (400, 401, 403)
        except OSError:
            # An answer that gets lost is none; what it was about is as good as any.
            return False

    @staticmethod
    def _post(path, body, headers):
        request = urllib.request.Request(f"http://127.0.0.1:{_PORT}{path}", method="POST", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
