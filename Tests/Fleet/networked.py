"""An installation on machines of its own: TLS to the database, a pooler before it where asked for, clocks apart."""
import glob
import os
import shutil
import subprocess

from cluster import Cluster
from fleet import Fleet
from front import certify
from network import Network
from pooler import Pooler
from processes import Failure


class NetworkedCluster(Cluster):
    """Its servers are on machines of their own, which daemons reach over TLS alone."""

    PORT = 5432

    def __init__(self, directory, synchronous, network, tools):
        super().__init__(directory, synchronous)
        self._network, self._tools, self._ahead, self._snapshot = network, tools, {}, None
        self.certificates = certify(f"{directory}/certificates",
                                    ["DNS:db-one", "DNS:db-two", "DNS:pooler",
                                     *(f"IP:{network.address(name)}" for name in ("one", "two"))])
        os.chmod(self.certificates, 0o755)
        shutil.copy(f"{self.certificates}/key.pem", f"{self.certificates}/postgres-key.pem")
        for name in ("certificate.pem", "ca.pem"):
            os.chmod(f"{self.certificates}/{name}", 0o644)
        shutil.chown(f"{self.certificates}/postgres-key.pem", "postgres", "postgres")
        self._rules = f"{self.folder}/pg_hba.conf"
        with open(self._rules, "w") as file:
            file.write("local all all trust\nlocal replication all trust\n"
                       f"hostssl {self.DATABASE} {self.USER} 10.79.0.0/16 trust\n")

    @property
    def hosts(self):
        return ["db-one", "db-two"]

    @property
    def authority(self):
        return f"{self.certificates}/ca.pem"

    def _inside(self, name):
        return self._network.inside(name)

    def _options(self, name):
        return ["-c", f"listen_addresses={self._network.address(name)}", "-c", f"port={self.PORT}", "-c", "ssl=on",
                "-c", f"ssl_cert_file={self.certificates}/certificate.pem",
                "-c", f"ssl_key_file={self.certificates}/postgres-key.pem", "-c", f"hba_file={self._rules}"]

    def _environment(self, name):
        return self._tools.clock(self.ahead(name))

    # MARK: What happens to it

    def ahead(self, name):
        """By how many seconds the clock of a server is wrong."""
        return self._ahead.get(name, 0)

    def send(self, name, number):
        self._signal(name, number)

    def kill(self, name):
        self._kill(name)

    def launch(self, name):
        self._launch(name)

    def remake_standby(self, ahead):
        """Gives the primary a new standby whose clock is wrong by so many seconds."""
        self._kill(self.standby)
        self._ahead[self.standby] = ahead
        self._follow(self.standby, self.primary)

    def hold_snapshot(self):
        """Begins a transaction that sees the present for as long as the primary lives; false if there is one."""
        if self._snapshot and self._snapshot.poll() is None:
            return False
        self._snapshot = subprocess.Popen(
            [*self._as, f"{self._programs}/psql", "-XAtq", "-h", self._socket(self.primary), "-U", "postgres", "-d",
             self.DATABASE], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.folder, start_new_session=True)
        self._snapshot.stdin.write(b"BEGIN ISOLATION LEVEL REPEATABLE READ;\n"
                                   b"SELECT count(*) FROM bankrefreshd.schedule;\n")
        self._snapshot.stdin.flush()
        return True

    def debts(self):
        return int(self._run("psql", "-XAtq", "-h", self._socket(self.primary), "-U", "postgres", "-d", self.DATABASE,
                             "-c", "SELECT count(*) FROM bankrefreshd.calendar_debts"))

    def stop(self):
        if self._snapshot:
            self._snapshot.kill()
        super().stop()


class Tools:
    """Debian's packages that are not installed but unpacked; installed ones are used as they are."""

    def __init__(self, unpacked, place):
        """Copies what is `unpacked`, if anything, to where the servers' user may read it."""
        self._root = f"{place}/tools"
        if os.path.isdir(unpacked):
            shutil.copytree(unpacked, self._root, symlinks=True)

    def pooler(self):
        """pgbouncer, and the environment that it needs."""
        found = self._find("usr/sbin/pgbouncer", "pgbouncer")
        libraries = ":".join(glob.glob(f"{self._root}/usr/lib/*-linux-gnu"))
        return [found], {"LD_LIBRARY_PATH": libraries} if found.startswith(self._root) else {}

    def clock(self, ahead):
        """The environment of a program whose calendar is wrong by `ahead` seconds, and whose steady clock is right."""
        if not ahead:
            return {}
        library = self._find("usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1", "libfaketime")
        # Something shared is named, though it is not there: to name it itself, the library would move the environment,
        # beside which a Swift program finds its arguments.
        return {"LD_PRELOAD": library, "FAKETIME": f"{ahead:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_SHARED": "/none /none"}

    def _find(self, path, package):
        for root in (self._root, ""):
            for found in glob.glob(f"{root}/{path}"):
                return found
        raise Failure(f"Debian's package {package} is not unpacked: make soak does that")


class NetworkedFleet(Fleet):
    """As a Fleet; `mode` is that of the pooler, none where empty."""

    def __init__(self, binaries, directory, count, users, tools, mode=""):
        self.network, self.tools, self._mode = Network(directory), tools, mode
        self.pooler = None
        super().__init__(binaries, directory, count, users, port=8080)
        if mode:
            self.pooler = Pooler(self.cluster, self.network, tools.pooler(), mode, directory)

    @property
    def databases(self):
        """The machines that daemons reach the database by."""
        return ["pooler"] if self._mode else ["one", "two"]

    def _cluster(self, synchronous):
        return NetworkedCluster(self.directory, synchronous, self.network, self.tools)

    def _place_of_api(self):
        return {"host": self.network.API, "inside": self.network.inside("api")}

    def _place_of(self, name):
        self.network.add(name)
        hosts = [f"pooler:{Pooler.PORT}"] if self._mode else self.cluster.hosts
        return {"inside": self.network.inside(name), "hosts": hosts, "clock": self.tools.clock,
                "protection": {"sslmode": "verify-full", "ca": self.cluster.authority}}

    def _start_database(self):
        super()._start_database()
        if self.pooler:
            self.pooler.start()

    def start(self):
        super().start()
        told = self.members[0].command("check-config", "--json")
        if ("a pooler stands before the server" in told) != bool(self.pooler):
            raise Failure(f"check-config tells wrongly of a pooler: {told}")

    def stop(self):
        super().stop()
        if self.pooler:
            self.pooler.stop()
        self.network.stop()
