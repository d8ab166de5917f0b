"""What a process takes, as the kernel counts it, once a second."""
import os
import threading
import time
from dataclasses import dataclass, fields

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Sample:
    at: float
    rss_anon: int
    rss_file: int
    descriptors: int
    threads: int
    wal: int
    store: int
    cpu: float

    @property
    def rss(self):
        return self.rss_anon + self.rss_file


NAMES = [field.name for field in fields(Sample)]


def sample(pid, store):
    """Sizes in bytes, times in seconds; `at` is since 1970."""
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":", 1) for line in file.read().splitlines())
    with open(f"/proc/{pid}/stat") as file:
        times = file.read().rpartition(")")[2].split()

    def kilobytes(name):
        return int(status[name].split()[0]) * 1024

    return Sample(
        time.time(), kilobytes("RssAnon"), kilobytes("RssFile"), len(os.listdir(f"/proc/{pid}/fd")),
        int(status["Threads"]), _size(f"{store}-wal"), _size(store), (int(times[11]) + int(times[12])) / _TICKS)


def _size(path):
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class Sampler(threading.Thread):
    def __init__(self, pid, store, seconds=1):
        super().__init__(daemon=True)
        self.samples, self._arguments, self._seconds, self._ended = [], (pid, store), seconds, threading.Event()

    def run(self):
        while not self._ended.wait(self._seconds):
            try:
                self.samples.append(sample(*self._arguments))
            except (OSError, KeyError):
                return

    def end(self):
        self._ended.set()
        self.join()
