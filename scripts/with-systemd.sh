#!/usr/bin/env bash
# with-systemd.sh - run a command under a real systemd (PID 1) and a real
# systemd-journald, on a machine whose own PID 1 is something else.
#
#   with-systemd.sh [OPTION...] [--] COMMAND [ARG...]
#
# Needs: root (CAP_SYS_ADMIN), util-linux, procps, the distribution's systemd
# package. No systemd-nspawn, no debootstrap, no D-Bus daemon, no download.
#
# What COMMAND sees: the host's whole root file system through an overlay that
# is thrown away (so it may install unit files, write /etc, /var, ...); a fresh
# /etc/systemd/system, /run, /dev, /proc, journal and machine id; its own PID,
# mount, UTS, IPC, network (loopback only) and cgroup namespaces.
# The exit status is COMMAND's; 124 = time limit; 125 = the boot failed.
set -u -o pipefail
usage() { cat <<'U'
usage: with-systemd.sh [OPTION...] [--] COMMAND [ARG...]
  -t, --timeout SEC     limit for boot + command (default 120)
  -b, --bind PATH       make PATH writable for real (bind mount, not overlay)
  -u, --unit FILE       install FILE into /etc/systemd/system (repeatable;
                        drop-in directories foo.service.d/ too)
  -o, --output DIR      on exit save the journal files, boot log there
      --root DIR        use the OS tree DIR instead of / (e.g. a debootstrap)
      --host-net        share the host's network namespace (default: own, lo only)
      --hybrid          hybrid cgroups: v1 controllers (memory, pids, cpu) work
                        on a host that has them mounted as v1 (systemd < 256)
      --dbus            start dbus.socket too (systemctl and journalctl need none)
  -s, --stop            stop the system in an orderly way at the end (default: kill)
  -q, --quiet           no timing line on stderr
U
}
TIMEOUT=120 ROOT=/ NET=own HYBRID='' DBUS='' STOP='' QUIET='' OUT='' BINDS=() UNITS=()
while [ $# -gt 0 ]; do case $1 in
  -t|--timeout) TIMEOUT=$2; shift 2;;
  -b|--bind) BINDS+=("$(realpath "$2")"); shift 2;;
  -u|--unit) UNITS+=("$(realpath "$2")"); shift 2;;
  -o|--output) mkdir -p "$2"; OUT=$(realpath "$2"); shift 2;;
  --root) ROOT=$(realpath "$2"); shift 2;;
  --host-net) NET=host; shift;;
  --hybrid) HYBRID=1; shift;;
  --dbus) DBUS=1; shift;;
  -s|--stop) STOP=1; shift;;
  -q|--quiet) QUIET=1; shift;;
  -h|--help) usage; exit 0;;
  --) shift; break;;
  -*) usage >&2; exit 125;;
  *) break;;
esac; done
[ $# -gt 0 ] || { usage >&2; exit 125; }
[ "$(id -u)" = 0 ] || { echo "with-systemd: needs root" >&2; exit 125; }
[ -x "$ROOT/lib/systemd/systemd" ] || { echo "with-systemd: no systemd in $ROOT" >&2; exit 125; }

T0=$(date +%s%N)
for d in "${TMPDIR:-/tmp}"/with-systemd.*; do        # left by a run that was killed (only empty dirs)
  p=${d##*with-systemd.}; [ -d "$d" ] && [ ! -e "/proc/${p%%.*}" ] && rm -rf --one-file-system "$d"; done
T=$(mktemp -d "${TMPDIR:-/tmp}/with-systemd.$$.XXXXXX") || exit 125
mkdir "$T/up" "$T/root" "$T/cg"
CG=with-systemd-$$
export -p > "$T/env"                      # COMMAND gets the caller's environment
printf '%s\n' "${BINDS[@]+"${BINDS[@]}"}" > "$T/binds"
printf '%s\n' "${UNITS[@]+"${UNITS[@]}"}" > "$T/units"

############################ inside the namespaces #############################
cat > "$T/stage2" <<'S2'
set -eu
T=$1 ROOT=$2 NET=$3 HYBRID=$4 DBUS=$5 CWD=$6
R=$T/root
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$T/up"; mkdir "$T/up/u" "$T/up/w"
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$T/up/u,workdir=$T/up/w" "$R"
# API file systems; /proc/sys and /sys read-only so that systemd cannot tune the host
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
[ "$NET" = host ] || echo 512 > "$R/proc/sys/net/unix/max_dgram_qlen" # as systemd does at boot
mount --bind "$R/proc/sys" "$R/proc/sys"; mount -o remount,bind,ro "$R/proc/sys"
if [ "$NET" = host ]; then mount --rbind /sys "$R/sys"; umount -R "$R/sys/fs/cgroup" || :
else mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$R/sys"; fi
if [ -z "$HYBRID" ]; then
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$R/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755,size=1M tmpfs "$R/sys/fs/cgroup"
  mkdir "$R/sys/fs/cgroup/unified"; mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup/unified"
  while IFS=: read -r _ names _; do [ -n "$names" ] || continue
    mkdir -p "$R/sys/fs/cgroup/${names#name=}"
    mount -t cgroup -o "$names" cgroup "$R/sys/fs/cgroup/${names#name=}"
  done < /proc/self/cgroup
fi
mount -t tmpfs -o mode=755,nosuid,strictatime,size=4M tmpfs "$R/dev"
for d in null zero full random urandom tty; do : > "$R/dev/$d"; mount --bind "/dev/$d" "$R/dev/$d"; done
mkdir "$R/dev/pts" "$R/dev/shm" "$R/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$R/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/dev/shm"
mount -t mqueue mqueue "$R/dev/mqueue"
ln -s pts/ptmx "$R/dev/ptmx"; ln -s /proc/self/fd "$R/dev/fd"
for i in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${i%:*}" "$R/dev/${i#*:}"; done
: > "$R/dev/kmsg"                                        # a plain file: PID 1's early log
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$R/run"
mkdir -p "$R/run/lock"

# a clean /etc/systemd/system; no generators, no fstab, no journal of the host's
mkdir -p "$R/etc/systemd/system" "$R/etc/systemd/system-generators"
mount -t tmpfs -o mode=755 tmpfs "$R/etc/systemd/system"
S=$R/etc/systemd/system
for g in "$R"/usr/lib/systemd/system-generators/*; do
  ln -sf /dev/null "$R/etc/systemd/system-generators/${g##*/}"; done
: > "$R/etc/fstab"; rm -f "$R/etc/crypttab"; rm -rf "$R/var/log/journal"
rm -f "$R/etc/machine-id"; tr -d - < /proc/sys/kernel/random/uuid > "$R/etc/machine-id"
mkdir -p "$R/etc/tmpfiles.d"                             # above all tmp.conf, which would empty /tmp
for f in "$R"/usr/lib/tmpfiles.d/*.conf; do case ${f##*/} in
  systemd.conf|systemd-tmp.conf|var.conf|legacy.conf|dbus.conf|journal-nocow.conf) ;;
  *) ln -sf /dev/null "$R/etc/tmpfiles.d/${f##*/}";; esac; done
MASK="systemd-journald-audit.socket tmp.mount dev-hugepages.mount dev-mqueue.mount
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount kmod-static-nodes.service
  systemd-modules-load.service systemd-udevd.service systemd-udev-trigger.service
  systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service
  systemd-remount-fs.service systemd-update-utmp.service systemd-timesyncd.service
  systemd-random-seed.service systemd-binfmt.service systemd-sysctl.service systemd-firstboot.service
  systemd-ask-password-console.path systemd-ask-password-wall.path systemd-logind.service
  systemd-fsckd.socket systemd-initctl.socket systemd-userdbd.socket systemd-networkd.service
  systemd-tmpfiles-clean.timer systemd-pcrphase-sysinit.service systemd-pcrphase.service
  systemd-hwdb-update.service ldconfig.service systemd-update-done.service
  systemd-journal-catalog-update.service getty.target modprobe@.service"
[ -n "$DBUS" ] || MASK="$MASK dbus.socket dbus.service"
for u in $MASK; do ln -s /dev/null "$S/$u"; done
cat > "$S/with-systemd.target" <<U
[Unit]
Description=The system under test
Requires=basic.target
After=basic.target systemd-tmpfiles-setup.service systemd-sysusers.service
AllowIsolate=yes
U
while read -r u; do [ -z "$u" ] || cp -a "$u" "$S/"; done < "$T/units"
while read -r b; do [ -n "$b" ] || continue
  if [ -d "$b" ]; then mkdir -p "$R$b"; else mkdir -p "${R}${b%/*}"; : >> "$R$b"; fi
  mount --bind "$b" "$R$b"; done < "$T/binds"
# a working directory that the overlay does not show (another mount): bind it
if [ ! -d "$R$CWD" ] || [ "$(stat -c %d:%i "$CWD/.")" != "$(stat -c %d:%i "$R$CWD/.")" ] && mountpoint -q "$CWD"; then
  mkdir -p "$R$CWD"; mount --bind "$CWD" "$R$CWD"; fi
mkdir -p "$R/run/with-systemd"; cp "$T/env" "$R/run/with-systemd/env"
cat > "$R/run/with-systemd/exec" <<'X'
CWD=$1; shift                       # $HYBRID does not matter: v2 is at one of these
for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do   # leave the host's cgroup ...
  [ -e $d/init.scope/cgroup.procs ] && echo 0 > $d/init.scope/cgroup.procs; done
. /run/with-systemd/env 2>/dev/null
unset NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM INVOCATION_ID OLDPWD
export WITH_SYSTEMD=1
cd "$CWD" 2>/dev/null || cd /
exec nsenter -t 1 -C -- systemd-run --scope --quiet --collect --unit=with-systemd-command -- "$@"
X
mkdir -p "$R/.old-root"; cd "$R"; pivot_root . .old-root
umount -l /.old-root; rmdir /.old-root 2>/dev/null || :
mount --make-rshared /          # in a container systemd leaves this to its manager; LoadCredential= needs it
exec env -i container=with-systemd PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
  /lib/systemd/systemd --system --unit=with-systemd.target --show-status=no \
  --log-target=journal-or-kmsg --log-level=info </dev/null >/dev/null 2>&1
S2

############################## outside: cleanup ################################
U=0 C=0
finish() {
  trap - EXIT INT TERM HUP
  if [ "$C" != 0 ] && [ -e "/proc/$C/root/run/systemd" ]; then
    if [ -n "$OUT" ]; then
      timeout 5 nsenter -t "$C" -a journalctl --sync >/dev/null 2>&1
      rm -rf "$OUT/journal"; mkdir -p "$OUT/journal"
      for d in "/proc/$C/root/run/log/journal" "/proc/$C/root/var/log/journal"; do
        [ -d "$d" ] && cp -r "$d/." "$OUT/journal/"; done
      cp "/proc/$C/root/dev/kmsg" "$OUT/boot.log" 2>/dev/null
    fi
    if [ -n "$STOP" ]; then
      timeout 1 nsenter -t "$C" -a systemctl --no-block exit 0 >/dev/null 2>&1
      for _ in $(seq 200); do [ -d "/proc/$C" ] || break; sleep 0.05; done
    fi
  fi
  [ "$C" = 0 ] || kill -KILL "$C" 2>/dev/null    # PID 1 dies: the kernel ends all the rest
  [ "$U" = 0 ] || { kill -KILL "$U" 2>/dev/null; wait "$U" 2>/dev/null; }
  # empty cgroups: ours, and those of runs that were killed
  unshare -m --propagation private sh -c '
    mount -t cgroup2 cgroup2 "$1/cg" 2>/dev/null || exit 0
    for d in "$1"/cg/with-systemd-*; do
      p=${d##*-}; [ "$p" = "$2" ] || [ ! -e "/proc/$p" ] || continue
      n=0; while [ -d "$d" ] && [ $n -lt 20 ]; do
        find "$d" -depth -type d -exec rmdir {} + 2>/dev/null; n=$((n+1)); [ ! -d "$d" ] || sleep 0.02; done
    done' sh "$T" "$$" 2>/dev/null
  if [ -n "$HYBRID" ]; then while read -r d; do
    find "$d" -depth -type d -exec rmdir {} + 2>/dev/null; done < "$T/v1dirs"; fi
  rm -rf --one-file-system "$T"
}
trap finish EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP

################################### boot #######################################
: > "$T/v1dirs"
NS=(--pid --fork --kill-child=KILL --uts --ipc --cgroup --mount --propagation private)
[ "$NET" = host ] || NS+=(--net)
setpriv --pdeathsig KILL unshare --mount --propagation private -- bash -c '
  set -eu; T=$1 CG=$2 HYBRID=$3; shift 3
  mount -t cgroup2 cgroup2 "$T/cg"
  for c in cpu memory pids io; do                       # only where the host has them on v2
    grep -qw $c "$T/cg/cgroup.controllers" && echo +$c > "$T/cg/cgroup.subtree_control" || :; done 2>/dev/null
  mkdir "$T/cg/$CG"; echo $$ > "$T/cg/$CG/cgroup.procs"
  if [ -n "$HYBRID" ]; then while IFS=: read -r _ names path; do [ -n "$names" ] || continue
      mp=$(findmnt -rn -t cgroup -o TARGET,OPTIONS | awk -v n="$names" "{split(\$2,o,\",\"); for(i in o) if(o[i]==n) {print \$1; exit}}")
      d="$mp${path%/}/$CG"; mkdir "$d"; echo "$d" >> "$T/v1dirs"
      case $names in *cpuset*) for f in cpuset.cpus cpuset.mems; do cat "${d%/*}/$f" > "$d/$f"; done;; esac
      echo $$ > "$d/cgroup.procs"
    done < <(cat /proc/self/cgroup); fi
  umount "$T/cg"
  exec unshare "$@"' \
  x "$T" "$CG" "$HYBRID" "${NS[@]}" bash "$T/stage2" "$T" "$ROOT" "$NET" "$HYBRID" "$DBUS" "$PWD" </dev/null &
U=$!
DEADLINE=$(( $(date +%s) + TIMEOUT ))
fail() { echo "with-systemd: $*" >&2
  [ "$C" = 0 ] || { cat "/proc/$C/root/dev/kmsg"; timeout 5 nsenter -t "$C" -a journalctl --no-pager -n 50; } >&2 2>/dev/null
  exit 125; }
while :; do
  kill -0 "$U" 2>/dev/null || fail "the namespaces could not be set up"
  [ "$(date +%s)" -lt "$DEADLINE" ] || fail "boot timed out"
  [ "$C" != 0 ] || for p in $(pgrep -P "$U"); do       # the child that is pid 1 of its namespace
    grep -q '^NSpid:.*\s1$' "/proc/$p/status" 2>/dev/null && C=$p; done
  [ "$C" = 0 ] || [ ! -S "/proc/$C/root/run/systemd/private" ] || break
  sleep 0.01
done
STATE=$(timeout "$TIMEOUT" nsenter -t "$C" -a systemctl is-system-running --wait 2>&1)
case $STATE in running|degraded) ;; *) fail "boot failed: $STATE";; esac
[ "$NET" = host ] || nsenter -t "$C" -n ip link set lo up 2>/dev/null
T1=$(date +%s%N)

################################## command #####################################
LEFT=$(( DEADLINE - $(date +%s) )); [ $LEFT -gt 0 ] || LEFT=1
timeout --foreground -k 2 "$LEFT" nsenter -t "$C" -m -u -i -n -p -- \
  /bin/bash /run/with-systemd/exec "$PWD" "$@"
RC=$?
T2=$(date +%s%N)
[ $RC != 124 ] || echo "with-systemd: time limit of $TIMEOUT s" >&2
finish
T3=$(date +%s%N)
[ -n "$QUIET" ] || printf 'with-systemd: %s boot %d ms, command %d ms, teardown %d ms, rc %d\n' \
  "$STATE" $(((T1-T0)/1000000)) $(((T2-T1)/1000000)) $(((T3-T2)/1000000)) $RC >&2
exit $RC
