"""What happens to a disk, and what a daemon then has to be like. Each fault takes a Disk, and returns what it was.

While the store fails: no call (only those that were leased before, within a moment), the same words everywhere, and
the way back without a person once the fault is gone.
"""
import errno
import json
import os
import time

from processes import Failure, wait_until

_WORDS = "The store does not work: "
# What was leased before is called within this time.
_LEFT = 1


class Disk:
    """The disk of a house's store, a small file system of its own, and the daemon on it."""

    def __init__(self, house, everybody, notes, dice):
        self.house, self.everybody, self.notes, self.dice = house, everybody, notes, dice
        # As custody.py wants them.
        self.host, self.imports = house.hosts[0], []
        self._filler = f"{house.place}/filler"

    def fill(self):
        """Takes the last byte of it."""
        with open(self._filler, "ab", buffering=0) as file:
            for size in (65_536, 4_096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        os.remove(self._filler)

    def calls(self):
        return len(self.house.api.log.refresh().reads)

    def wait_for_calls(self, count=30, seconds=20):
        before = self.calls()
        wait_until(f"{count} more calls", lambda: self.calls() - before >= count, seconds, self.host.member.program)

    def see_outage(self, what, lasts=2.5):
        """Holds what is promised while the store fails: `what` is a part of what is told."""
        host = self.host
        wait_until(f"'{_WORDS}' is told", lambda: _WORDS in host.told()[self.mark:], 10, host.member.program)
        time.sleep(_LEFT)
        before, end = self.calls(), time.monotonic() + lasts
        told = host.told()[self.mark:]
        expect(what in told, f"the journal does not say '{what}': {told[-400:]}")
        expect(host.get("/readyz")[0] == 503, f"/readyz answers {host.get('/readyz')}")
        code, words = host.get("/healthz")
        expect(code == 200 and _WORDS in words, f"/healthz answers {code}, {words}")
        wait_until("STATUS= tells", lambda: self.notes.status.startswith(_WORDS) and what in self.notes.status, 5)
        status = json.loads(host.member.command("status", "--json"))
        kinds = [finding["kind"] for finding in status["health"]["findings"]]
        expect("storeFailing" in kinds and what in status["storeTrouble"]["problem"], f"status tells {kinds}")
        expect("bankrefreshd_store_working 0\n" in host.get("/metrics")[1], "the metrics tell that the store works")
        expect(_WORDS in host.member.command("health", fails=True), "health tells nothing of the store")
        time.sleep(max(0, end - time.monotonic()))
        expect(self.calls() == before, f"{self.calls() - before} calls without a store")
        expect(host.told()[self.mark:].count(" error: ") == 1, f"told more than once: {host.told()[self.mark:]}")

    def see_recovery(self):
        """The way back, by itself."""
        host = self.host
        wait_until("the store works again", lambda: "The store works again" in host.told()[self.mark:], 20,
                   host.member.program)
        self.see_work()

    def see_work(self):
        wait_until("/readyz answers 200", lambda: self.host.get("/readyz")[0] == 200, 5, self.host.member.program)
        self.wait_for_calls()

    def begin(self):
        """From here on it is looked at what is told; the daemon works."""
        self.see_work()
        self.mark = len(self.host.told())

    def restart(self, is_killed):
        if is_killed:
            self.host.kill()
        else:
            self.host.member.stop()
            code = self.host.member.program.process.returncode
            expect(code == 0, f"a stop ended with {code}: {self.host.told()[-500:]}")
        self.host.start_and_wait()
        self.mark = 0


def expect(condition, words):
    if not condition:
        raise Broken(words)


class Broken(Exception):
    """A promise does not hold."""


# MARK: Faults


def full(disk):
    """Not a byte is left."""
    disk.begin()
    disk.fill()
    disk.see_outage("is full")
    disk.make_room()
    disk.see_recovery()


def over_quota(disk):
    """There seems to be room, and a write says that there is none."""
    return _lasting(disk, "is full", write_error=errno.ENOSPC)


def writes_fail(disk):
    """Every write ends with EIO."""
    return _lasting(disk, "disk I/O error", write_error=errno.EIO)


def syncs_fail(disk):
    """Every fsync ends with EIO."""
    return _lasting(disk, "disk I/O error", sync_error=errno.EIO, sync_times=-1)


def read_only(disk):
    """As after an error of the file system, mounted with errors=remount-ro."""
    return _lasting(disk, "is mounted read-only", write_error=errno.EROFS)


def killed_while_it_fails(disk):
    """The daemon dies on a disk that fails; the next one says why it does not start, and starts when it is over."""
    _killed_meanwhile(disk, "disk I/O error", errno.EIO)


def killed_while_read_only(disk):
    """The daemon dies on a disk that is read-only."""
    _killed_meanwhile(disk, "is mounted read-only", errno.EROFS)


def _killed_meanwhile(disk, what, error):
    disk.begin()
    disk.host.shim.order(write_error=error)
    disk.see_outage(what, lasts=0)
    disk.host.kill()
    disk.host.start()
    process = disk.host.member.program.process
    wait_until("the daemon gives up", lambda: process.poll() is not None, 15)
    expect(process.returncode == 75 and "The daemon cannot run: the store " in disk.host.told(),
           f"a start on a bad disk ended with {process.returncode}: {disk.host.told()[-400:]}")
    disk.host.shim.calm()
    disk.host.start_and_wait()
    disk.see_work()


def sync_fails_once(disk):
    """One fsync ends with EIO: nobody knows whether what it was for is stored."""
    disk.begin()
    disk.host.shim.order(sync_times=1, sync_error=errno.EIO)
    wait_until("an fsync fails", lambda: disk.host.shim.read("failures") > 0, 10, disk.host.member.program)
    disk.host.shim.calm()
    # A new token is written again, and so is what a checkpoint copies, without a word.
    time.sleep(_LEFT)
    if _WORDS in disk.host.told()[disk.mark:]:
        disk.see_recovery()
    disk.see_work()


def sync_fails_once_then_killed(disk):
    """And the daemon dies at once: the next one sees what it was for."""
    for _ in range(3):
        _sync_fails_then_ends(disk, is_killed=True)


def sync_fails_once_then_stopped(disk):
    """And the daemon stops in order: the next one does not see it."""
    _sync_fails_then_ends(disk, is_killed=False)


def syncs_slowly(disk):
    """Every fsync takes a second: nothing fails, and all go on, at the pace of the disk."""
    # Each renewal is stored by itself: tokens that live no longer than that takes would be renewed for ever.
    disk.house.ask_api("PUT", "/tokens", {"lifetime": ""})
    began = time.time()
    disk.house.command("users", "import", disk.house.file_of(disk.house.sign_in(disk.everybody), "again"))
    disk.imports += [(user, began, time.time()) for user in disk.everybody]
    disk.begin()
    disk.host.shim.order(sync_delay=1000)
    disk.wait_for_calls(30, 40)
    expect(disk.host.get("/readyz")[0] == 200, f"/readyz answers {disk.host.get('/readyz')}")
    expect(_WORDS not in disk.host.told()[disk.mark:], "a slow disk is told as one that fails")
    disk.host.shim.calm()
    disk.see_work()


def main_file_fails(disk):
    """Writes of the main file end with EIO, those of its log do not: calls go on, and the log grows."""
    disk.begin()
    disk.host.shim.order(main_alone=1, write_error=errno.EIO)
    wait_until("a write of the main file fails", lambda: disk.host.shim.read("failures") > 0, 60)
    disk.see_work()
    disk.restart(is_killed=True)
    disk.see_work()
    disk.host.shim.calm()
    disk.see_work()


ALL = [full, over_quota, writes_fail, syncs_fail, read_only, killed_while_it_fails, killed_while_read_only,
       sync_fails_once, sync_fails_once_then_killed, sync_fails_once_then_stopped, main_file_fails, syncs_slowly]


def _lasting(disk, what, **orders):
    disk.begin()
    disk.host.shim.order(**orders)
    disk.see_outage(what)
    disk.host.shim.calm()
    disk.see_recovery()


def _sync_fails_then_ends(disk, is_killed):
    disk.begin()
    time.sleep(disk.dice.uniform(0, 0.3))
    disk.host.shim.order(failures=0, sync_times=1, sync_error=errno.EIO)
    wait_until("an fsync fails", lambda: disk.host.shim.read("failures") > 0, 10, disk.host.member.program)
    disk.restart(is_killed)
    disk.host.shim.calm()
    disk.see_work()
