import RefreshCore
import RefreshDaemon
import TokenVault

/// The keys as operators ask for them.
struct KeyOperations: KeyOperating {
    enum Pace {
        /// The daemon's: sealing anew goes on in the background.
        case background
        /// A command's: a reload ends when every token is sealed anew.
        case atOnce
    }

    let rotation: KeyRotation
    let pace: Pace
    /// The path of the store, for messages.
    let place: String
    let read: @Sendable () throws -> KeyRing

    func report() async throws -> KeyReport {
        let keys = rotation.keys.ids.map {
            KeyReport.Key(id: $0.description, seals: $0 == rotation.keys.sealingID, isAtHand: true)
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
        // A rotation that was cut short at its end leaves no token behind, but a store that asks for the old key.
        if report.resealing == nil, try await rotation.isUnfinished() {
            report.resealing = .init(share: 0, resealed: 0)
        }
        return report
    }

    func reload() async throws -> KeyReport {
        do {
            try await rotation.reload(read)
            if pace == .atOnce { _ = try await rotation.walk() }
        } catch let problem as KeyRotationProblem {
            throw OperationProblem(problem, place: place)
        } catch let failure as CommandFailure {
            throw OperationProblem.configurationRefused([failure.message])
        }
        return try await report()
    }
}

extension KeyOperations {
    /// Takes keys that were added since the daemon read them.
    ///
    /// A command that changes keys, and then finds no daemon, seals tokens with them by itself: where a store on a server
    /// lets both in, the daemon could not open those. Once its socket answers, such commands leave that to it; so what
    /// was added until then is to be read then.
    ///
    /// Keys that this process cannot read anew, a credential's, its successor gets: it ends to be started again where the
    /// store asks for another one, or `isOutdated` tells that it soon may.
    func takeAdded(isOutdated: () -> Bool) async throws {
        // What only root may read cannot be read again by those who gave up its rights.
        if let current = try? read(), current.ids != rotation.keys.ids {
            _ = try await reload()
            return
        }
        do {
            try await rotation.verify()
        } catch let problem as KeyRotationProblem {
            let failure = CommandFailure(OperationProblem(problem, place: place))
            guard case .keyMissing = problem else { throw failure }
            throw CommandFailure.keysOfStart(failure.message)
        }
        if isOutdated() { throw CommandFailure.keysOfStart("the key file was changed") }
    }
}

extension CommandFailure {
    /// The next process may have other keys.
    static func keysOfStart(_ problem: String) -> CommandFailure {
        CommandFailure(
            .tryLater, "\(problem); the key was changed while the daemon started, which has the one of before",
            remedy: "start the daemon again; systemd does")
    }
}

extension OperationProblem {
    fileprivate init(_ problem: KeyRotationProblem, place: String) {
        switch problem {
        case .isChanging: self = .badRequest("the keys are already being changed; try again")
        case .keyMissing(let id, let atHand):
            self = .store(.keyDoesNotFit(place: place, sealedWith: id, atHand: atHand))
        case .checkDamaged: self = .store(.notAStore(place: place, detail: "its key check is damaged"))
        }
    }
}
