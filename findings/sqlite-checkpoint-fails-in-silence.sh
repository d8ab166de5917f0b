#!/usr/bin/env bash
# SQLite 3.40 in WAL mode: an automatic checkpoint that fails tells nobody, and the log grows with every commit.
#
# Expected: a COMMIT whose checkpoint fails, because the main file cannot be written, says so, at least in the log of
#       errors, or the statement after it does.
# Seen, with every write of the main file ending in EIO while those of its log succeed: 20,000 commits answer well, the
#       error log is empty, and the log has grown to 20 times the size at which it is to be copied back (1,000 pages).
#       Only whoever asks for a checkpoint is told: PRAGMA wal_checkpoint ends with "disk I/O error".
# Where it matters: nothing is lost, but what watches commits for errors sees a healthy database until the disk is full.
#       Watch the size of the -wal file, or ask for a checkpoint.
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

# Fails writes of a file whose name ends with .sqlite, once the file named by FAULT exists.
cat > fault.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    char link[32], name[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    name[length < 0 ? 0 : length] = 0;
    char *end = strstr(name, ".sqlite");
    const char *fault = getenv("FAULT");
    if (end && strcmp(end, ".sqlite") == 0 && fault && access(fault, F_OK) == 0) { errno = EIO; return -1; }
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}
C
cc -shared -fPIC -o fault.so fault.c || cannot "cc failed"

{
  echo 'PRAGMA journal_mode = WAL;' 'PRAGMA synchronous = OFF;' 'CREATE TABLE rows (text);'
  echo ".shell touch $work/now"
  for _ in $(seq 20000); do echo "INSERT INTO rows VALUES (hex(randomblob(200)));"; done
  echo "SELECT 'rows: ' || count(*) FROM rows;"
  echo ".shell echo log: \$((\$(stat -c %s a.sqlite-wal) / 4120 / 1000)) times a thousand pages"
  echo ".shell echo asked:"
  echo 'PRAGMA wal_checkpoint;'
  # Ends without the checkpoint of an orderly end.
  echo '.shell kill -9 $PPID'
} > commands
FAULT=$work/now LD_PRELOAD=$work/fault.so "${sqlite[@]}" -cmd '.log stdout' a.sqlite < commands > out 2>&1 || :
rm now
before=$(sed '/^asked:/,$d' out | grep -v '^wal$' || :)
after=$(sed '1,/^asked:/d' out)
echo "$before"
echo "asked: $after"
echo "kept: $("${sqlite[@]}" a.sqlite 'SELECT count(*) FROM rows')"
times=$(sed -n 's/^log: \([0-9]*\) times.*/\1/p' out)
[[ $before == "rows: 20000"* && $(wc -l <<< "$before") == 2 && ${times:-0} -ge 10 ]] || { echo changed; exit 1; }
[[ $after == *"disk I/O error"* ]] || { echo changed; exit 1; }
echo "as described"
