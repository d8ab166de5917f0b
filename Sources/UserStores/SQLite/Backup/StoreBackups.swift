import Glibc
import GRDB
package import RefreshCore
import Synchronization

/// Makes backups of the store at a path, whether or not a daemon has it open.
package struct StoreBackups: Sendable {
    private let path: String
    private let version: String

    package init(of path: String, version: String) {
        self.path = path
        self.version = version
    }

    /// Writes a backup, and moves it to `target` once it is complete, checked and durable.
    ///
    /// Replaces an older backup of the same store; the caller decides whether that is allowed. The file belongs to the
    /// store's owner, and only the owner can read it. A failure or cancellation leaves nothing behind, and files left
    /// by killed processes are removed. Every error is a `BackupProblem`, a `StoreProblem` of the store, or a
    /// `CancellationError`.
    package func backUp(to target: String, at moment: Timestamp) async throws -> StoreBackup {
        try await backUp(to: target, at: moment, lock: CopyLock(path: path))
    }

    /// As above; in a process that has the store open, `lock` must live as long as the store.
    func backUp(to target: String, at moment: Timestamp, lock: CopyLock) async throws -> StoreBackup {
        let began = ContinuousClock.now
        let cancellation = CopyCancellation()
        for file in [target, Self.staged(of: path)] { PartialFile.removeAbandoned(of: file) }
        let partial = PartialFile.name(for: target)
        PartialFile.files(for: target).forEach { unlink($0) }
        do {
            try Self.writing(target) { try StoreFile.makeEmpty(partial, for: target, like: path) }
            let mark = try await withTaskCancellationHandler {
                try await copy(to: partial, for: target, at: moment, lock: lock, until: cancellation)
            } onCancel: {
                cancellation.cancel()
            }
            let bytes = try Self.publish(partial, as: target)
            return StoreBackup(path: target, mark: mark, bytes: bytes, took: began.duration(to: .now))
        } catch {
            PartialFile.files(for: target).forEach { unlink($0) }
            throw error
        }
    }

    /// The path, beside the store, of a backup that is written to standard output.
    package static func staged(of path: String) -> String { path + ".backup" }

    /// Gives a complete backup its name, unless a backup of another store has it; returns its size.
    package static func publish(_ file: String, as target: String) throws -> Int64 {
        // A store that was created by mistake must not replace the backup of the previous one.
        if StoreHeader(path: target)?.isBackup == true, let seed = BackupDirectory.seed(of: target),
            seed != BackupDirectory.seed(of: file)
        {
            throw BackupProblem.ofAnotherStore(file: target)
        }
        return try writing(target) { try StoreFile.publish(file, as: target) }
    }

    /// Runs `work`, and turns its errors into a `BackupProblem`.
    package static func writing<Value>(_ target: String, _ work: () throws -> Value) throws -> Value {
        do { return try work() } catch { throw BackupProblem(writing: target, error) }
    }

    /// Whether the error comes from the store itself, not from the copy.
    private static func isAbout(_ error: any Error) -> Bool {
        if error is DamagedStore { return true }
        guard let error = error as? DatabaseError else { return false }
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_BUSY].contains(error.resultCode)
    }

    private func copy(
        to partial: String, for target: String, at moment: Timestamp, lock: CopyLock,
        until cancellation: CopyCancellation
    ) async throws -> BackupMark {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "backup"
        configuration.busyMode = .timeout(10)
        let queue: DatabaseQueue
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StoreProblem(error, place: path)
        }
        let result: Result<BackupMark, any Error> = await withCheckedContinuation { continuation in
            // This runs on the connection's own thread.
            queue.asyncRead { [version] access in
                continuation.resume(
                    returning: Result {
                        lock.share()
                        defer { lock.release() }
                        let mark = try StoreCopy(isWanted: { !cancellation.isCancelled }).make(
                            of: access.get(), to: partial, at: moment, version: version)
                        do {
                            try StoreCopy.check(partial, beginning: cancellation.cover)
                        } catch  where cancellation.isCancelled {
                            throw CancellationError()
                        }
                        return mark
                    })
            }
        }
        try? queue.close()
        do {
            return try result.get()
        } catch let error as CancellationError {
            throw error
        } catch {
            if Self.isAbout(error) { throw StoreProblem(error, place: path) }
            throw BackupProblem(writing: target, error)
        }
    }
}

/// Cancels a copy from another thread: between two batches of pages, or in the middle of the check.
final class CopyCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var checking: DatabaseQueue?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.checking?.interrupt()
        }
    }

    /// Makes the check on this connection interruptible; throws if the copy is already cancelled.
    func cover(_ queue: DatabaseQueue) throws {
        try state.withLock { state in
            if state.isCancelled { throw CancellationError() }
            state.checking = queue
        }
    }
}

extension SQLiteUserStore {
    /// Backs up as `StoreBackups` does, while this store stays in use; `version` is the program's.
    package func backUp(
        to target: String, at moment: Timestamp, version: String
    ) async throws(BackupFailure) -> StoreBackup {
        do {
            try place.verify()
            return try await StoreBackups(of: path, version: version).backUp(to: target, at: moment, lock: copying)
        } catch {
            throw BackupFailure(writing: target, error)
        }
    }

    /// Removes the copy from before an upgrade, once a start without an upgrade has succeeded.
    package func removeUpgradeCopy() {
        guard !wasUpgraded else { return }
        UpgradeCopy.remove(of: path)
    }
}

extension BackupProblem {
    /// Translates an error of writing a backup into the terms of a backup.
    init(writing file: String, _ error: any Error) {
        if let problem = error as? BackupProblem {
            self = problem
            return
        }
        let directory = DirectoryPath.of(file)
        let obstacle: Obstacle =
            switch StoreProblem(error, place: file) {
            case _ where access(directory, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR): .noDirectory
            case .full: .full
            case .notAllowed(_, let detail, _): .notAllowed(detail)
            // systemd shows a service most of the disk as read-only; the unit has to allow writes to the place that was
            // named.
            case .unreachable where StoreFile.isReadOnly(at: directory): .notAllowed("its disk is mounted read-only")
            case .unreachable(_, let detail, _), .notAStore(_, let detail): .failed(detail)
            case let problem: .failed(problem.description)
            }
        self = .notWritten(file: file, obstacle)
    }
}

extension BackupFailure {
    /// What ended the writing of a backup to `file`.
    init(writing file: String, _ error: any Error) {
        switch error {
        case is CancellationError: self = .cancelled
        case let problem as StoreProblem: self = .store(problem)
        default: self = .backup(BackupProblem(writing: file, error))
        }
    }
}
