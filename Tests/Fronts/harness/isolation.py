"""A machine of the run's own: nothing that it starts, binds or writes outlives it, however it ends."""
import ctypes
import os
import signal
import subprocess
import sys

_MARK = "FRONTS_ISOLATED"
# On a file system in memory that only this run sees.
WORK = "/run/fronts"


def enter(afterwards=lambda: None):
    """Begins the program anew in namespaces for network, processes and mounts; returns inside them.

    `afterwards` is called outside, once all of that has ended.
    """
    if os.environ.get(_MARK) != "1":
        if os.geteuid() != 0:
            raise SystemExit("run as root: it makes namespaces")
        # unshare waits for its child and ignores signals, so that one of ours takes it down, and with it everything.
        machine = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--ipc", "--pid", "--fork",
             "--kill-child=KILL", "--mount-proc", "--propagation", "private", sys.executable, *sys.argv],
            env={**os.environ, _MARK: "1"})
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: machine.kill())
        status = machine.wait()
        afterwards()
        sys.exit(status if status >= 0 else 130)
    # With the terminal's end, or whoever started us, the namespaces end too.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    os.makedirs(WORK)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
