"""Users: files of tokens, the daemon's store with some of them due, and the store of the peers."""
import os
import random
import shutil
import sqlite3
import time

EVERY_DAYS = 30
_EVERY = EVERY_DAYS * 86_400 * 1_000_000


def users(count, seed=6):
    """Pairs of user and token, the same for the same seed."""
    source = random.Random(seed)
    for number in range(count):
        text = source.randbytes(48).hex()
        yield f"user-{number:07}", f"{text[:64]}.{text[64:]}"


def write_csv(path, count):
    with open(path, "w") as file:
        file.write("user_id,access_token\n")
        file.writelines(f"{user},{token}\n" for user, token in users(count))


def write_tokens(path, count):
    with open(path, "w") as file:
        file.writelines(f"{token}\n" for _, token in users(count))


def write_peer_store(path, count):
    """As a tuned program would have it: rows in the order in which they fall due, all of them due."""
    remove(path)
    db = sqlite3.connect(path)
    db.executescript("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE users (place INTEGER PRIMARY KEY, id TEXT NOT NULL, token TEXT NOT NULL, due INTEGER NOT NULL,
            lease INTEGER, failures INTEGER NOT NULL DEFAULT 0, last_success INTEGER) STRICT;
        CREATE INDEX free_by_due ON users (due) WHERE lease IS NULL;
    """)
    start = time.time_ns() // 1000 - 3_600_000_000
    db.executemany("INSERT INTO users (place, id, token, due) VALUES (?, ?, ?, ?)",
                   ((place, user, token, start + place * 1000) for place, (user, token) in enumerate(users(count))))
    db.commit()
    db.close()


def make_due(path, count):
    """Makes `count` users of a daemon's store overdue, as after a stop: a piece of the circle, in phase.

    The others fall due after these. Returns how many are due.
    """
    db = sqlite3.connect(path)
    now = time.time_ns() // 1000
    # As freshly imported: everybody's slot lies ahead, within one turn. The last `count` of them fell due before.
    row = db.execute("SELECT due FROM schedule ORDER BY due DESC LIMIT 1 OFFSET ?", (count - 1,)).fetchone()
    db.execute("UPDATE schedule SET due = due - ?, slot = slot - ? WHERE due >= ?", (_EVERY, _EVERY, row[0]))
    found = db.execute("SELECT count(*) FROM schedule WHERE due <= ?", (now,)).fetchone()[0]
    db.commit()
    db.close()
    return found


def falling_due(path, first, last):
    """The users who fall due between two moments, and when, in seconds; the daemon may be running."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found = db.execute("SELECT id, due FROM schedule JOIN users USING (place) WHERE due BETWEEN ? AND ?",
                       (int(first * 1e6), int(last * 1e6))).fetchall()
    db.close()
    return {user: due / 1e6 for user, due in found}


def succeeded(path, since):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    count = db.execute("SELECT count(*) FROM schedule WHERE last_success >= ?",
                       (int(since * 1e6),)).fetchone()[0]
    db.close()
    return count


def copy(source, target, owner):
    remove(target)
    shutil.copyfile(source, target)
    os.chmod(target, 0o600)
    shutil.chown(target, owner, owner)
    with open(target) as file:
        os.fsync(file.fileno())


def keep_due(path, count):
    """Leaves `count` of the overdue users due; the others wait for their next turn, in phase: none is planned anew."""
    db = sqlite3.connect(path)
    now = time.time_ns() // 1000
    row = db.execute("SELECT due FROM schedule ORDER BY due LIMIT 1 OFFSET ?", (count,)).fetchone()
    if row:
        db.execute("UPDATE schedule SET due = due + ?, slot = slot + ? WHERE due >= ? AND due <= ?",
                   (_EVERY, _EVERY, row[0], now))
    db.commit()
    db.close()


def remove(path):
    for suffix in ("", "-wal", "-shm", "-lock", ".lock"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
