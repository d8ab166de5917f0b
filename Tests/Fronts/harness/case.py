"""One scenario with one front: its API, its front, its daemon, and what came of it."""
import itertools
import os
import shutil
import threading
import time

import judge
from api import Api
from daemon import Daemon
from front import Front
from nat import Nat
from processes import Failure, wait_until

_numbers, _ports, _lock = itertools.count(1), itertools.count(20_000, 2), threading.Lock()


class Case:
    """`machine` has what all cases share: its work directory, the servers, certificates, binaries, count of users."""

    def __init__(self, machine, scenario, front, http2, **options):
        self.machine, self.scenario, self.options = machine, scenario, options
        self.front_name, self.http2 = front, http2
        self.name = "-".join([scenario.__name__, front, "h2" if http2 else "h1", *(str(o) for o in options.values())])

    def run(self):
        with _lock:
            self._number, self._port = next(_numbers), next(_ports)
        self.directory = f"{self.machine.work}/{self.name}"
        os.makedirs(self.directory)
        self._running = []
        try:
            return self.scenario(self, **self.options)
        finally:
            # The daemon first: the end of the others is no part of the run.
            for program in reversed(self._running):
                program.stop()

    def keep(self, directory):
        """Keeps what the programs of the case wrote, but for tokens and keys."""
        target = f"{directory}/{self.name}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.directory, target, ignore=shutil.ignore_patterns(
            "*.csv", "*.key", "*.pem", "*.sock*", "store.*", "body", "proxy", "*cgi", "*.pid"))

    def begin(self, users=None, latency=None, behaviours=(), sections=None, timeout="30s", nat=False, all_due=True,
              **front):
        """Starts API, front and daemon; every user is due unless told otherwise."""
        users = users or self.machine.users
        address, inside = "127.0.0.1", ()
        if nat:
            self.nat = self._kept(Nat(self._number, self.directory))
            address, inside = self.nat.address, self.nat.inside
        self.api = self._kept(Api(self.machine.sandbox, self.directory, self._port + 1, users, latency=latency,
                                  tls=self.front_name == "haproxy-h2", behaviours=behaviours))
        self.api.start()
        self.front = self._kept(Front(self.front_name, self.http2, self.directory, self.machine.root,
                                      self.machine.certificates, self._port, self._port + 1, address, **front))
        self.front.start()
        host = "localhost" if address == "127.0.0.1" else address
        self.daemon = self._kept(Daemon(
            self.machine.daemon, self.directory, f"https://{host}:{self._port}/rest",
            f"{self.machine.certificates}/ca.pem", sections, {"timeout": timeout} if timeout else {}, inside))
        self.daemon.take(self.api.users, all_due)
        self.daemon.start()

    def _kept(self, program):
        self._running.append(program)
        return program

    def wait_for_calls(self, count, in_flight=1, seconds=30):
        """Waits until the API has read so many calls and so many of them are unanswered."""
        def came():
            flying = self.api.log.in_flight()
            return len(self.api.log.reads) >= count and len(flying) >= in_flight
        wait_until(f"{count} calls, {in_flight} in flight", came, seconds, self.daemon.program)

    def verdict(self, interval=Daemon.INTERVAL):
        self.history = self.daemon.history()
        return judge.judge(self.api.log, self.history, interval)

    def run_until(self, seconds, began):
        left = began + seconds - time.monotonic()
        if left > 0:
            time.sleep(left)
        if self.daemon.program.process.poll() is not None:
            raise Failure(f"the daemon ended; see {self.daemon.program.log}")
