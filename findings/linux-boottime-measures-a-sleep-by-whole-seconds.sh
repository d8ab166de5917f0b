#!/usr/bin/env bash
# Linux 6.1: CLOCK_BOOTTIME measures a sleep in whole seconds where the hardware clock tells it, and is off by up to one.
#
# Expected: CLOCK_BOOTTIME includes the time for which the system is suspended (clock_gettime(2)), to a few milliseconds.
# Seen: a virtual machine sleeps to memory (ACPI S3) eight times for three to four seconds. Its clock and the host's differ after
#       most of the sleeps by tenths of a second, each time by another amount; awake they agree. The kernel takes the length of
#       a sleep from the hardware clock, which counts whole seconds, unless it has a counter that it trusts to run on.
# Where it matters: "no sooner than ten minutes after", counted by CLOCK_BOOTTIME, may be up to a second early after a sleep.
#
# Downloads Debian's packages of Linux, QEMU and busybox and runs them from a temp folder, without a network. Takes two minutes.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
[ "$(dpkg --print-architecture)" = amd64 ] || cannot "not amd64"
command -v python3 >/dev/null || cannot "no python3"
work=$(mktemp -d) && chmod 0755 "$work" && trap 'rm -rf "$work"' EXIT
cd "$work"

kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9]\)/\1/p')
mapfile -t qemu < <(apt-get install --simulate --no-install-recommends qemu-system-x86 2>/dev/null \
  | awk '$1 == "Inst" { print $2 }')
apt-get download "$kernel" busybox-static "${qemu[@]}" >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done

mkdir -p guest/{bin,proc,sys,dev}
cp root/bin/busybox guest/bin/
cat > guest/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
exec > /dev/ttyS0 2>&1 < /dev/null
stty -F /dev/ttyS0 -opost
show() { echo "clock $1 $(cut -d ' ' -f 1 /proc/uptime)"; }
echo "Linux $(uname -r), by $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
for pause in 1.1 1.3 1.6 1.2 1.8 1.4 1.7 1.5; do
  show awake
  sleep "$pause"
  show before
  echo mem > /sys/power/state
  show after
done
poweroff -f
INIT
chmod +x guest/init
(cd guest && find . | ../root/bin/busybox cpio -o -H newc 2>/dev/null | gzip -1) > initrd

cat > observe.py <<'PY'
import socket, subprocess, sys, threading, time

# Reads lines of the machine with the moment at which each came, by a clock of the host that nothing disturbs.
machine = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
last, awake, asleep = None, [], []


def wake():
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect("monitor")
        monitor.sendall(b"system_wakeup\n")
        time.sleep(1)


for line in machine.stdout:
    now, words = time.monotonic(), line.decode(errors="replace").split()
    if words[:1] == ["Linux"]:
        print(" ".join(words))
    if words[:1] != ["clock"] or len(words) != 3:
        continue
    clock = float(words[2])
    if last:
        off = (clock - last[1]) - (now - last[0])
        (asleep if words[1] == "after" else awake).append(off)
    last = now, clock
    if words[1] == "before":
        # At another fraction of a second each time, as people press buttons.
        threading.Timer(3 + len(asleep) * 0.37 % 1, wake).start()
print("machine's clock less the host's, awake:", *(f"{off:+.2f}" for off in awake))
print("machine's clock less the host's, over a sleep:", *(f"{off:+.2f}" for off in asleep))
if len(asleep) != 8:
    raise SystemExit(2)
spread = max(asleep) - min(asleep)
print(f"sleeps differ by {spread:.2f} s")
raise SystemExit(0 if spread > 0.3 and max(map(abs, awake)) < 0.25 and max(map(abs, asleep)) < 1.3 else 1)
PY
library=$work/root/usr/lib/x86_64-linux-gnu
code=0
LD_LIBRARY_PATH=$library:$work/root/lib/x86_64-linux-gnu timeout 300 python3 observe.py \
  root/usr/bin/qemu-system-x86_64 -accel tcg -machine pc -cpu max -smp 1 -m 256 -nodefaults -no-user-config -display none \
  -L root/usr/share/seabios -L root/usr/share/qemu -rtc base=utc,clock=host -no-reboot -serial stdio \
  -monitor unix:monitor,server=on,wait=off \
  -kernel root/boot/vmlinuz-* -initrd initrd \
  -append "console=ttyS0 quiet loglevel=1 tsc=reliable no_console_suspend" || code=$?
case $code in
  0) echo "as described" ;;
  1) echo "changed"; exit 1 ;;
  *) cannot "the machine did not sleep" ;;
esac
