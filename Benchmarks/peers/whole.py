"""The whole job in Python: aiohttp and sqlite3. Lease a batch, call, check, settle durably, one journal entry each.

Tokens lie in the store in clear. Arguments: URL, CA file, store, calls in flight.
"""
import asyncio
import socket
import sqlite3
import ssl
import sys
import time

import aiohttp

BATCH = 500
url, ca, path, workers = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.connect("/run/systemd/journal/socket")


def now():
    return time.time_ns() // 1000


def lease():
    db.execute("BEGIN IMMEDIATE")
    found = db.execute("SELECT place, id, token FROM users WHERE lease IS NULL AND due <= ? ORDER BY due LIMIT ?",
                       (now(), BATCH)).fetchall()
    db.executemany("UPDATE users SET lease = ? WHERE place = ?", [(now(), row[0]) for row in found])
    db.execute("COMMIT")
    return found


def settle(ended):
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "UPDATE users SET lease = NULL, due = due + 86400000000, last_success = ?, failures = 0 WHERE place = ?",
        [(start, place) for place, _, start, _ in ended])
    db.execute("COMMIT")
    for _, user, start, took in ended:
        due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start / 1e6 + 86400))
        journal.send(f"MESSAGE=User {user}: refreshed\nPRIORITY=6\nSYSLOG_IDENTIFIER=whole\n"
                     f"MESSAGE_ID=5ac40e3bd3624ae2a3ac8fae8c0a4da9\nREFRESH_USER_ID={user}\n"
                     f"REFRESH_OUTCOME=refreshed\nREFRESH_ATTEMPT=1\nREFRESH_HTTP_STATUS=200\n"
                     f"REFRESH_DURATION_USEC={took}\nREFRESH_NEXT_DUE={due}\n".encode())


async def work(session, todo, done):
    while row := await todo.get():
        place, user, token = row
        start = now()
        async with session.post(url, headers={"Authorization": "Bearer " + token}) as response:
            answer = await response.json()
            if response.status != 200 or answer["result"] != "SUCCESS":
                raise SystemExit(f"{response.status} {answer}")
        await done.put((place, user, start, now() - start))


async def write(done):
    count = 0
    while first := await done.get():
        ended = [first]
        while not done.empty() and len(ended) < BATCH:
            if (another := done.get_nowait()) is None:
                done.put_nowait(None)
                break
            ended.append(another)
        settle(ended)
        count += len(ended)
        await asyncio.sleep(0.005)
    return count


async def main():
    todo, done = asyncio.Queue(BATCH), asyncio.Queue()
    connector = aiohttp.TCPConnector(limit=workers, ssl=ssl.create_default_context(cafile=ca))
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        writer = group.create_task(write(done))
        callers = [group.create_task(work(session, todo, done)) for _ in range(workers)]
        while rows := lease():
            for row in rows:
                await todo.put(row)
        for _ in callers:
            await todo.put(None)
        await asyncio.gather(*callers)
        await done.put(None)
    print(writer.result())


asyncio.run(main())
