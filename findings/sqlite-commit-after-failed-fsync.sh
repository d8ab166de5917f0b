#!/usr/bin/env bash
# SQLite 3.40 in WAL mode: a commit that failed at fsync is there after a kill, and gone after an orderly end.
#
# Expected: a COMMIT that answers "disk I/O error" did not take place; whoever opens the database next does not see it.
# Seen, with synchronous=FULL and one fsync of the log that fails with EIO: the statement ends with SQLITE_IOERR_FSYNC
#       (1034), and the same connection does not see its row. If the process is killed then, the next one recovers the
#       whole log and sees the row; if the connection is closed in order, the row is gone. The frames and their commit mark
#       were in the file before fsync was asked for.
# Where it matters: after such an error nobody knows what is stored, exactly as after a lost answer of a server.
#
# Downloads Debian's package of SQLite's shell, and makes the fault with a preloaded library of a few lines.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
command -v cc >/dev/null || cannot "no C compiler"
work=$(mktemp -d) && trap 'cd / && rm -rf "$work"' EXIT
cd "$work"
apt-get download sqlite3 libsqlite3-0 >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
library=$(dirname "$(find "$work/root" -name 'libsqlite3.so.0' | head -n 1)")
sqlite=(env LD_LIBRARY_PATH="$library" "$work/root/usr/bin/sqlite3" -batch)
echo "version: $("${sqlite[@]}" --version | cut -d' ' -f1-2)"

# Fails the next fsync or fdatasync once the file named by FAULT exists, and takes that file away.
cat > fault.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
static int sync_file(long number, int fd) {
    const char *fault = getenv("FAULT");
    if (fault && unlink(fault) == 0) { errno = EIO; return -1; }
    return (int)syscall(number, fd);
}
int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }
C
cc -shared -fPIC -o fault.so fault.c || cannot "cc failed"

try() { # name of the database, how the process ends
  {
    echo 'PRAGMA journal_mode = WAL;' 'PRAGMA synchronous = FULL;'
    echo 'CREATE TABLE rows (name TEXT);' "INSERT INTO rows VALUES ('before');"
    echo ".shell touch $work/now"
    echo "INSERT INTO rows VALUES ('failed');"
    echo "SELECT 'seen by itself: ' || group_concat(name, ' ') FROM rows;"
    # The shell that runs this command is the database's own child.
    [ "$2" = killed ] && echo '.shell kill -9 $PPID'
  } | FAULT=$work/now LD_PRELOAD=$work/fault.so "${sqlite[@]}" -cmd '.log stdout' "$1" >out 2>&1 || :
  grep -o -m 1 '^([0-9]*)' out | sed "s/^/$2, error: /" || :
  grep '^seen' out | sed "s/^/$2, /"
  echo "$2, seen by the next: $("${sqlite[@]}" "$1" "SELECT group_concat(name, ' ') FROM rows")"
}

seen="$(try a.sqlite 'ended in order'; try b.sqlite killed)"
echo "$seen"
expected="ended in order, error: (1034)
ended in order, seen by itself: before
ended in order, seen by the next: before
killed, error: (1034)
killed, seen by itself: before
killed, seen by the next: before failed"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
