"""bankrefreshd, alone or as one of several daemons of a store, a process of its own in a directory of its own."""
import json
import os
import signal
import subprocess

from processes import Failure, Program, children, wait_until


class Member:
    """A daemon that can be killed, frozen and started again."""

    def __init__(self, binary, directory, name, base, cluster, key, sections, hosts=None, inside=(), protection=None,
                 clock=None, api=None, store=None):
        """`inside` runs a command on its machine; `clock` makes an environment in which the calendar is wrong.

        Without a cluster the store is a file. `api` and `store` are more of those sections.
        """
        # Of the daemon alone, not of its commands.
        self.environment_of_daemon = {}
        self.name, self.directory, self._binary, self.program = name, f"{directory}/{name}", binary, None
        self.is_frozen, self.ahead, self._inside, self._clock = False, 0, list(inside), clock
        os.makedirs(self.directory)
        configuration = {
            **sections,
            "api": {"baseURL": base, "timeout": "10s", **(api or {})},
            # The lock that proves a predecessor's end lies there.
            "store": {"sqlite": {"path": f"{self.directory}/store.sqlite"}, "key": {"file": key}, **(store or {})},
            "control": {"socket": f"{self.directory}/control.sock"},
        }
        if cluster:
            configuration["store"]["postgresql"] = {
                "hosts": hosts or cluster.hosts, "database": cluster.DATABASE, "user": cluster.USER, "member": name,
                **(protection or {})}
        self.configuration = f"{self.directory}/config.json"
        self.configure(configuration)

    def configure(self, configuration):
        """Replaces the file as a whole."""
        with open(f"{self.configuration}.new", "w") as file:
            json.dump(configuration, file, indent=1)
        os.replace(f"{self.configuration}.new", self.configuration)

    @property
    def environment(self):
        return {"BANKREFRESHD_CONFIG": self.configuration}

    @property
    def runs(self):
        return self.program is not None and self.program.process.poll() is None

    def command(self, *arguments, fails=False):
        """Runs a command; returns what it printed. It must succeed, unless it may fail."""
        run = subprocess.run([*self._inside, self._binary, *arguments], capture_output=True, text=True,
                             env={**os.environ, **self.environment}, timeout=120)
        if run.returncode != 0 and not fails:
            raise Failure(f"{self.name}: bankrefreshd {' '.join(arguments[:3])} ended with {run.returncode}: "
                          f"{run.stderr or run.stdout}")
        return run.stdout

    def begin(self, *arguments):
        """Begins a command of an operator's, in a process of its own."""
        return subprocess.Popen([*self._inside, self._binary, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.directory,
                                env={**os.environ, **self.environment})

    def start(self, wait=True):
        if self.program:
            self.program.kill()
        self.is_frozen = False
        clock = self._clock(self.ahead) if self._clock else {}
        environment = [f"{variable}={value}" for variable, value in {**clock, **self.environment_of_daemon}.items()]
        self.program = Program("daemon", ["env", *environment, self._binary, "run"], self.directory,
                               self.environment, self._inside)
        if wait:
            self.wait_until_it_works()

    def wait_until_it_works(self):
        wait_until(f"{self.name} answers", self.works, 40, self.program)

    def works(self):
        """Whether it took up the store as a whole, and makes calls where it may."""
        try:
            return json.loads(self.command("health", "--json", fails=True))["isReady"]
        except (ValueError, KeyError, subprocess.TimeoutExpired):
            return False

    def status(self):
        try:
            return json.loads(self.command("status", "--json"))
        except (Failure, ValueError, subprocess.TimeoutExpired):
            return {}

    def crash(self):
        self.program.kill()

    def freeze(self):
        self.is_frozen = True
        self._send(signal.SIGSTOP)

    def thaw(self):
        self.is_frozen = False
        self._send(signal.SIGCONT)

    def stop(self, seconds=20):
        if self.program:
            self._send(signal.SIGCONT)
            self.program.stop(seconds=seconds)

    def _send(self, number):
        for pid in [self.program.pid, *_all_children(self.program.pid)]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass


def _all_children(pid):
    try:
        return [found for child in children(pid) for found in [child, *_all_children(child)]]
    except OSError:
        return []
