#!/usr/bin/env bash
# PostgreSQL 15: between two statements of a pipeline no time limit counts, whatever the transaction has locked.
#
# Expected: idle_in_transaction_session_timeout ends a session that waits for its client within a transaction; if the session
#       counts as busy instead, statement_timeout ends what takes too long.
# Seen, with both at 500 ms: a client sends BEGIN and SELECT … FOR UPDATE in a pipeline (libpq: PQenterPipelineMode,
#       PQsendFlushRequest), and the rest of it, with the Sync at its end, does not come. After 4 s the session is "active"
#       with the wait event ClientRead, and the row is locked for others. The limits count from the Sync on: when it comes
#       at last, the session is ended half a second later.
# Where it matters: a client that loses its network after the first packet of a pipeline keeps its locks until the server's
#       kernel gives the connection up, which takes two hours by default. The session has to set tcp_keepalives_idle.
#
# Downloads Debian's packages of PostgreSQL and runs them from a temp folder, on a Unix socket alone. Needs python3.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (the server is run as nobody)"
command -v python3 >/dev/null || cannot "no python3"
work=$(mktemp -d) && chmod 0755 "$work"
finish() {
  as_nobody pg_ctl -D data -m immediate stop >>stop.log 2>&1 || :
  cd / && rm -rf "$work"
}
cd "$work"

packages=(postgresql-15 postgresql-client-15 libpq5)
apt-get download "${packages[@]}" >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
bin=$work/root/usr/lib/postgresql/15/bin
library=$work/$(dirname "$(find root -name 'libpq.so.5' | head -n 1)")
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups \
    env -i PATH="$bin:/usr/bin:/bin" LC_ALL=C LD_LIBRARY_PATH="$library" "$@"
}
as_nobody postgres --version || cannot "the server does not start"
install -d -o 65534 -g 65534 data sockets
trap finish EXIT
as_nobody initdb -D data -U nobody -A trust --no-sync >initdb.log 2>&1 || cannot "$(tail -n 1 initdb.log)"
as_nobody pg_ctl -D data -w -t 30 -l data/log start \
  -o "-c listen_addresses= -c unix_socket_directories=$work/sockets" >start.log 2>&1 || cannot "$(tail -n 2 data/log)"

cat > client.py <<'PYTHON'
import ctypes
import subprocess
import sys
import time

library, sockets, psql = sys.argv[1:]
pq = ctypes.CDLL(library)
pq.PQconnectdb.restype = ctypes.c_void_p


def ask(sql):
    run = subprocess.run([*psql.split(), "-c", sql], capture_output=True, text=True)
    return (run.stdout or run.stderr).strip()


ask("CREATE TABLE locked (number int); INSERT INTO locked VALUES (1)")
connection = ctypes.c_void_p(pq.PQconnectdb(f"host={sockets} user=nobody dbname=postgres application_name=half".encode()))
pq.PQenterPipelineMode(connection)
for sql in ("BEGIN", "SELECT set_config('statement_timeout', '500', true), "
            "set_config('idle_in_transaction_session_timeout', '500', true)", "SELECT number FROM locked FOR UPDATE"):
    pq.PQsendQueryParams(connection, sql.encode(), 0, None, None, None, None, 0)
pq.PQsendFlushRequest(connection)
pq.PQflush(connection)
state = "SELECT state || ': ' || wait_event FROM pg_stat_activity WHERE application_name = 'half'"
row = "SELECT number FROM locked FOR UPDATE NOWAIT"
time.sleep(4)
print("after 4 s:", ask(state))
print("the row:", ask(row))
pq.PQpipelineSync(connection)
pq.PQflush(connection)
time.sleep(2)
print("2 s after the Sync:", ask(state) or "the session is gone")
print("the row:", ask(row))
PYTHON
seen=$(as_nobody python3 client.py "$library/libpq.so.5" "$work/sockets" "psql -h $work/sockets -U nobody -d postgres -XAt")
echo "$seen"
expected="after 4 s: active: ClientRead
the row: ERROR:  could not obtain lock on row in relation \"locked\"
2 s after the Sync: the session is gone
the row: 1"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
