import Glibc

/// The kind of file system that a path is on.
package struct FileSystemKind: Equatable, Sendable {
    /// The name in mountinfo: `ext4`, `nfs4`, `fuse.sshfs`.
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// Nil if nothing is at the path, or if no mount has its device number.
    ///
    /// Some local file systems give each of their parts a device number of its own.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0, let name = Self.name(ofDevice: UInt64(status.st_dev)) else { return nil }
        self.init(name: name)
    }

    /// Its name if it is shared with other machines; nil for a local one.
    ///
    /// On a shared one, there is no memory in common, and locks may fail.
    package var sharedName: String? {
        if name == "fuse" { return "a FUSE file system that does not say which" }
        let prefix = "fuse."
        let isShared =
            name.hasPrefix(prefix)
            ? Self.sharedByPrograms.contains(String(name.dropFirst(prefix.count))) : Self.shared.contains(name)
        return isShared ? name : nil
    }

    /// File systems of the kernel and of kernel modules.
    private static let shared: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "openafs", "coda", "9p", "ncpfs", "ocfs2", "gfs2", "gfs",
        "lustre", "gpfs", "beegfs", "fhgfs", "panfs", "pvfs2", "orangefs", "wekafs", "acfs", "glusterfs",
        // Shared by the host of this virtual machine with its other guests and programs.
        "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs", "hgfs",
    ]

    /// File systems of FUSE programs that share files; other FUSE file systems keep them on this machine.
    private static let sharedByPrograms: Set<String> = [
        "sshfs", "glusterfs", "ceph", "ceph-fuse", "s3fs", "s3ql", "gcsfuse", "goofys", "geesefs", "rclone", "davfs",
        "davfs2", "curlftpfs", "juicefs", "mfs", "moosefs", "lizardfs", "seaweedfs", "weed", "mountpoint-s3",
        "blobfuse", "blobfuse2", "hdfs", "fuse_dfs", "afpfs", "smbnetfs", "cvmfs2", "beegfs", "grpcfuse", "osxfs",
        "vmhgfs-fuse",
    ]

    private static func name(ofDevice device: UInt64) -> String? {
        guard let file = fopen("/proc/self/mountinfo", "re") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0 {
            if let line, let name = name(ofDevice: device, in: String(cString: line)) { return name }
        }
        return nil
    }

    /// The name in a line of mountinfo; nil if the line is about another device.
    package static func name(ofDevice device: UInt64, in line: String) -> String? {
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF
        let fields = line.split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count > 6, fields[2] == "\(major):\(minor)", let mark = fields.firstIndex(of: "-"),
            fields.indices.contains(mark + 1)
        else { return nil }
        return String(fields[mark + 1])
    }
}
