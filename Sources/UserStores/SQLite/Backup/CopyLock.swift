import Glibc
import RefreshCore
import Synchronization

/// Keeps copies of the store's file and sweeps of it apart, across processes: flock(2) on the file itself.
///
/// A copy reads for as long as it takes. A sweep has to empty the log, which waits for readers and holds up the queue
/// meanwhile: so it waits for the end of the copy first. Each side has a lock of its own.
final class CopyLock: Sendable {
    /// Stays open while the file is open with SQLite: closing any descriptor of the file would free SQLite's own locks.
    private let descriptor: Int32
    /// Those of this side who are at it: the lock is theirs in common.
    private let count = Mutex(0)

    init(path: String) throws(StoreProblem) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreFile.problem(errno, at: path, for: path) }
    }

    deinit {
        close(descriptor)
    }

    /// For a copy; waits for a sweep to end.
    func share() {
        count.withLock { count in
            if count == 0 { while flock(descriptor, LOCK_SH) != 0, errno == EINTR {} }
            count += 1
        }
    }

    /// For a sweep; false while somebody copies.
    func tryToOwn() -> Bool {
        count.withLock { count in
            guard count > 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
            count += 1
            return true
        }
    }

    func release() {
        count.withLock { count in
            count -= 1
            if count == 0 { flock(descriptor, LOCK_UN) }
        }
    }
}
