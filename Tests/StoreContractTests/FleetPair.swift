import RefreshCore

@testable import PostgreSQLStore

/// Two openings of one store, as members of its fleet.
struct FleetPair {
    let settings: ConnectionSettings
    let one: PostgreSQLUserStore
    let two: PostgreSQLUserStore
    let first: PostgreSQLFleet
    let second: PostgreSQLFleet

    /// Both beat, so that both are heard of.
    @discardableResult
    func beat() async throws -> FleetState {
        _ = try await first.beat(MemberReport())
        return try await second.beat(MemberReport())
    }

    /// So many seconds later by the server's clock, at which both beat.
    func pass(_ seconds: Int64) async throws {
        try await settings.setServerClock(.second(seconds))
        try await beat()
    }
}

func withFleetPair(_ body: (FleetPair) async throws -> Void) async throws {
    try await withPostgreSQLDatabase { settings in
        let one = try await settings.open(leaseClock: .server)
        try await settings.setServerClock(.now)
        let two = try await settings.open(as: "two", leaseClock: .server)
        try await body(
            FleetPair(
                settings: settings, one: one, two: two, first: one.fleet(version: "1.0"),
                second: two.fleet(version: "1.1")))
        await one.close()
        await two.close()
    }
}

extension FleetPair {
    /// How many each of three claims of the second member brings: by the schedule, as a probe, for a renewal.
    func claims() async throws -> [Int] {
        let due = try await two.leaseDue(now: .now, until: .later, limit: 1)
        let probes = try await two.leaseProbes(now: .now, until: .later, limit: 1)
        let renewals = try await two.leaseRenewals(now: .now, until: .later, limit: 1)
        return [due.count, probes.count, renewals.count]
    }

    func addUsers() async throws {
        _ = try await one.put((0..<40).map { try NewUser("user \($0)") }) { new, place in
            User(
                id: new.id, place: place, state: .scheduled(due: .now), record: User.Record(slot: .now),
                renewal: User.Renewal(due: .now, issuedAt: .epoch))
        } replaced: { _, user in
            user
        }
        try await one.add("not due", .scheduled(due: .second(90_000)))
    }
}
