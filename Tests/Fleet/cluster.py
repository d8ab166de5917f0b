"""A PostgreSQL server and its standby, in a temporary folder, on Unix sockets alone."""
import glob
import os
import shutil
import signal
import subprocess
import tempfile

from processes import Failure, Program, wait_until


class Cluster:
    """Servers of Debian's packages: one works, the other, if any, follows it, synchronously where asked for."""

    DATABASE, USER = "refresh", "refresh"
    # Paths of sockets are short, and the servers do not run as root.
    PLACE = "/tmp"

    def __init__(self, directory, synchronous=True, has_standby=True):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        if not programs:
            raise Failure("install Debian's package postgresql: scripts/setup.sh")
        self._programs, self._synchronous, self._has_standby = programs[-1], synchronous, has_standby
        self.folder = tempfile.mkdtemp(prefix="bankrefreshd-fleet.", dir=self.PLACE)
        self._as = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._directory, self._running = directory, {}
        self._names = ["one", "two"]

    @property
    def hosts(self):
        """Where daemons look for a server: both, in order."""
        return [self._socket(name) for name in (("one", "two") if self._has_standby else ("one",))]

    @property
    def primary(self):
        return self._names[0]

    @property
    def standby(self):
        return self._names[1]

    def start(self):
        self._run("initdb", "-D", self._data("one"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._launch("one")
        self.sql("postgres", f"CREATE ROLE {self.USER} LOGIN", f"CREATE DATABASE {self.DATABASE} OWNER {self.USER}")
        if self._has_standby:
            self._follow("two", "one")

    def _follow(self, standby, primary):
        """Makes `standby` anew, as a copy of `primary` that follows it."""
        shutil.rmtree(self._data(standby), ignore_errors=True)
        self._run("pg_basebackup", "-D", self._data(standby), "-R", "-X", "stream", "-c", "fast", "-U", "postgres",
                  "-h", self._socket(primary), "-d", f"application_name={standby}")
        self._launch(standby)
        wait_until("the standby follows", lambda: self.ask(
            primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1", 30)
        if self._synchronous:
            self.sql(primary, f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'", "SELECT pg_reload_conf()",
                     on=primary)
            wait_until("the standby is synchronous", lambda: self.ask(
                primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1", 30)

    def crash(self):
        """Kills every process of the primary and starts it again."""
        self._kill(self.primary)
        self._launch(self.primary)

    def fall_behind(self):
        """Lets the standby have nothing more of what the primary says is stored, until that is killed."""
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()",
                 on=self.primary)
        wait_until("the standby is asynchronous", lambda: self.ask(
            self.primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async'") == "1", 30)
        for pid in self.ask(self.primary, "SELECT pid FROM pg_stat_replication").split():
            os.kill(int(pid), signal.SIGSTOP)

    def fail_over(self):
        """Kills the primary for good; the standby takes its place, and then gets a new standby of its own."""
        self._kill(self.primary)
        # It would wait for a standby that is not there.
        with open(f"{self._data(self.standby)}/postgresql.auto.conf", "a") as file:
            file.write("synchronous_standby_names = ''\n")
        self._run("pg_ctl", "-D", self._data(self.standby), "reload")
        self._run("pg_ctl", "-D", self._data(self.standby), "promote", "-w", "-t", "20")
        self._names.reverse()

    def heal(self):
        """Gives the primary a standby again, where it has none."""
        if self.standby not in self._running:
            self._follow(self.standby, self.primary)

    def ask(self, name, statement):
        try:
            return self.sql("postgres", statement, on=name).strip()
        except Failure:
            return ""

    def sql(self, _database, *statements, on="one"):
        arguments = [argument for statement in statements for argument in ("-c", statement)]
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self._socket(on), "-U", "postgres", "-d",
                         "postgres", *arguments)

    def stop(self):
        for name in list(self._running):
            self._kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _data(self, name):
        return f"{self.folder}/{name}"

    def _socket(self, name):
        return f"{self.folder}/socket-{name}"

    def _launch(self, name):
        os.makedirs(self._socket(name), exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self._socket(name), "postgres", "postgres")
        # What is left of one that was killed.
        for path in [f"{self._data(name)}/postmaster.pid", *glob.glob(f"{self._socket(name)}/.s.PGSQL*")]:
            if os.path.exists(path):
                os.remove(path)
        environment = [f"{variable}={value}" for variable, value in self._environment(name).items()]
        program = Program(f"postgresql-{name}", [
            *self._inside(name), *self._as, "env", *environment, f"{self._programs}/postgres", "-D", self._data(name),
            "-k", self._socket(name), "-c", "timezone=UTC", "-c", "max_connections=100", "-c", "wal_keep_size=256MB",
            "-c", "log_min_messages=warning", *self._options(name)], self._directory)
        self._running[name] = program
        wait_until(f"PostgreSQL {name} answers", lambda: self.ask(name, "SELECT 1") == "1", 30, program)

    def _inside(self, _name):
        """What runs a server where it belongs."""
        return []

    def _options(self, _name):
        return ["-c", "listen_addresses="]

    def _environment(self, _name):
        return {}

    def _signal(self, name, number):
        """To every process of a server."""
        for pid in [self._running[name].pid, *_descendants(self._running[name].pid)]:
            _kill(pid, number)

    def _kill(self, name):
        program = self._running.pop(name, None)
        if program:
            # Its children are in sessions of their own. It is stopped first: it starts no other for one that is gone.
            _kill(program.pid, signal.SIGSTOP)
            for pid in _descendants(program.pid):
                _kill(pid)
            program.kill()

    def _run(self, program, *arguments):
        run = subprocess.run([*self._as, f"{self._programs}/{program}", *arguments], capture_output=True, text=True,
                             cwd=self.folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        if run.returncode != 0:
            raise Failure(f"{program}: {run.stderr.strip() or run.stdout.strip()}")
        return run.stdout


def _descendants(pid):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                words = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            child = int(path.split("/")[2])
            found += [child, *_descendants(child)]
    return found


def _kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
