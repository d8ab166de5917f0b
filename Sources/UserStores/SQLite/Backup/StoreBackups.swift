import Glibc
import GRDB
package import RefreshCore
import Synchronization

/// Makes backups of the store at a path, whether a daemon works with it or not.
package struct StoreBackups: Sendable {
    private let path: String
    private let version: String

    package init(of path: String, version: String) {
        self.path = path
        self.version = version
    }

    /// Writes a backup, and puts it at `target` once it is complete, checked and on the disk.
    ///
    /// An older backup of the same store is replaced; whoever asks says whether it may be. It belongs to the store's owner,
    /// who alone may read it. A failure, or the end of the task, leaves nothing behind, and what others left that were
    /// killed is removed. Every error is a `BackupProblem`, a `StoreProblem` of the store, or a `CancellationError`.
    package func backUp(to target: String, at moment: Timestamp) async throws -> StoreBackup {
        try await backUp(to: target, at: moment, lock: CopyLock(path: path))
    }

    /// In a process that has the store open, `lock` has to last as long as that.
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

    /// What a backup is called, beside the store, that is written to standard output.
    package static func staged(of path: String) -> String { path + ".backup" }

    /// Gives a complete backup its name, unless a backup of another store has it; returns its size.
    package static func publish(_ file: String, as target: String) throws -> Int64 {
        // A store that was made by mistake must not cost the backup of the one before.
        if StoreHeader(path: target)?.isBackup == true, let seed = BackupDirectory.seed(of: target),
            seed != BackupDirectory.seed(of: file)
        {
            throw BackupProblem.ofAnotherStore(file: target)
        }
        return try writing(target) { try StoreFile.publish(file, as: target) }
    }

    /// Runs `work`; what fails is the writing of a backup.
    package static func writing<Value>(_ target: String, _ work: () throws -> Value) throws -> Value {
        do { return try work() } catch { throw BackupProblem(writing: target, error) }
    }

    /// Whether the store itself is the trouble, not the copy.
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
            // On the connection's own thread.
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

/// Ends a copy from another thread: between two stretches of copying, or in the middle of the check.
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

    /// Lets the check that this connection is about to make be ended; throws where that has come already.
    func cover(_ queue: DatabaseQueue) throws {
        try state.withLock { state in
            if state.isCancelled { throw CancellationError() }
            state.checking = queue
        }
    }
}

extension SQLiteUserStore {
    /// As `StoreBackups` does it, beside the work of this store; `version` is the program's.
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

    /// Removes what was kept from before an upgrade, once a start without one went well.
    package func removeUpgradeCopy() {
        guard !wasUpgraded else { return }
        UpgradeCopy.remove(of: path)
    }
}

extension BackupProblem {
    /// What the writing of a backup met, in the words for a backup.
    init(writing file: String, _ error: any Error) {
        if let problem = error as? BackupProblem {
            self = problem
            return
        }
        let directory = StoreFile.directory(of: file)
        let obstacle: Obstacle =
            switch StoreProblem(error, place: file) {
            case _ where access(directory, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR): .noDirectory
            case .full: .full
            case .notAllowed(_, let detail, _): .notAllowed(detail)
            // A unit shows its service most of the disk so: whoever named the place has to let it write there.
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
