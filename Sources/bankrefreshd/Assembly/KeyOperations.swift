import RefreshCore
import RefreshDaemon
import TokenVault

/// The operations on keys that operators can request.
struct KeyOperations: KeyOperating {
    let rotation: KeyRotation
    /// Whether a reload ends only when every token is resealed: for a command; the daemon reseals in the background.
    let isResealingAtOnce: Bool
    let read: @Sendable () throws -> KeyRing

    func report() async throws -> KeyReport {
        let keys = rotation.keys.ids.map {
            KeyReport.Key(id: $0.description, seals: $0 == rotation.keys.sealing.id, isAtHand: true)
        }
        let progress = await rotation.progress
        return KeyReport(
            keys: keys,
            resealing: progress.share.map { .init(share: $0, resealed: progress.resealed) }, failure: progress.failure)
    }

    func usage() async throws -> KeyReport {
        var report = try await report()
        let usage = try await rotation.usage()
        for index in report.keys.indices { report.keys[index].tokens = 0 }
        for (id, count) in usage.tokens.sorted(by: { $0.key.description < $1.key.description }) {
            if let index = report.keys.firstIndex(where: { $0.id == id.description }) {
                report.keys[index].tokens = count
            } else {
                report.keys.append(.init(id: id.description, seals: false, isAtHand: false, tokens: count))
            }
        }
        report.givenUp = usage.givenUp
        report.unreadable = usage.unreadable
        // A rotation that was interrupted at its end has resealed all tokens, but the store still asks for the old key.
        if report.resealing == nil, try await rotation.isUnfinished() {
            report.resealing = .init(share: 0, resealed: 0)
        }
        return report
    }

    func reload() async throws -> KeyReport {
        do {
            try await rotation.reload(read)
            if isResealingAtOnce { _ = try await rotation.walk() }
        } catch let failure as CommandFailure {
            throw OperationProblem.configurationRefused([failure.message])
        }
        return try await report()
    }
}

extension KeyOperations {
    /// Loads keys that were added after the daemon read them.
    ///
    /// A command that changes keys and finds no daemon seals tokens with the new key itself. A store on a server admits
    /// both, and the daemon could not open those tokens. Once the daemon's socket answers, commands leave the sealing
    /// to the daemon, so it must then load what was added until that moment.
    ///
    /// A process cannot read a credential again, but its successor gets the new keys. It therefore ends, to be
    /// restarted, if the store asks for another key, or if `isOutdated` says that it soon may.
    func takeAdded(isOutdated: () -> Bool) async throws {
        // A file that only root may read cannot be read again after root's rights are given up.
        if let current = try? read(), current.ids != rotation.keys.ids {
            _ = try await reload()
            return
        }
        do throws(StoreProblem) {
            try await rotation.verify()
        } catch {
            guard case .keyDoesNotFit = error else { throw error }
            throw CommandFailure.keysOfStart(error.description)
        }
        if isOutdated() { throw CommandFailure.keysOfStart("the key file was changed") }
    }
}

extension CommandFailure {
    /// The failure for keys that changed during the start: the next process may have other ones.
    static func keysOfStart(_ problem: String) -> CommandFailure {
        CommandFailure(
            .tryLater, "\(problem); the key was changed while the daemon started, which still has the previous one",
            remedy: "start the daemon again; systemd does")
    }
}
