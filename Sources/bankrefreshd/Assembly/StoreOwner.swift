import Glibc

/// To whom a store belongs.
enum StoreOwner {
    /// Makes root, for good, the owner of the directory that the store lies in: what a command run as root makes there
    /// is the daemon's, and whatever the daemon's user has put there has no hold on root.
    ///
    /// Does nothing for anybody else. What only root can read, such as the key, has to be read before.
    static func assume(for path: String) throws {
        guard geteuid() == 0 else { return }
        let parent = DirectoryPath.of(path)
        var status = stat()
        // A directory that is not there is told of when the store is opened.
        guard stat(parent, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            let detail = String(cString: strerror(errno))
            throw CommandFailure(
                .notAllowed, "root cannot become the user \(status.st_uid), who owns \(parent): \(detail)")
        }
    }
}
