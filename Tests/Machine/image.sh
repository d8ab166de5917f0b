#!/usr/bin/env bash
# image.sh DIRECTORY - a Debian that boots in QEMU: DIRECTORY/root.ext4, DIRECTORY/vmlinuz and DIRECTORY/initrd.
#
# debootstrap makes its tree; MIRROR names where its packages come from, SUITE which Debian (bookworm). Needs root.
# Quick when it was done before. Nothing of the daemon's is in it.
set -euo pipefail
[ $# = 1 ] || { echo 'usage: image.sh DIRECTORY' >&2; exit 64; }
directory=$1
suite=${SUITE:-bookworm}
here=$(dirname "$(readlink -f "$0")")
tree=$directory/tree
packages=(
  systemd systemd-sysv udev dbus linux-image-cloud-amd64 initramfs-tools
  libcrypt1 libnghttp2-14 libpq5 libsqlite3-0 libsystemd0 zlib1g libstdc++6  # what the daemon is linked with
  util-linux util-linux-extra procps passwd                                  # rtcwake, hwclock
)
wanted="$suite ${packages[*]} $(cat "$0" "$here"/guest/* | sha256sum)"
fail() { printf 'image: %s\n' "$1" >&2; exit 1; }

[ "$(cat "$directory/image" 2>/dev/null || :)" != "$wanted" ] || exit 0
[ "$(id -u)" = 0 ] || fail 'run as root'
mkdir -p "$directory"
rm -f "$directory/image"
rm -rf --one-file-system "$tree"
command -v debootstrap > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >&2
printf 'image: making a Debian (%s) that boots\n' "$suite" >&2
debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$tree" ${MIRROR:+"$MIRROR"} \
  > "$directory/image.log" 2>&1 || { tail -n 20 "$directory/image.log" >&2; fail "debootstrap could not make $tree"; }

# What the kernel needs before it has its root.
printf 'virtio_pci\nvirtio_blk\next4\n' >> "$tree/etc/initramfs-tools/modules"
echo 'MODULES=list' > "$tree/etc/initramfs-tools/conf.d/machine"
chroot "$tree" update-initramfs -u >> "$directory/image.log" 2>&1 || fail "there is no initrd: see $directory/image.log"

install -D -m 0755 "$here/guest/commands" "$tree/usr/local/sbin/commands"
install -D -m 0644 "$here/guest/commands.service" "$tree/etc/systemd/system/commands.service"
install -D -m 0644 "$here/guest/machine.network" "$tree/etc/systemd/network/machine.network"
systemctl --root="$tree" --quiet enable commands.service systemd-networkd.service
# Logind would shut down by the power button, which wakes the machine here.
systemctl --root="$tree" --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
  e2scrub_all.timer e2scrub_reap.service getty@tty1.service systemd-logind.service
echo machine > "$tree/etc/hostname"
# The API is on the host; its certificate is for localhost.
echo '10.0.2.2 localhost' > "$tree/etc/hosts"
echo '/dev/vda / ext4 rw 0 1' > "$tree/etc/fstab"
rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree/var/log/journal"
: > "$tree/etc/machine-id"

cp "$tree"/boot/vmlinuz-* "$directory/vmlinuz"
cp "$tree"/boot/initrd.img-* "$directory/initrd"
rm -f "$directory/root.ext4"
truncate -s 2G "$directory/root.ext4"
mke2fs -q -t ext4 -d "$tree" "$directory/root.ext4"
rm -rf --one-file-system "$tree"
printf '%s' "$wanted" > "$directory/image"
