"""One daemon with a shim before it."""
import os
import time
import urllib.error
import urllib.request

from member import Member
from processes import Failure
from shim import Shim

# Why a start may fail: a command has the store for now, or the daemon that was killed had its name.
_PASSING = ["in use by", "another daemon named"]


class Host:
    def __init__(self, binaries, directory, name, base, cluster, key, sections, port, secret, place=None):
        """`place` is where the store's file lies; the daemon's own web server is at `port`."""
        self.port = port
        self.member = Member(
            f"{binaries}/bankrefreshd", directory, name, base, cluster, key,
            {**sections, "web": {"listen": f"127.0.0.1:{port}"}},
            api={"clientID": "tight-sandbox", "clientSecret": {"file": secret}},
            store={"sqlite": {"path": f"{place}/store.sqlite"}} if place else {})
        self.shim = Shim(self.member.directory)
        self.member.environment_of_daemon.update(self.shim.environment)
        self._log, self._read = f"{self.member.directory}/daemon.out", 0

    def start(self):
        """Starts the daemon, and does not wait."""
        self._read = os.path.getsize(self._log) if os.path.exists(self._log) else 0
        self.member.start(wait=False)

    def told(self):
        """What the daemon wrote since its start."""
        with open(self._log, errors="replace") as file:
            file.seek(self._read)
            return file.read()

    def start_and_wait(self, seconds=30):
        self.start()
        self.wait(seconds)

    def wait(self, seconds=30):
        """Waits until the daemon works; starts it again after a failure that passes, as a service manager does."""
        end = time.monotonic() + seconds
        while "Ready: " not in self.told():
            code = self.member.program.process.poll()
            if code is not None:
                self.see_refusal(code)
                time.sleep(0.05)
                self.start()
            elif time.monotonic() > end:
                raise Failure(f"{self.member.name} is not ready within {seconds} s: {self.told()[-500:]}")
            else:
                time.sleep(0.01)

    def see_refusal(self, code):
        """Raises an error where a daemon that ended by itself had no reason that passes."""
        told = self.told()
        if code != 75 or not any(words in told for words in _PASSING):
            raise Failure(f"{self.member.name} ended by itself with {code}: {told[-1000:]}")

    def kill(self):
        self.member.crash()

    def get(self, path):
        """Code and text of the daemon's own web server; 0 where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""
