import RefreshCore
import RefreshDaemon
import Synchronization

/// What bystanders saw: the upstream, the store's doorman and the operator, in one order of things.
final class Testimony: Sendable {
    /// A moment in the order of things and on the steady clock.
    struct Mark: Comparable, Sendable {
        let order: Int
        let uptime: Duration

        static func < (lhs: Mark, rhs: Mark) -> Bool { lhs.order < rhs.order }
    }

    struct LeaseNote: Sendable {
        let lease: Lease
        let asked: Mark
        let taken: Mark
        let calendar: Timestamp
        let state: UserState
        let tokenVersion: Int
    }

    struct CallNote: Sendable {
        let user: UserID
        let life: Int
        let began: Mark
        let lease: LeaseNote?
        let tokenVersion: Int
    }

    struct Command: Sendable {
        enum Kind: Sendable, Equatable {
            case put(UserID, version: Int)
            case remove(UserID)
            case pause(UserID, until: Timestamp?)
            case resume(UserID)
            case refresh(Set<UserID>, force: Bool)
            case pauseFleet(until: Timestamp?)
            case resumeFleet
            case reload
        }

        let kind: Kind
        let life: Int
        let issued: Mark
        var answered: Mark?
        var succeeded = false
    }

    struct Life: Sendable {
        let began: Mark
        /// Whether the machine was started anew before it.
        let isAfterBoot: Bool
        var ended: Mark?
    }

    struct Settled: Sendable {
        let at: Mark
        let user: UserID
        let state: UserState
        let record: User.Record
    }

    struct Step: Sendable {
        let at: Mark
        let by: Duration
        let life: Int?
    }

    struct Facts: Sendable {
        var order = 0
        var life: Int?
        var lives: [Life] = []
        var calls: [CallNote] = []
        var leases: [UserID: LeaseNote] = [:]
        var settled: [Lease: Settled] = [:]
        /// Leases whose end the daemon was told of.
        var told: Set<Lease> = []
        var commands: [Command] = []
        var settings: [(from: Mark, value: DaemonSettings)] = []
        var steps: [Step] = []
        var suspends: [(at: Mark, duration: Duration)] = []
        var troubles: [(from: Duration, until: Duration)] = []
        var revoked: Set<AccessTokenKey> = []
        var owners: [AccessTokenKey: (user: UserID, version: Int)] = [:]
        var seen: [Violation] = []
    }

    private let facts = Mutex(Facts())
    private let uptime: @Sendable () -> Duration

    init(uptime: @escaping @Sendable () -> Duration) {
        self.uptime = uptime
    }

    var all: Facts { facts.withLock { $0 } }

    func mark() -> Mark {
        let uptime = uptime()
        return facts.withLock { $0.mark(uptime) }
    }

    @discardableResult
    func note<Result: Sendable>(_ change: (inout Facts, Mark) -> sending Result) -> sending Result {
        let uptime = uptime()
        return facts.withLock { facts in
            let mark = facts.mark(uptime)
            return change(&facts, mark)
        }
    }
}

extension Testimony.Facts {
    mutating func mark(_ uptime: Duration) -> Testimony.Mark {
        order += 1
        return Testimony.Mark(order: order, uptime: uptime)
    }

    mutating func noteSettled(
        _ settlement: Settlement, before: User?, mark: Testimony.Mark, now: Timestamp, isTold: Bool
    ) {
        let id = settlement.user.id
        let lease = settlement.lease
        if settled[lease] != nil { seen.append(Violation(5, "a lease of \(id) settled twice")) }
        settled[lease] = Testimony.Settled(
            at: mark, user: id, state: settlement.user.state, record: settlement.user.record)
        if isTold { told.insert(lease) }
        // Where no call was made after all, the user is put right and has no new attempt.
        let attempt = settlement.user.record.lastAttempt
        guard let outcome = attempt?.outcome, outcome != .refreshed, attempt != before?.record.lastAttempt,
            let due = settlement.user.state.due, let old = before?.state.due
        else { return }
        if due < old {
            seen.append(Violation(3, "\(id): \(outcome) moved the next attempt from \(old) to \(due)"))
        }
    }
}

/// A token to look up by; stays in the test's memory.
struct AccessTokenKey: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ token: AccessToken) { bytes = token.secret.withBytes { Array($0) } }
    init(_ sealed: SealedToken) { bytes = sealed.bytes }
}

/// A promise that was not kept.
struct Violation: Sendable, CustomStringConvertible {
    let invariant: Int
    let text: String

    init(_ invariant: Int, _ text: String) {
        self.invariant = invariant
        self.text = text
    }

    var description: String { "invariant \(invariant): \(text)" }
}
