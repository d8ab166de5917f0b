"""The daemon as `make install` leaves it, under systemd."""
import json
import os
import shutil
import socket
import subprocess
import time

import fleet
import machine

CONFIG = "/etc/bankrefreshd/config.json"
STORE = "/var/lib/bankrefreshd/store.sqlite"
_UNIT = "bankrefreshd"
_CPU = f"/sys/fs/cgroup/system.slice/{_UNIT}.service/cpu.stat"


def install(repository, state):
    """Installs the release build; the store's directory lies in `state`, on a real disk."""
    subprocess.run(["make", "--no-print-directory", "-C", repository, "install"], check=True, stdout=subprocess.DEVNULL)
    os.makedirs(state, exist_ok=True)
    shutil.chown(state, _UNIT, _UNIT)
    os.makedirs("/var/lib/bankrefreshd", exist_ok=True)
    subprocess.run(["mount", "--bind", state, "/var/lib/bankrefreshd"], check=True)
    os.makedirs("/etc/bankrefreshd", exist_ok=True)
    subprocess.run(["bankrefreshd", "key", "generate", "/etc/bankrefreshd/store-key"], check=True,
                   stdout=subprocess.DEVNULL)
    # The unit's limit on entries is for a fleet within its rate; here every call is made at once.
    os.makedirs(f"/etc/systemd/system/{_UNIT}.service.d", exist_ok=True)
    with open(f"/etc/systemd/system/{_UNIT}.service.d/bench.conf", "w") as file:
        file.write("[Service]\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=10000000\n")
    subprocess.run(["systemctl", "daemon-reload"], check=True)


def configure(server, base, in_flight, every=f"{fleet.EVERY_DAYS}d"):
    """Every limit wide open, but for the calls in flight."""
    with open(CONFIG, "w") as file:
        json.dump({
            "api": {"baseURL": base, "caFile": server.ca},
            "schedule": {"every": every, "minimumInterval": "0s", "attemptsPerDay": 100_000},
            "limits": {"requestsPerSecond": 100_000, "burst": 10_000, "concurrency": in_flight, "slowStart": "0s"},
            "breaker": {"failureRate": 1, "minimumCalls": 1_000_000},
        }, file)


class Daemon:
    """The running unit."""

    def __enter__(self):
        # Ready and paused: what it does from here on begins with `resume`.
        subprocess.run(["bankrefreshd", "pause"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["systemctl", "start", _UNIT], check=True)
        self.pid = int(subprocess.run(["systemctl", "show", "-P", "MainPID", _UNIT], check=True, capture_output=True,
                                      text=True).stdout)
        self.settle()
        return self

    def __exit__(self, *_):
        subprocess.run(["systemctl", "stop", _UNIT], check=True)

    def settle(self):
        """Waits until the daemon has nothing to do; returns the CPU seconds that it took so far."""
        last = self.cpu()
        while True:
            time.sleep(0.4)
            if (current := self.cpu()) - last < 0.002:
                return current
            last = current

    def resume(self):
        subprocess.run(["bankrefreshd", "resume"], check=True, stdout=subprocess.DEVNULL)

    def cpu(self):
        """CPU seconds, user + system, of the whole unit: the daemon alone."""
        with open(_CPU) as file:
            return int(file.readline().split()[1]) / 1e6

    def drain(self, server, count, limit=1200):
        """Lets `count` due users be refreshed; returns wall and CPU seconds, bytes written and peak RSS in MiB."""
        served, cpu, written = server.requests(), self.cpu(), machine.written(self.pid)
        began = time.monotonic()
        self.resume()
        while server.requests() < served + count:
            if time.monotonic() - began > limit:
                raise SystemExit(f"only {server.requests() - served} of {count} calls in {limit} s; "
                                 "see journalctl -t bankrefreshd")
            time.sleep(0.02)
        ended = time.monotonic()
        # What is left is to settle the last calls.
        current = self.settle()
        return ended - began, current - cpu, machine.written(self.pid) - written, machine.memory(self.pid)[1]


def start_by_hand():
    """Starts the daemon without systemd; returns seconds from exec to READY=1, and RSS in MiB at that moment."""
    path = "/run/bench-notify"
    # As root it takes the rights of the store's owner.
    os.makedirs("/run/bankrefreshd", exist_ok=True)
    shutil.chown("/run/bankrefreshd", _UNIT, _UNIT)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        os.chmod(path, 0o777)
        listener.settimeout(30)
        began = time.monotonic()
        process = subprocess.Popen(["bankrefreshd", "run"], stderr=subprocess.DEVNULL,
                                   env={**os.environ, "NOTIFY_SOCKET": path, "MALLOC_ARENA_MAX": "2"})
        while b"READY=1" not in listener.recv(4096):
            pass
        took = time.monotonic() - began
        rss, _ = machine.memory(process.pid)
        process.terminate()
        process.wait()
    os.remove(path)
    return took, rss


def entries(identifier):
    """How many successes the journal holds under `identifier`; the journal is emptied."""
    subprocess.run(["journalctl", "--sync"], check=True)
    output = subprocess.run(["journalctl", "-t", identifier, "REFRESH_OUTCOME=refreshed", "-o", "cat",
                             "--output-fields=PRIORITY"], check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["journalctl", "--rotate", "--vacuum-time=1s", "--quiet"], check=True, stderr=subprocess.DEVNULL)
    return output.count(b"\n")
