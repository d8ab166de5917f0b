#!/usr/bin/env bash
# SQLite 3.40: a row value that ends in the rowid is compared by the index's own columns alone.
#
# Expected: an index entry ends in the rowid, and ORDER BY due, place is answered from the index of `due` without a sort where
#       `place` is the INTEGER PRIMARY KEY. So (due, place) > (?, ?), which is how one goes on after a row, begins at that row.
# Seen: the plan searches by (due>?): it begins with the first row of that `due` and passes over all rows until that place. With
#       100,000 rows of the same `due`, the last 10 cost 200,000 steps of the virtual machine and more. To name the column in
#       the index changes nothing. Only if it is no INTEGER PRIMARY KEY, the plan is ((due,place)>(?,?)), and begins there.
# Where it matters: whoever pages through a schedule in which many are due at the same moment gets slower from page to page. Two
#       statements avoid it without a wider index: due = ? AND place > ?, then due > ?.
#
# Downloads Debian's package of SQLite's shell.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
work=$(mktemp -d) && trap 'cd / && rm -rf "$work"' EXIT
cd "$work"
apt-get download sqlite3 libsqlite3-0 >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
library=$(dirname "$(find "$work/root" -name 'libsqlite3.so.0' | head -n 1)")
sqlite=(env LD_LIBRARY_PATH="$library" "$work/root/usr/bin/sqlite3" -batch rows.sqlite)
echo "version: $("${sqlite[@]}" --version | cut -d' ' -f1-2)"

"${sqlite[@]}" <<'SQL'
CREATE TABLE by_rowid (place INTEGER PRIMARY KEY, due INTEGER NOT NULL);
CREATE INDEX by_rowid_due ON by_rowid (due);
CREATE TABLE by_named_rowid (place INTEGER PRIMARY KEY, due INTEGER NOT NULL);
CREATE INDEX by_named_rowid_due ON by_named_rowid (due, place);
CREATE TABLE by_columns (place INTEGER NOT NULL, due INTEGER NOT NULL);
CREATE INDEX by_columns_due ON by_columns (due, place);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO by_rowid SELECT i, 5 FROM n;
INSERT INTO by_named_rowid SELECT * FROM by_rowid;
INSERT INTO by_columns SELECT * FROM by_rowid;
SQL

look() { # table, condition
  local query="SELECT count(*) FROM (SELECT place FROM $1 WHERE $2 ORDER BY due, place LIMIT 100)"
  echo "$1, plan: $("${sqlite[@]}" "EXPLAIN QUERY PLAN $query" | grep -o '(.*)$' | grep due)"
  # The numbers of steps differ a little between versions: what counts is whether the others were passed over.
  printf '.stats vmstep\n%s;\n' "$query" | "${sqlite[@]}" | awk -v table="$1" '
    /^[0-9]+$/ { print table ", found: " $1 }
    /^VM-steps:/ { print table ", passed over the others: " ($2 > 100000 ? "yes" : "no") }'
}
seen="$(
  for table in by_rowid by_named_rowid by_columns; do look "$table" '(due, place) > (5, 99990)'; done
  look by_rowid 'due = 5 AND place > 99990'
)"
echo "$seen"
expected="by_rowid, plan: (due>?)
by_rowid, found: 10
by_rowid, passed over the others: yes
by_named_rowid, plan: (due>?)
by_named_rowid, found: 10
by_named_rowid, passed over the others: yes
by_columns, plan: ((due,place)>(?,?))
by_columns, found: 10
by_columns, passed over the others: no
by_rowid, plan: (due=? AND rowid>?)
by_rowid, found: 10
by_rowid, passed over the others: no"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
