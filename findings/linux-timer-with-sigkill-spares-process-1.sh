#!/usr/bin/env bash
# Linux 6: a POSIX timer that is to send SIGKILL does nothing to process 1 of a PID namespace, and reports no error.
#
# Expected: a timer of timer_create(2) with SIGKILL ends its own process when it expires. pid_namespaces(7) has process 1 protected
#       from signals of the *other members* of its namespace; that a process cannot ask the kernel to kill itself it does not say.
# Seen: the same program is dead after its timer expired where it is an ordinary process (137), in a PID namespace too; as process
#       1 there it lives on, though timer_create(), timer_settime() and timer_getoverrun() all succeed. A timer with SIGALRM
#       and a handler reaches it.
# Where it matters: a daemon that guards itself against freezing by such a timer is guarded on a host and not in a container, where
#       it usually is process 1. It has to work in a child, and process 1 only waits for that.
#
# Needs root and a C compiler; nothing is installed. The version is that of the running kernel.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(id -u)" = 0 ] || cannot "not root (a PID namespace is made)"
command -v cc >/dev/null || cannot "no C compiler"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
echo "version: Linux $(uname -r)"
cat > timed.c <<'C'
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t heard;
static void hear(int number) { (void)number; heard = 1; }

static int timed(int signal_number) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal_number};
    struct itimerspec in = {.it_value = {.tv_nsec = 200 * 1000 * 1000}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &in, NULL)) return 3;
    struct timespec end = {.tv_sec = 1};
    while (nanosleep(&end, &end)) {}
    printf("lives after the timer%s\n", timer_getoverrun(timer) < 0 ? ", of which nothing is known" : "");
    return 0;
}

int main(int count, char **words) {
    (void)count;
    signal(SIGALRM, hear);
    if (!strcmp(words[1], "child")) {
        pid_t child = fork();
        if (child == 0) _exit(timed(SIGKILL));
        int status;
        waitpid(child, &status, 0);
        printf("%s\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "killed" : "not killed");
        return 0;
    }
    int code = timed(!strcmp(words[1], "alarm") ? SIGALRM : SIGKILL);
    if (heard) printf("heard it\n");
    return code;
}
C
cc -Wall -o timed timed.c 2>cc.log || cannot "$(head -n 1 cc.log)"
unshare --pid --fork true || cannot "no PID namespace can be made"
one() { # LABEL COMMAND…
  local code=0 text
  text=$("${@:2}" 2>/dev/null) || code=$?
  echo "$1: ${text:-nothing} ($code)"
}
seen=$(
  one 'on the host, SIGKILL' ./timed kill
  one 'process 1, SIGKILL' unshare --pid --fork ./timed kill
  one 'child of process 1, SIGKILL' unshare --pid --fork ./timed child
  one 'process 1, SIGALRM with a handler' unshare --pid --fork ./timed alarm | tr '\n' ' '
)
echo "$seen"
expected="on the host, SIGKILL: nothing (137)
process 1, SIGKILL: lives after the timer (0)
child of process 1, SIGKILL: killed (0)
process 1, SIGALRM with a handler: lives after the timer heard it (0)"
[ "$(sed 's/ *$//' <<< "$seen")" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
