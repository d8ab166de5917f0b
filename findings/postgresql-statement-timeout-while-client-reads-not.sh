#!/usr/bin/env bash
# PostgreSQL 15: statement_timeout does not end a statement whose rows the client does not take; its locks stay.
#
# Expected: statement_timeout aborts any statement that takes longer, as the manual says, and that frees what it locked.
# Seen: a client stops (SIGSTOP) in the midst of SELECT … FOR UPDATE. With statement_timeout = 2 s the server is in the same
#       statement after 5 s, waits for the socket (wait event ClientWrite), and holds its locks; another session cannot
#       have the row. pg_cancel_backend() returns true and ends nothing either. When the client goes on, the statement ends
#       with the error of the time limit.
# Where it matters: a lock that many wait for is held by a frozen client for as long as it is frozen. Either no rows are written
#       while it is held, or the session sets tcp_user_timeout, which ends the connection (over TCP alone).
#
# Downloads Debian's packages of PostgreSQL and runs them from a temp folder, on a Unix socket alone.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (the server is run as nobody)"
work=$(mktemp -d) && chmod 0755 "$work"
finish() {
  [ -z "${reader:-}" ] || kill -KILL "$reader" 2>/dev/null || :
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
client=(psql -h "$work/sockets" -U nobody -d postgres -XAt)
ask() { as_nobody "${client[@]}" -c "$1" 2>&1; }

ask "CREATE TABLE locked (number int); INSERT INTO locked VALUES (1)" >/dev/null
# It sleeps before its first row, so that the client is stopped by then; the rows are more than the buffers of a socket hold.
query="SELECT number, repeat('x', 1000) FROM (SELECT pg_sleep(1)) s, locked, generate_series(1, 100000) FOR UPDATE OF locked"
setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$bin:/usr/bin:/bin" LC_ALL=C LD_LIBRARY_PATH="$library" \
  PGAPPNAME=reader PGOPTIONS="-c statement_timeout=2s" "${client[@]}" -c "$query" >reader.out 2>&1 &
reader=$!
of_reader="FROM pg_stat_activity WHERE application_name = 'reader'"
for _ in $(seq 100); do [ "$(ask "SELECT count(*) $of_reader AND wait_event = 'PgSleep'")" = 1 ] && break; sleep 0.05; done
kill -STOP "$reader"
sleep 5
state="SELECT state || ': ' || coalesce(wait_event, 'none') $of_reader"
row="SELECT number FROM locked FOR UPDATE NOWAIT"
seen="after 5 s: $(ask "$state")
the row: $(ask "$row")
cancelled: $(ask "SELECT pg_cancel_backend(pid) $of_reader")
$(sleep 1; ask "$state")"
kill -CONT "$reader"
wait "$reader" || :
reader=
seen+="
when it reads on:
$(grep -o 'ERROR: .*' reader.out)
the row: $(ask "$row")"
echo "$seen"
expected="after 5 s: active: ClientWrite
the row: ERROR:  could not obtain lock on row in relation \"locked\"
cancelled: t
active: ClientWrite
when it reads on:
ERROR:  canceling statement due to statement timeout
the row: 1"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
