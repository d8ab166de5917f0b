import GRDB
import Glibc
package import RefreshCore

/// Makes backups of the store at a path, whether a daemon works with it or not.
package struct StoreBackups: Sendable {
    private let path: String
    private let version: String

    package init(of path: String, version: String) {
        self.path = path
        self.version = version
    }

    /// Writes a backup, and puts it at `target` once it is complete, checked and on the disk; what was there is replaced.
    ///
    /// It belongs to the store's owner, who alone may read it. A failure, or the end of the task, leaves nothing behind.
    /// Every error is a `StoreProblem` or a `CancellationError`.
    package func backUp(to target: String, at moment: Timestamp) async throws -> StoreBackup {
        try await backUp(to: target, at: moment, lock: CopyLock(path: path))
    }

    /// In a process that has the store open, `lock` has to last as long as that.
    func backUp(to target: String, at moment: Timestamp, lock: CopyLock) async throws -> StoreBackup {
        let began = ContinuousClock.now
        let cancellation = CopyCancellation()
        let partial = "\(target).\(getpid()).partial"
        unlink(partial)
        do {
            try StoreFile.makeEmpty(partial, like: path)
            let mark = try await withTaskCancellationHandler {
                try await copy(to: partial, at: moment, lock: lock, until: cancellation)
            } onCancel: {
                cancellation.cancel()
            }
            let bytes = try StoreFile.publish(partial, as: target)
            return StoreBackup(path: target, mark: mark, bytes: bytes, took: began.duration(to: .now))
        } catch let error as CancellationError {
            unlink(partial)
            throw error
        } catch {
            // Before the file goes: whether the disk is full is seen where it lies.
            let problem = StoreProblem(error, place: error is DamagedStore || Self.isAbout(error) ? path : target)
            unlink(partial)
            throw problem
        }
    }

    /// Whether the store itself is the trouble, not the copy.
    private static func isAbout(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_BUSY].contains(error.resultCode)
    }

    private func copy(
        to target: String, at moment: Timestamp, lock: CopyLock, until cancellation: CopyCancellation
    ) async throws -> BackupMark {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "backup"
        configuration.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let result: Result<BackupMark, any Error> = await withCheckedContinuation { continuation in
            // On the connection's own thread.
            queue.asyncRead { [version] access in
                continuation.resume(
                    returning: Result {
                        lock.share()
                        defer { lock.release() }
                        let mark = try StoreCopy(isWanted: { !cancellation.isCancelled }).make(
                            of: access.get(), to: target, at: moment, version: version)
                        do {
                            try StoreCopy.check(target, beginning: cancellation.cover)
                        } catch  where cancellation.isCancelled {
                            throw CancellationError()
                        }
                        return mark
                    })
            }
        }
        try? queue.close()
        return try result.get()
    }
}
