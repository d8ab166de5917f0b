#!/usr/bin/env python3
"""The store on a PostgreSQL server: imports, and leases by several claimers at once, with the server's processor time.

By itself, without the rest of the benchmark: Benchmarks/harness/shared.py BENCHMARK [USERS], or STEP… for steps of
SharedStoreBenchmark.
"""
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import report

TICK = os.sysconf("SC_CLK_TCK")
DATABASE, USER = "bench", "bench"


class Server:
    """One of Debian's packages in a temporary folder, on a Unix socket alone."""

    def __init__(self, *options):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        if not programs:
            raise SystemExit("install Debian's package postgresql: scripts/setup.sh")
        self._programs = programs[-1]
        # Paths of sockets are short, and the server does not run as root.
        self.folder = tempfile.mkdtemp(prefix="bankrefreshd-bench.", dir="/tmp")
        self._as = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "-N")
        # With the defaults of the packages, but for a checkpoint in every run.
        self._process = subprocess.Popen(
            [*self._as, f"{self._programs}/postgres", "-D", f"{self.folder}/data", "-k", self.folder,
             "-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "max_wal_size=4GB", "-c", "log_min_messages=warning",
             *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/log", "w"))
        for _ in range(600):
            if subprocess.run([*self._as, f"{self._programs}/pg_isready", "-q", "-h", self.folder], check=False).returncode == 0:
                break
            time.sleep(0.05)
        self.sql("postgres", f"CREATE ROLE {USER} LOGIN", f"CREATE DATABASE {DATABASE} OWNER {USER}")

    def _run(self, program, *arguments):
        run = subprocess.run([*self._as, f"{self._programs}/{program}", *arguments], capture_output=True, text=True,
                             cwd=self.folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        if run.returncode != 0:
            raise SystemExit(f"{program}: {run.stderr.strip() or run.stdout.strip()}")
        return run.stdout

    def sql(self, database, *statements, user="postgres"):
        arguments = [argument for statement in statements for argument in ("-c", statement)]
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, "-d", database,
                         *arguments)

    def hold_snapshot(self):
        """A session that keeps the server from removing what is dead, until its input ends."""
        holder = subprocess.Popen(
            [*self._as, f"{self._programs}/psql", "-XAtq", "-h", self.folder, "-U", USER, "-d", DATABASE], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM bankrefreshd.meta;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        return holder

    def written(self):
        """Bytes of the write-ahead log so far."""
        return int(self.sql("postgres", "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    def backend_time(self):
        """Seconds of processor time of the backends that serve the benchmark; they must live still."""
        total = 0
        for path in glob.glob("/proc/[0-9]*"):
            try:
                with open(f"{path}/cmdline") as file:
                    if not file.read().startswith(f"postgres: {USER} {DATABASE} "):
                        continue
                with open(f"{path}/stat") as file:
                    words = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[1]) == self._process.pid:
                total += int(words[11]) + int(words[12])
        return total / TICK

    def stop(self):
        self._process.send_signal(3)
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Benchmark:
    """The program, step by step; its connections stay open until it is closed."""

    def __init__(self, program, server, steps):
        self._server, self._steps = server, iter(steps)
        self._process = subprocess.Popen([program, server.folder, DATABASE, *steps], text=True, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)

    def step(self):
        if self._process.stdout.readline() != "ready\n":
            raise SystemExit("the benchmark of the shared store ended")
        name = next(self._steps)
        backends, written = self._server.backend_time(), self._server.written()
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the benchmark of the shared store ended in {name}")
        found = json.loads(line)
        found["server"] = self._server.backend_time() - backends
        found["wal"] = self._server.written() - written
        return found

    def close(self):
        self._process.stdin.close()
        self._process.wait()


ROUND, CLAIMERS, HELD = 40_000, 4, 280_000
WAYS = ("batches", "rows", "jobs")


def measure(program, users, rounds, say):
    """Imports of `users`; leases and settlements of some of them by one claimer and by several, as the store does it and by
    leases of rows, tuned and as is common; and claims while a snapshot is held."""
    rounds = min(rounds, (users - HELD - 2 * ROUND) // (2 * ROUND))
    if rounds < 1:
        raise SystemExit(f"too few users for the shared store: {HELD + 4 * ROUND:,} at least")
    turns = [f"{way}:{count}:{ROUND}" for way in WAYS for count in (1, CLAIMERS)]
    alone = [f"{way}:1:{ROUND}" for way in WAYS]
    steps = [f"import:{users}", f"again:{users}", f"change:{users}", *(f"prepare:{way}" for way in WAYS[1:]),
             *turns * rounds, *alone, *(f"{way}:{CLAIMERS}:{HELD}" for way in WAYS), *alone]
    server, found = Server(), {}
    try:
        benchmark = Benchmark(program, server, steps)

        def step():
            taken = benchmark.step()
            each = max(1, taken["users"])
            say(f"{taken['step']}: {taken['users'] / taken['seconds']:,.0f}/s, "
                f"{taken['server'] / each * 10_000:.3f} CPU-s per 10,000 at the server, "
                f"{taken['client'] / each * 10_000:.3f} here, {taken['wal'] / each:,.0f} bytes of log each, "
                f"a claim takes {taken['claim'] * 1000:.1f} ms")
            return taken

        for name in ("import", "again", "change"):
            taken = step()
            found[name] = {"rate": users / taken["seconds"], "cpu": taken["server"] / users * 10_000,
                           "client": taken["client"] / users * 10_000, "log": taken["wal"] / users}
        for _ in WAYS[1:]:
            step()
        taken = [[step() for _ in turns] for _ in range(rounds)]
        names = [f"{way}, {count}" for way in WAYS for count in ("one", "four")]
        cpu = {name: [each[number]["server"] / each[number]["users"] * 10_000 for each in taken]
               for number, name in enumerate(names)}
        rate = {name: [each[number]["users"] / each[number]["seconds"] for each in taken]
                for number, name in enumerate(names)}
        for name in names:
            found[name] = {"cpu": statistics.median(cpu[name]), "rate": statistics.median(rate[name])}
        # Round by round, since the machine has better and worse minutes.
        found["ratios"] = {
            "cpu, four to one": _ratio(cpu["batches, four"], cpu["batches, one"]),
            "rate, four to one": _ratio(rate["batches, four"], rate["batches, one"]),
            **{f"cpu, to {way}": _ratio(cpu["batches, four"], cpu[f"{way}, four"]) for way in WAYS[1:]}}
        before = [step()["claim"] for _ in WAYS]
        holder = server.hold_snapshot()
        for _ in WAYS:
            step()
        found["held"] = {way: step()["claim"] / claim for way, claim in zip(WAYS, before)}
        holder.stdin.close()
        holder.wait()
        benchmark.close()
    finally:
        server.stop()
    return found


def _ratio(ours, theirs):
    return statistics.median(one / other for one, other in zip(ours, theirs))


def steps_alone(program, steps):
    server = Server()
    try:
        benchmark = Benchmark(program, server, steps)
        for _ in steps:
            print(json.dumps(benchmark.step()), flush=True)
        benchmark.close()
    finally:
        server.stop()


if __name__ == "__main__":
    if len(sys.argv) > 2 and not sys.argv[2].isdigit():
        steps_alone(sys.argv[1], sys.argv[2:])
    else:
        results = measure(sys.argv[1], int((sys.argv[2:] or ["1000000"])[0]), 7, print)
        print(json.dumps(results, indent=1), *report.table(report.shared_targets(results)), sep="\n")
