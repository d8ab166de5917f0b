"""The lives of a daemon, each with its end by SIGKILL."""
import math
import threading
import time

import shim
from processes import Failure


class Lives(threading.Thread):
    """Lives of one host, until `is_over` says that it is enough; then the daemon is dead.

    Counts them: by the way they ended, and by the call before which they did.
    """

    def __init__(self, host, dice, is_on_server, is_over):
        super().__init__(daemon=True)
        self._host, self._dice, self._is_on_server, self._is_over = host, dice, is_on_server, is_over
        self.ways, self.before, self.failure = {}, {}, None
        # How long a start takes at most, and a life that is to end at its Nth call: one waits for a daemon that died.
        self._start, self._longest = (7, 9) if is_on_server else (0.4, 2.5)
        self._kinds = [self._any_moment] * 6 + [self._while_starting] * 2 + [self._nth_call_of_start] * 3 \
            + [self._nth_call] * 9

    @property
    def kills(self):
        return sum(self.ways.values())

    def run(self):
        try:
            while not self._is_over():
                # What is killed is started by the next.
                self._dice.choice(self._kinds)()
                self._host.shim.calm()
        except (Failure, OSError) as failure:
            self.failure = failure

    def _any_moment(self):
        self._host.start_and_wait()
        time.sleep(self._dice.uniform(0, 3 if self._is_on_server else 1))
        self._kill("at a moment")

    def _while_starting(self):
        self._host.start()
        time.sleep(self._dice.uniform(0, self._start))
        self._kill("at a moment of the start")

    def _nth_call_of_start(self):
        self._arm(self._scope(), 400)
        self._host.start()
        self._wait()

    def _nth_call(self):
        """Between two system calls of what it does all the time: lease, call, renew, settle."""
        self._host.start_and_wait()
        scope = self._scope()
        self._arm(scope, 300 if scope == shim.STORE else 8000 if self._is_on_server else 2000)
        self._wait()

    # MARK: Parts

    def _scope(self):
        if self._is_on_server:
            return self._dice.choice([shim.SOCKETS, shim.SOCKETS, shim.EVERYTHING])
        return self._dice.choice([shim.STORE] * 4 + [shim.SOCKETS, shim.EVERYTHING])

    def _arm(self, scope, most):
        # Near calls as often as far ones: they are another part of the same work.
        count = int(math.exp(self._dice.uniform(0, math.log(most))))
        self._host.shim.order(left=count, half=self._dice.random() < 0.2, scope=scope)

    def _wait(self):
        process, end = self._host.member.program.process, time.monotonic() + self._longest
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        if process.poll() is None:
            return self._kill("before it made so many calls")
        if not self._host.shim.read("is_dead"):
            return self._host.see_refusal(process.returncode)
        self._count("between two calls")
        before = self._host.shim.died_before
        self.before[before] = self.before.get(before, 0) + 1
        return None

    def _kill(self, way):
        process = self._host.member.program.process
        if process.poll() is not None:
            return
        self._host.kill()
        self._count(way)

    def _count(self, way):
        self.ways[way] = self.ways.get(way, 0) + 1
