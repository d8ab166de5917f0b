"""Programs that a case runs, in the directory of that case."""
import os
import signal
import subprocess
import time


def wait_until(what, condition, seconds, alive=None):
    """Waits until `condition` holds; an error when it does not in time, or the program it depends on has ended."""
    end = time.monotonic() + seconds
    while not condition():
        if alive and alive.process.poll() is not None:
            raise Failure(f"{alive.name} ended ({alive.process.returncode}) before {what}; see {alive.log}")
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Failure(Exception):
    """The rig itself did not do what it should; says nothing about the daemon."""


class Program:
    """A running program, its output in a file."""

    def __init__(self, name, arguments, directory, environment=None, inside=()):
        self.name, self.log = name, f"{directory}/{name}.out"
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [*inside, *arguments], cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.process.pid

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL, with all that it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self, number=signal.SIGTERM, seconds=15):
        if self.process.poll() is None:
            self.send(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def text(self):
        with open(self.log, errors="replace") as file:
            return file.read()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]
