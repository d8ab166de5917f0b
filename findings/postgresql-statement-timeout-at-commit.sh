#!/usr/bin/env bash
# PostgreSQL 15: statement_timeout does not end a COMMIT that waits for its synchronous standby.
#
# Expected: statement_timeout aborts any statement that takes longer, and the wait for a standby is part of COMMIT.
# Seen: with statement_timeout = 500 ms and no standby there, COMMIT still waits after 4 s (wait event SyncRep), and so
#       does a single INSERT, which commits by itself. lock_timeout and idle_in_transaction_session_timeout do not end
#       it either. pg_cancel_backend() does, and then COMMIT is reported as done, with a warning alone (SQLSTATE 01000),
#       for a transaction that no standby has.
# Where it matters: a client that needs to know that a commit is replicated needs a deadline of its own, drops the
#       connection at it instead of cancelling, and takes that warning for "not known".
#
# Downloads Debian's packages of PostgreSQL and runs them from a temp folder, on a Unix socket alone.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (the server is run as nobody)"
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
client=(psql -h "$work/sockets" -U nobody -d postgres -XAt)
ask() { as_nobody "${client[@]}" -c "$1"; }

ask 'CREATE TABLE rows (number int)' >/dev/null
ask "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" >/dev/null
ask 'SELECT pg_reload_conf()' >/dev/null
for _ in $(seq 50); do [ "$(ask 'SHOW synchronous_standby_names')" = nobody ] && break; sleep 0.1; done

limits="SET statement_timeout = 500; SET lock_timeout = 500; SET idle_in_transaction_session_timeout = 500;"
printf '%s BEGIN; INSERT INTO rows VALUES (1); COMMIT;\n' "$limits" \
  | as_nobody env PGAPPNAME=commit "${client[@]}" >commit.out 2>&1 &
printf '%s INSERT INTO rows VALUES (2);\n' "$limits" \
  | as_nobody env PGAPPNAME=insert "${client[@]}" >insert.out 2>&1 &
sleep 4
waiting="SELECT application_name || ': ' || wait_event FROM pg_stat_activity WHERE application_name IN ('commit', 'insert') ORDER BY 1"
seen="$(ask "$waiting")
rows that others see: $(ask 'SELECT count(*) FROM rows')
cancelled: $(ask "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE application_name IN ('commit', 'insert')")"
wait %1 %2
seen+="
$(grep -h -e '^WARNING' -e '^COMMIT' -e '^INSERT 0 1' -e '^ERROR' commit.out | sort -u)
rows that others see: $(ask 'SELECT count(*) FROM rows')"
echo "$seen"

expected="commit: SyncRep
insert: SyncRep
rows that others see: 0
cancelled: 2
COMMIT
INSERT 0 1
WARNING:  canceling wait for synchronous replication due to user request
rows that others see: 2"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
