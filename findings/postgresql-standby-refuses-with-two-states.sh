#!/usr/bin/env bash
# PostgreSQL 15: a standby refuses the same wish, to write, with two SQLSTATEs of different classes.
#
# Expected: whoever asks a standby to write hears 25006 (read_only_sql_transaction), which clients and their drivers take as
#       the sign to look for the primary, however the wish is said.
# Seen: a write in a plain transaction is refused with 25006. A transaction that says READ WRITE when it begins, or by
#       SET TRANSACTION, is refused with 0A000 (feature_not_supported), before its first write. On a primary with
#       default_transaction_read_only the same BEGIN is obeyed and the write succeeds, while the plain one is refused with 25006.
# Where it matters: a client that says READ WRITE, so that no setting of a role or a database makes it read-only, never
#       sees 25006 after a switch-over. It stays on a server that takes no writes, unless it takes 0A000 for the same.
#
# Downloads Debian's packages of PostgreSQL and runs them from a temp folder, on a Unix socket alone.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (the server is run as nobody)"
work=$(mktemp -d) && chmod 0755 "$work"
finish() {
  as_nobody pg_ctl -D data/server -m immediate stop >>stop.log 2>&1 || :
  cd / && rm -rf "$work"
}
cd "$work"

packages=(postgresql-15 postgresql-client-15 libpq5)
apt-get download "${packages[@]}" >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
bin=$work/root/usr/lib/postgresql/15/bin
library=$(dirname "$(find root -name 'libpq.so.5' | head -n 1)")
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$bin:/usr/bin:/bin" LC_ALL=C LD_LIBRARY_PATH="$work/$library" "$@"; }
as_nobody postgres --version || cannot "the server does not start"
install -d -o 65534 -g 65534 data socket
trap finish EXIT

start() { # further options of the server
  as_nobody pg_ctl -D data/server -w -t 30 -l data/server.log start \
    -o "-c listen_addresses= -c unix_socket_directories=$work/socket -c hot_standby=on $1" >start.log 2>&1 \
    || cannot "$(cat start.log data/server.log | tail -n 2)"
}
# What a write in a transaction that begins so comes to: nothing, or an SQLSTATE.
write() {
  local said
  said=$(as_nobody psql -h "$work/socket" -U nobody -d postgres -XAt -v VERBOSITY=sqlstate -v ON_ERROR_STOP=1 \
    -c "$1" -c 'INSERT INTO rows VALUES (1)' 2>&1) && echo taken || sed -n 's/^ERROR:  //p' <<<"$said"
}
table() {
  for begin in BEGIN 'BEGIN READ WRITE' 'BEGIN; SET TRANSACTION READ WRITE'; do echo "$1, $begin: $(write "$begin")"; done
}

as_nobody initdb -D data/server -U nobody -A trust --no-sync >initdb.log 2>&1 || cannot "$(tail -n 1 initdb.log)"
start ''
as_nobody psql -h "$work/socket" -U nobody -d postgres -qc 'CREATE TABLE rows (number int)'
as_nobody pg_ctl -D data/server -w stop >stop.log 2>&1
start '-c default_transaction_read_only=on'
seen=$(table 'read-only by default')
as_nobody pg_ctl -D data/server -w stop >stop.log 2>&1
as_nobody touch data/server/standby.signal
start ''
seen+=$'\n'$(table standby)
echo "$seen"

expected='read-only by default, BEGIN: 25006
read-only by default, BEGIN READ WRITE: taken
read-only by default, BEGIN; SET TRANSACTION READ WRITE: taken
standby, BEGIN: 25006
standby, BEGIN READ WRITE: 0A000
standby, BEGIN; SET TRANSACTION READ WRITE: 0A000'
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
