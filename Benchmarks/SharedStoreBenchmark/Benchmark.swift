import PostgreSQLStore
import RefreshCore
import Synchronization

/// The openings of one store that steps work with.
actor Benchmark {
    enum Change {
        case add, replaceTenth
    }

    /// As an import does it without a daemon.
    static let atOnce = 100_000

    private let settings: ConnectionSettings
    private let now: Timestamp
    private let policy = UserPolicy.standard
    private var stores: [PostgreSQLUserStore] = []

    init(_ settings: ConnectionSettings, now: Timestamp) {
        self.settings = settings
        self.now = now
    }

    func close() async {
        for store in stores { await store.close() }
    }

    private func stores(_ count: Int) async throws -> ArraySlice<PostgreSQLUserStore> {
        while stores.count < count {
            stores.append(
                try await PostgreSQLUserStore.open(
                    settings, name: "bench-\(stores.count)", version: "benchmark"
                ) { _ in })
        }
        return stores.prefix(count)
    }

    // MARK: Imports

    /// Puts users with sealed tokens of 88 bytes, in the order of their places as an import does, all of them due.
    func put(_ users: Int, change: Change, atOnce: Int = Benchmark.atOnce) async throws -> Work {
        guard let store = try await stores(1).first else { return Work(users: 0) }
        var random = SplitMix64(seed: change == .add ? 6 : 7)
        let ids = try Self.ids(users, of: store)
        let start = now.advanced(by: .seconds(-86_400))
        for first in stride(from: 0, to: users, by: atOnce) {
            let chunk = ids[first..<min(first + atOnce, users)]
            // What an import brings is compared with what is stored.
            let stored = try await store.tokens(of: Array(chunk))
            let rows = zip(chunk, stored).enumerated().compactMap { index, user -> NewUser? in
                guard change == .add || index % 10 == 0 else { return nil }
                return NewUser(
                    id: user.0, group: nil, token: Self.token(&random), expiresAt: nil,
                    basis: user.1?.version ?? 0)
            }
            _ = try await store.put(
                rows,
                added: { [policy] row, place in
                    NextStep.added(row.id, at: place, group: nil, policy: policy, now: start)
                },
                replaced: { _, user in user })
        }
        return Work(users: users)
    }

    /// What an import of users that are all stored asks of the store.
    func compare(_ users: Int) async throws -> Work {
        guard let store = try await stores(1).first else { return Work(users: 0) }
        let ids = try Self.ids(users, of: store)
        var found = 0
        for first in stride(from: 0, to: users, by: Self.atOnce) {
            found += try await store.tokens(of: Array(ids[first..<min(first + Self.atOnce, users)])).count { $0 != nil }
        }
        return Work(users: found)
    }

    private static func ids(_ users: Int, of store: PostgreSQLUserStore) throws -> [UserID] {
        let seed = store.seed
        return try (0..<users).map { try UserID("user-\($0)") }.map { (Place(of: $0, seed: seed), $0) }
            .sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func token(_ random: inout SplitMix64) -> SealedToken {
        let words = (0..<11).map { _ in random.next() }
        return SealedToken(bytes: words.withUnsafeBytes { Array($0) })
    }

    // MARK: Leases

    /// Leases and settles users in batches with their histories, by as many openings at once as there are claimers.
    func drain(_ users: Int, claimers: Int) async throws -> Work {
        let left = Countdown(users)
        let stores = try await stores(claimers)
        let tasks = stores.enumerated().map { index, store in
            let claimer = Claimer(
                store: store, policy: policy, now: now, random: SplitMix64(seed: UInt64(index)))
            return Task { try await claimer.drain(left) }
        }
        var sum = Work(users: 0)
        for task in tasks { sum.add(try await task.value) }
        return sum
    }
}

/// Users that are left for all claimers.
final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ users: Int) {
        left = Mutex(users)
    }

    /// False once there are no more.
    func take(_ count: Int) -> Bool {
        left.withLock { left in
            left -= count
            return left >= 0
        }
    }
}

/// Leases and settles as a daemon does, but without the calls.
private struct Claimer: Sendable {
    static let batch = 500

    let store: PostgreSQLUserStore
    let policy: UserPolicy
    let now: Timestamp
    let random: SplitMix64

    func drain(_ left: Countdown) async throws -> Work {
        var work = Work(users: 0)
        var random = random
        let until = now.advanced(by: .seconds(240))
        while left.take(Self.batch) {
            let began = ContinuousClock.now
            let leased = try await store.leaseDue(now: now, until: until, limit: Self.batch)
            work.claims.append(inSeconds(began.duration(to: .now)))
            let settlements = leased.enumerated().map { index, one in
                let moment = now.advanced(by: .milliseconds(index))
                let attempt = Attempt(
                    outcome: .refreshed, httpStatus: 200, trigger: .schedule, startedAt: moment,
                    endedAt: moment.advanced(by: .milliseconds(100)), duration: .milliseconds(100))
                return Settlement(
                    lease: one.lease, revision: one.revision,
                    user: NextStep.after(attempt, of: one.user, under: policy, using: &random),
                    attempt: AttemptRecord(attempt, of: one.user, isForced: false))
            }
            work.users += try await store.settle(settlements).count { $0 == .settled }
        }
        return work
    }
}
