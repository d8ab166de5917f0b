import Glibc

/// The kind of file system that something lies on.
package struct FileSystemKind: Equatable, Sendable {
    /// As mountinfo has it: `ext4`, `nfs4`, `fuse.sshfs`.
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// Nil where there is nothing at the path, and where no mount has its device: some file systems of this machine give
    /// each of their parts a number of its own.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0, let name = Self.name(ofDevice: UInt64(status.st_dev)) else { return nil }
        self.init(name: name)
    }

    /// What it is called where it is shared with other machines, which have no memory in common and locks that may fail;
    /// nil for one of this machine alone.
    package var sharedName: String? {
        if name == "fuse" { return "a FUSE file system that does not say which" }
        let prefix = "fuse."
        let isShared =
            name.hasPrefix(prefix)
            ? Self.sharedByPrograms.contains(String(name.dropFirst(prefix.count))) : Self.shared.contains(name)
        return isShared ? name : nil
    }

    /// Of the kernel's, and modules for it.
    private static let shared: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "openafs", "coda", "9p", "ncpfs", "ocfs2", "gfs2", "gfs",
        "lustre", "gpfs", "beegfs", "fhgfs", "panfs", "pvfs2", "orangefs", "wekafs", "acfs", "glusterfs",
        // Of the machine that runs this one, with whatever else runs there.
        "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs", "hgfs",
    ]

    /// Served by programs, over FUSE; others of those keep their files on this machine.
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

    /// Nil where the line of mountinfo is about another device.
    ///
    /// Source: proc(5), `/proc/[pid]/mountinfo`; device numbers as in sysmacros.h of glibc.
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
