import Glibc
import Host
import Testing

/// Whether machines share a file system, by what mountinfo says of it.
@Suite struct FileSystemKindTests {
    @Test(arguments: [
        "nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "lustre", "gpfs", "ocfs2", "vboxsf", "virtiofs", "fuse.sshfs",
        "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.grpcfuse",
    ])
    func `what machines share has its name`(name: String) {
        #expect(FileSystemKind(name: name).sharedName == name)
    }

    @Test(arguments: [
        "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "fuseblk", "fuse.fuse-overlayfs", "fuse.gocryptfs",
        "fuse.mergerfs", "sshfs", "fuse.ext4", "nobody knows", "",
    ])
    func `what is this machine's alone has none`(name: String) {
        #expect(FileSystemKind(name: name).sharedName == nil)
    }

    @Test func `a program that does not say what it serves is not trusted`() {
        #expect(FileSystemKind(name: "fuse").sharedName == "a FUSE file system that does not say which")
    }

    @Test(
        arguments: [
            (0x2E, "36 35 0:46 / /mnt/a\\040b rw,relatime shared:1 - fuse.sshfs user@host:/ rw", "fuse.sshfs"),
            (0x2E, "36 35 0:47 / /mnt rw - fuse.sshfs user@host:/ rw", nil),
            (0x2E, "36 35 0:46 / /mnt rw shared:1 master:2 propagate_from:3 - fuse x rw", "fuse"),
            (0x2E, "36 35 0:46 / /mnt rw,relatime", nil), (0x2E, "36 35 0:46 / /mnt rw -", nil), (0x2E, "", nil),
            // Of large numbers the low byte and the rest lie apart.
            (0x10_0012, "36 35 0:274 / /mnt rw - fuse.a x rw", "fuse.a"),
            (0x0812, "36 35 8:18 / /mnt rw - fuseblk /dev/sdb2 rw\n", "fuseblk"),
        ] as [(UInt64, String, String?)])
    func `a line of mountinfo names the type of its device`(device: UInt64, line: String, name: String?) {
        #expect(FileSystemKind.name(ofDevice: device, in: line) == name)
    }

    @Test func `this machine's own are known and not shared`() {
        #expect(FileSystemKind(of: "/proc")?.name == "proc")
        for path in ["/", "/tmp"] { #expect(FileSystemKind(of: path)?.sharedName == nil) }
        #expect(FileSystemKind(of: "/none") == nil)
    }
}
