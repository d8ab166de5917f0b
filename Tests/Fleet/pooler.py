"""PgBouncer between the daemons and the database, and what happens to it."""
import os
import shutil
import signal
import threading
import time

from processes import Failure, Program, wait_until


class Pooler:
    """Debian's pgbouncer on a machine of its own; it leads to whichever server is the primary."""

    PORT = 6432

    def __init__(self, cluster, network, program, mode, directory):
        self._cluster, self._network, self._mode = cluster, network, mode
        self._arguments, self._environment = program
        self._directory = f"{cluster.folder}/pooler"
        self._log, self._primary, self._program = directory, None, None
        self._ended = threading.Event()

    def start(self):
        os.makedirs(self._directory, exist_ok=True)
        shutil.chown(self._directory, "postgres", "postgres")
        self._point()
        self._program = Program("pooler", [
            *self._network.inside("pooler"), "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
            *self._arguments, f"{self._directory}/pgbouncer.ini"], self._log, self._environment)
        wait_until("the pooler listens", lambda: "process up" in self._program.text(), 20, self._program)
        threading.Thread(target=self._follow, daemon=True).start()

    def kill(self):
        """Every connection through it breaks."""
        self._program.kill()

    def restart(self):
        self._ended.set()
        self._program.kill()
        self._ended = threading.Event()
        open(self._program.log, "w").close()
        self.start()

    def stop(self):
        self._ended.set()
        if self._program:
            self._program.kill()

    def _follow(self):
        """Leads to the primary, as the tool that promotes a standby would see to."""
        ended = self._ended
        while not ended.wait(0.2):
            if self._cluster.primary != self._primary:
                self._point()
                # RELOAD: what is connected to the old address goes.
                self._program.send(signal.SIGHUP)

    def _point(self):
        self._primary = self._cluster.primary
        certificates = self._cluster.certificates
        text = f"""
[databases]
{self._cluster.DATABASE} = host={self._network.address(self._primary)} port=5432 user={self._cluster.USER}
[pgbouncer]
listen_addr = {self._network.address("pooler")}
listen_port = {self.PORT}
unix_socket_dir =
auth_type = any
pool_mode = {self._mode}
default_pool_size = 20
max_client_conn = 200
server_login_retry = 1
server_connect_timeout = 5
tcp_user_timeout = 5000
client_tls_sslmode = require
client_tls_cert_file = {certificates}/certificate.pem
client_tls_key_file = {certificates}/postgres-key.pem
server_tls_sslmode = verify-full
server_tls_ca_file = {certificates}/ca.pem
"""
        path = f"{self._directory}/pgbouncer.ini"
        with open(f"{path}.new", "w") as file:
            file.write(text)
        os.replace(f"{path}.new", path)


def pooler_killed(fleet, dice):
    """The pooler dies, and is there again after a while."""
    pause = dice.uniform(0, 8)
    fleet.pooler.kill()
    time.sleep(pause)
    fleet.pooler.restart()
    fleet.wait_for_calls(20, 60)
    return f"the pooler killed, started after {pause:.1f} s"


def backends_killed(fleet, dice):
    """Sessions end at the server, which the pooler lent."""
    is_all = dice.random() < 0.5
    limit = "" if is_all else "LIMIT 1"
    try:
        count = fleet.cluster.sql("postgres", f"""
            SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
            WHERE usename = '{fleet.cluster.USER}' ORDER BY random() {limit}) sessions""", on=fleet.cluster.primary)
    except Failure:
        return "no backends to kill"
    fleet.wait_for_calls(20, 60)
    return f"{count.strip()} backends killed"


ALL = [pooler_killed, backends_killed]
