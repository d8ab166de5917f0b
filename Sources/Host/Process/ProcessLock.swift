import Glibc
import RefreshCore

/// A file lock that only one process of this machine can hold, until that process ends in any way.
package struct ProcessLock: Sendable {
    /// The boot and the file of the lock: an earlier holder of a lock with the same identity has ended.
    ///
    /// Another machine, another container or an earlier boot has another identity.
    package let identity: String

    /// Creates the file if needed and locks it; nil if that fails or another process holds the lock.
    ///
    /// The lock is held until the process ends.
    package init?(file path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            let boot = BootID.ofThisMachine
        else {
            close(descriptor)
            return nil
        }
        identity = "\(boot) \(status.st_dev):\(status.st_ino)"
    }
}
