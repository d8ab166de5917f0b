import Glibc
import RefreshCore

/// A lock on a file that one process of this machine has at a time, until it ends, however it ends.
package struct ProcessLock: Sendable {
    /// Which file of which boot is locked: whoever had a lock of the same identity has ended.
    ///
    /// Another machine's, another container's or an earlier boot's has another one.
    package let identity: String

    /// Locks the file, which is made where it is missing; nil where that cannot be done, or another process has it.
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
