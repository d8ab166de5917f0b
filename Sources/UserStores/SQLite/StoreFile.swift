import Glibc
package import RefreshCore

/// A file of the store, or a copy of it, in the file system: accessible to its owner only, and checked to be writable.
package enum StoreFile {
    /// Creates the file if it does not exist; returns whether it is empty.
    static func prepare(path: String) throws(StoreProblem) -> Bool {
        let (descriptor, size) = try open(path, for: path)
        close(descriptor)
        return size == 0
    }

    /// Opens or makes a file that only its owner may read, whatever the umask says.
    static func open(_ file: String, for path: String) throws(StoreProblem) -> (
        descriptor: Int32, size: Int64
    ) {
        let made = Glibc.open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 {
            guard fchmod(made, 0o600) == 0 else {
                let code = errno
                close(made)
                throw problem(code, at: file, for: path)
            }
            return (made, 0)
        }
        guard errno == EEXIST else { throw problem(errno, at: file, for: path) }
        let found = Glibc.open(file, O_RDWR | O_CLOEXEC)
        guard found >= 0 else { throw problem(errno, at: file, for: path) }
        var status = stat()
        guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(found)
            throw .notAStore(place: path, detail: "\(file) is not a regular file")
        }
        return (found, Int64(status.st_size))
    }

    /// The meaning of an errno of open(2) for the store at `path`.
    package static func problem(_ code: Int32, at file: String, for path: String) -> StoreProblem {
        let detail = "\(file): \(String(cString: strerror(code)))"
        return switch code {
        case EACCES, EPERM: .notAllowed(place: path, detail: detail)
        case EROFS: .mountedReadOnly(place: path)
        case ENOSPC, EDQUOT: .full(place: path)
        case EISDIR: .notAStore(place: path, detail: "\(file) is a directory")
        default: .unreachable(place: path, detail: detail)
        }
    }

    /// Creates an empty file, accessible only to the owner of `model`; returns it open.
    ///
    /// Problems are those of `target`, the file's final name.
    package static func make(
        _ file: String, for target: String, like model: String
    ) throws(StoreProblem) -> Int32 {
        let made = Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard made >= 0 else { throw problem(errno, at: target, for: target) }
        var status = stat()
        // Only root can give a file away; other users keep it.
        guard fchmod(made, 0o600) == 0, stat(model, &status) == 0,
            geteuid() != 0 || fchown(made, status.st_uid, status.st_gid) == 0
        else {
            let code = errno
            close(made)
            unlink(file)
            throw problem(code, at: target, for: target)
        }
        return made
    }

    static func makeEmpty(_ file: String, for target: String, like model: String) throws(StoreProblem) {
        close(try make(file, for: target, like: model))
    }

    /// Makes a complete file durable and moves it over `target`; returns its size.
    @discardableResult
    package static func publish(_ file: String, as target: String) throws(StoreProblem) -> Int64 {
        let size = try synchronize(file, for: target)
        guard rename(file, target) == 0 else { throw problem(errno, at: target, for: target) }
        try synchronizeDirectory(of: target)
        return size
    }

    /// Makes a complete file durable; returns its size.
    @discardableResult
    static func synchronize(_ file: String, for target: String) throws(StoreProblem) -> Int64 {
        let descriptor = Glibc.open(file, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(errno, at: target, for: target) }
        defer { close(descriptor) }
        var status = stat()
        guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else {
            throw problem(errno, at: target, for: target)
        }
        return Int64(status.st_size)
    }

    /// Synchronises the directory of a file, so that its names survive a power cut.
    package static func synchronizeDirectory(of file: String) throws(StoreProblem) {
        let directory = Glibc.open(DirectoryPath.of(file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw problem(errno, at: file, for: file) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw problem(errno, at: file, for: file) }
    }

    /// The names in a directory, unordered; empty if it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                        String(cString: $0)
                    }
                })
        }
        return names
    }

    /// The first database file that this user may not read and write, and its owner; nil if there is none.
    static func forbidden(at path: String) -> String? {
        for name in ["", "-wal", "-shm", "-journal"].map({ path + $0 }) {
            guard faccessat(AT_FDCWD, name, R_OK | W_OK, AT_EACCESS) != 0, errno == EACCES || errno == EPERM else {
                continue
            }
            var status = stat()
            guard stat(name, &status) == 0 else { return "\(name): Permission denied" }
            let owner = status.st_uid == 0 ? "root" : "the user \(status.st_uid)"
            return "\(name) belongs to \(owner), and user \(geteuid()) may not read and write it"
        }
        return nil
    }

    /// The size of a file; 0 if there is none.
    package static func size(of file: String) -> Int64 {
        var status = stat()
        return stat(file, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Throws if the disk of a file has less free space than this.
    static func checkRoom(for bytes: Int64, at file: String) throws(StoreProblem) {
        var status = statvfs()
        guard statvfs(DirectoryPath.of(file), &status) == 0 else { return }
        guard Int64(status.f_bavail) * Int64(status.f_frsize) > bytes else { throw .full(place: file) }
    }

    /// Whether the file system is mounted read-only, as some become after an error.
    static func isReadOnly(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    }

    /// Whether the store's disk is too full to be useful: the smallest file beside the store takes 32 KiB.
    static func isDiskFull(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_bavail * status.f_frsize < 65_536
    }
}

extension StoreProblem {
    /// A temporary problem: after an error, a remount makes the file system writable, and the store works again.
    static func mountedReadOnly(place: String) -> StoreProblem {
        .unreachable(
            place: place, detail: "its disk is mounted read-only",
            remedy: "mount it for writing; where only the service sees it so, name it in ReadWritePaths= of its unit; "
                + "nothing is lost")
    }
}
