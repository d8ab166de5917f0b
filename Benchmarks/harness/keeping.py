"""What a store needs over years: backups against SQLite's own copy, lists that come again, removals, large answers."""
import json
import os
import sqlite3
import statistics
import subprocess
import time

import daemon
import fleet
import machine


def _command(*arguments):
    """Seconds that a command takes."""
    return machine.run(["bankrefreshd", *arguments], stdout="/dev/null")[0]


def backups(work, rounds):
    """A backup of the store that lies in its place, under a daemon that is paused, against VACUUM INTO."""
    ours, theirs = [], []
    target = f"{work}/backup.sqlite"
    with daemon.Daemon():
        for _ in range(rounds):
            for times, copy in ((ours, _ours), (theirs, _theirs)):
                if os.path.exists(target):
                    os.remove(target)
                began = time.monotonic()
                copy(target)
                times.append(time.monotonic() - began)
    os.remove(target)
    return {"backup": statistics.median(ours), "backup against VACUUM INTO": statistics.median(ours) / statistics.median(theirs)}


def _ours(target):
    subprocess.run(["bankrefreshd", "store", "backup", target], check=True, stdout=subprocess.DEVNULL)


def _theirs(target):
    """With what a backup has to do as well: it is checked, and durable."""
    db = sqlite3.connect(f"file:{daemon.STORE}?mode=ro", uri=True)
    db.execute("VACUUM INTO ?", (target,))
    db.close()
    db = sqlite3.connect(target)
    if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
        raise SystemExit("SQLite's own copy is damaged")
    db.close()
    with open(target) as file:
        os.fsync(file.fileno())


def _bare_read():
    """Seconds that SQLite and Python alone take to read everybody in the order of the ids."""
    db = sqlite3.connect(f"file:{daemon.STORE}?mode=ro", uri=True)
    began = time.monotonic()
    for _ in db.execute("""SELECT u.*, s.* FROM users u CROSS JOIN schedule s ON s.place = u.place
                           LEFT JOIN reasons r ON r.place = s.place ORDER BY u.id"""):
        pass
    took = time.monotonic() - began
    db.close()
    return took


def settlements(benchmark, work, users):
    """The p99 of a settlement while backups are written, against that without."""
    path, out = f"{work}/bare.sqlite", f"{work}/settlements.json"
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    machine.run([benchmark, path, str(users), f"{work}/backup.sqlite"], stdout=out)
    os.remove(path)
    with open(out) as file:
        found = json.load(file)
    if not found["backups"]:
        raise SystemExit("no backup was written while users were settled")
    return found["during"] / found["alone"]


def first_import(rows):
    """Seconds that a list of all users takes into a running daemon that has none."""
    fleet.remove(daemon.STORE)
    with daemon.Daemon():
        return _command("users", "import", rows)


def lists(rows, count, first):
    """Lists of all users, again and removed in part, as a running daemon takes them; `first` is what the first took."""
    found = {}
    with daemon.Daemon():
        found["status"] = statistics.median(_command("status") for _ in range(5))
        bare = statistics.median(_bare_read() for _ in range(3))
        found["users list"] = _command("users", "list")
        found["users list against a bare read"] = found["users list"] / bare
        found["users export"] = _command("users", "export", "--all")
        found["users export against a bare read"] = found["users export"] / bare
        found["import of what is known against the first"] = _command("users", "import", rows) / first
        gone = f"{os.path.dirname(rows)}/gone.txt"
        with open(gone, "w") as file:
            file.writelines(f"user-{number:07}\n" for number in range(0, count, max(1, count // 10_000)))
        found["remove 10,000"] = _command("users", "remove", "--file", gone)
    return found
