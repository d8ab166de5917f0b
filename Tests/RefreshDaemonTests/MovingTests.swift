import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Users that get another group or another id.
struct MovingTests {
    private let gold = GroupName("gold")
    let bench: Workbench

    init() {
        var settings = DaemonSettings()
        settings.policies.groups =
            GroupName("gold").map {
                [$0: UserPolicy(cadence: Cadence(every: .hours(6)), minimumInterval: .hours(2))]
            } ?? [:]
        bench = Workbench(settings: settings)
    }

    private var now: Timestamp { bench.world.time.now }

    private func user(_ id: UserID) async throws -> User {
        try #require(try await bench.memory.user(id))
    }

    private func change(_ id: UserID, _ body: @escaping @Sendable (inout User) -> Void) async throws {
        _ = try await bench.memory.update(id) { user in
            var next = user
            body(&next)
            return next
        }
    }

    @Test func `users follow another group without their token, and whoever is parked stays so`() async throws {
        try await bench.memory.addFleet(4, policy: bench.policy, now: now)
        let ids = try (0..<4).map(Fleet.id)
        let since = now
        try await change(ids[1]) { $0.state = .parked(.unauthorized, since: since) }
        try await change(ids[2]) { $0.group = GroupName("gold") }
        let answers = try await bench.perform { [gold] in
            try await $0.perform(RegroupUsers(ids.prefix(3) + [UserID("nobody")], to: gold))
        }
        #expect(answers == [.regrouped, .regrouped, .unchanged, .noSuchUser])
        let moved = try await user(ids[0])
        #expect(moved.group == gold && moved.tokenVersion == 1)
        #expect(try #require(moved.state.due) <= now.advanced(by: .hours(6)))
        #expect(try await user(ids[1]).state == .parked(.unauthorized, since: since))
        #expect(try await user(ids[3]).group == nil)
        #expect(bench.events == [.usersRegrouped(2)])
        #expect(
            try await bench.perform { try await $0.perform(RegroupUsers([ids[0]], to: nil, part: nil)) } == [.regrouped]
        )
        #expect(bench.events.dropFirst() == [.userUpdated(try await user(ids[0]))])
    }

    @Test func `a renamed user keeps its interval, its state and a token that opens`() async throws {
        try await bench.memory.addFleet(1, policy: bench.policy, now: now)
        let (old, new) = (try Fleet.id(0), try UserID("renamed"))
        let reached = now.advanced(by: .seconds(-60))
        let due = now.advanced(by: .seconds(5))
        try await change(old) { user in
            user.record.reachedAt = reached
            user.state = .scheduled(due: due)
        }
        let report = try await bench.perform { try await $0.perform(RenameUser(old, to: new)) }
        #expect(report.userID == "renamed")
        let renamed = try await user(new)
        let earliest = reached.advanced(by: bench.policy.minimumInterval)
        #expect(try #require(renamed.state.due) >= earliest)
        #expect(renamed.record.reachedAt == reached)
        let leased = try await bench.memory.lease(new, now: now, until: now).get()
        #expect(try PlainVault().open(leased.token, as: .access, for: new) == Fleet.token(0))
        #expect(bench.events == [.userRenamed(renamed, from: old)])
        #expect(bench.store.sweeps == 1)
    }

    /// Whatever moments a user has, its new place never brings a call sooner than the minimum interval.
    @Test func `no name brings a call sooner than the minimum interval allows`() async throws {
        var random = SplitMix64(seed: 3)
        let policy = bench.policy
        for number in 0..<300 {
            try await bench.memory.addFleet(1, policy: policy, now: now)
            let (old, new) = (try Fleet.id(0), try UserID("new \(number)"))
            let reached = now.advanced(
                by: .seconds(Int64.random(in: -200_000...0, using: &random)))
            let due = now.advanced(by: .seconds(Int64.random(in: -3_600...200_000, using: &random)))
            let state: UserState = [
                .scheduled(due: due), .backingOff(due: due), .paused(PauseEnd(until: due, due: due)),
                .parked(.forbidden, since: reached), .paused(nil),
            ][Int.random(in: 0..<5, using: &random)]
            try await change(old) { user in
                user.record.reachedAt = reached
                user.state = state
            }
            _ = try await bench.perform { try await $0.perform(RenameUser(old, to: new)) }
            let renamed = try await user(new)
            #expect(renamed.state.kind == state.kind)
            if let due = renamed.state.due {
                #expect(due >= reached.advanced(by: policy.minimumInterval), "\(state)")
            }
            _ = try await bench.memory.remove([new], unlessAddedSince: nil)
        }
    }

    @Test func `a rename is refused where it would lose something`() async throws {
        try await bench.memory.addFleet(2, policy: bench.policy, now: now)
        let (one, two, new) = (try Fleet.id(0), try Fleet.id(1), try UserID("new"))
        await #expect(throws: OperationProblem.noSuchUser(new)) {
            try await bench.perform { try await $0.perform(RenameUser(new, to: one)) }
        }
        await #expect(throws: OperationProblem.userExists(two)) {
            try await bench.perform { try await $0.perform(RenameUser(one, to: two)) }
        }
        _ = try await bench.memory.lease(one, now: now, until: now.advanced(by: .minutes(5))).get()
        await #expect(throws: OperationProblem.inFlight(one)) {
            try await bench.perform { try await $0.perform(RenameUser(one, to: new)) }
        }
        #expect(bench.events.isEmpty)
    }

    @Test func `groups that the configuration does not name are told by status, reload and start`() async throws {
        try await bench.memory.addFleet(3, policy: bench.policy, now: now)
        for number in 0..<2 { try await change(Fleet.id(number)) { $0.group = GroupName("old") } }
        try await change(Fleet.id(2)) { $0.group = GroupName("gold") }
        let old = GroupSize(group: try #require(GroupName("old")), users: 2)
        let run = bench.start()
        #expect(bench.events.contains(.groupsUnknown([old])))
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        #expect(
            status.groups == [
                .init(name: "old", users: 2, isConfigured: false), .init(name: "gold", users: 1, isConfigured: true),
            ])
        try await bench.stop(run)
    }
}
