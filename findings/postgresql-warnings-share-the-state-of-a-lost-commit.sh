#!/usr/bin/env bash
# PostgreSQL 15: the warning that a commit may be lost has the same SQLSTATE as warnings about collations, and as most others.
#
# Expected: SQLSTATEs are for programs and texts for people, so the warning of a COMMIT whose wait for the standby was cancelled
#       ("committed locally, but might not have been replicated") can be told from others by its state.
# Seen: it is 01000, the state of every warning that names none. A database whose recorded collation version is not that of the
#       C library gives 01000 at each connect, and RAISE WARNING gives 01000 too. The text depends on lc_messages. Only the source
#       file that the server names (PG_DIAG_SOURCE_FILE in libpq) tells them apart: syncrep.c.
# Where it matters: a client that takes 01000 for "not replicated" fails at every connect after an upgrade of the server's C library.
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
  -o "-c listen_addresses= -c unix_socket_directories=$work/sockets -c log_error_verbosity=verbose" >start.log 2>&1 \
  || cannot "$(tail -n 2 data/log)"
ask() { as_nobody psql -h "$work/sockets" -U nobody -d "$1" -XAtc "$2" 2>>client.log; }
# What the server logged since, with the state and the place in its source.
told() {
  tail -n "+$((before + 1))" data/log | sed -n -e 's/.*WARNING:  \([0-9A-Z]*\): \(.*\)/\1 \2/p' \
    -e 's/.*LOCATION:  .*, \([a-z_]*\.c\):.*/  in \1/p'
}
mark() { before=$(wc -l <data/log); }

ask postgres 'CREATE DATABASE moved' >/dev/null
# As it is recorded when the database was made on a machine with another C library.
ask postgres "UPDATE pg_database SET datcollversion = '1' WHERE datname = 'moved'" >/dev/null
mark
ask moved 'SELECT 1' >/dev/null
connect=$(told)
mark
ask postgres "DO \$\$ BEGIN RAISE WARNING 'look at this'; END \$\$" >/dev/null
raised=$(told)

ask postgres 'CREATE TABLE rows (number int)' >/dev/null
ask postgres "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" >/dev/null
ask postgres 'SELECT pg_reload_conf()' >/dev/null
for _ in $(seq 50); do [ "$(ask postgres 'SHOW synchronous_standby_names')" = nobody ] && break; sleep 0.1; done
mark
ask postgres 'INSERT INTO rows VALUES (1)' >/dev/null &
for _ in $(seq 100); do
  [ "$(ask postgres "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")" = 1 ] && break
  sleep 0.1
done
wait %1
commit=$(told)

seen="connect: $connect
raised: $raised
commit: $commit"
echo "$seen"
check() { # what was told, its first line, the source file
  [[ $1 == "$2"* && $1 == *"  in $3" ]] || { echo "changed"; exit 1; }
}
check "$connect" '01000 ' postinit.c
check "$raised" '01000 look at this' pl_exec.c
check "$commit" '01000 canceling wait for synchronous replication' syncrep.c
echo "as described"
