#!/usr/bin/env bash
# PostgreSQL 15: pg_control_checkpoint() still names the old timeline after a promotion has finished.
#
# Expected: once pg_promote() has returned true and the server takes writes, the functions that tell the timeline agree.
# Seen: pg_control_checkpoint().timeline_id is still 1, while the name of the file that is being written
#       (pg_walfile_name) begins with timeline 2. The first checkpoint on the new timeline sets it right. Promotion asks
#       for that checkpoint without waiting for it, and the more there is to write the longer it takes: minutes on a
#       busy server. Here some 18 MB are.
# Where it matters: a client that compares timelines to learn that another server took over must ask pg_walfile_name.
#
# Downloads Debian's packages of PostgreSQL and runs them from a temp folder, on Unix sockets alone.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (the server is run as nobody)"
work=$(mktemp -d) && chmod 0755 "$work"
finish() {
  for data in data/*/; do as_nobody pg_ctl -D "$data" -m immediate stop >>stop.log 2>&1 || :; done
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
install -d -o 65534 -g 65534 data sockets/primary sockets/standby
trap finish EXIT

start() { # directory
  as_nobody pg_ctl -D "data/$1" -w -t 30 -l "data/$1.log" start \
    -o "-c listen_addresses= -c unix_socket_directories=$work/sockets/$1 -c hot_standby=on" >start.log 2>&1 \
    || cannot "$(cat start.log "data/$1.log" | tail -n 2)"
}
ask() { as_nobody psql -h "$work/sockets/standby" -U nobody -d postgres -XAtc "$1"; }

as_nobody initdb -D data/primary -U nobody -A trust --no-sync >initdb.log 2>&1 || cannot "$(tail -n 1 initdb.log)"
start primary
as_nobody pg_basebackup -D data/standby -h "$work/sockets/primary" -U nobody -R -c fast --no-sync
start standby

as_nobody psql -h "$work/sockets/primary" -U nobody -d postgres -qc \
  'CREATE TABLE rows AS SELECT generate_series(1, 500000) AS number'
for _ in $(seq 100); do
  [ "$(ask "SELECT to_regclass('rows') IS NOT NULL")" = t ] && break
  sleep 0.1
done

before=$(ask "SELECT timeline_id FROM pg_control_checkpoint()")
seen="$(as_nobody psql -h "$work/sockets/standby" -U nobody -d postgres -XAt \
  -c "SELECT 'promoted: ' || pg_promote()" \
  -c "CREATE TABLE written ()" \
  -c "SELECT 'in recovery: ' || pg_is_in_recovery()" \
  -c "SELECT 'pg_control_checkpoint: ' || timeline_id FROM pg_control_checkpoint()" \
  -c "SELECT 'pg_walfile_name: ' || left(pg_walfile_name(pg_current_wal_lsn()), 8)::int" \
  -c "CHECKPOINT" \
  -c "SELECT 'pg_control_checkpoint, after CHECKPOINT: ' || timeline_id FROM pg_control_checkpoint()" \
  | grep -v -e '^CREATE' -e '^CHECKPOINT')"
echo "pg_control_checkpoint, before: $before"
echo "$seen"

expected="promoted: true
in recovery: false
pg_control_checkpoint: 1
pg_walfile_name: 2
pg_control_checkpoint, after CHECKPOINT: 2"
[ "$before $seen" = "1 $expected" ] || { echo "changed"; exit 1; }
echo "as described"
