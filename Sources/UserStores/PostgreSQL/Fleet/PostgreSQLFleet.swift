package import RefreshCore
import Synchronization

/// The fleet of the daemons that share a store, as seen by one of them over its own connection.
///
/// The session holds no state except for LISTEN. Members know each other through rows, and only the server's clock
/// decides who is alive, who probes and who has a duty.
package final class PostgreSQLFleet: FleetSharing {
    private let store: PostgreSQLUserStore
    private let statements: FleetStatements

    /// How long a duty is held.
    private static let longestDuty = Duration.seconds(15)
    /// How long `changed` waits if the server cannot notify.
    private static let blindWait = Duration.seconds(5)

    init(store: PostgreSQLUserStore, version: String) {
        self.store = store
        statements = FleetStatements(member: store.member, name: store.name, version: version)
    }

    package var place: String { store.place }

    package func beat(_ report: MemberReport) async throws(StoreProblem) -> FleetState {
        try await beat(report, seeding: nil)
    }

    package func join(_ report: MemberReport, settings: String) async throws(StoreProblem) -> FleetState {
        try await beat(report, seeding: settings)
    }

    private func beat(_ report: MemberReport, seeding settings: String?) async throws(StoreProblem) -> FleetState {
        let first = try await send(report, seeding: settings)
        guard first.isPromoted else { return first.state }
        let promotion = try await store.answerPromotion(as: statements.member)
        var state = try await send(report, seeding: settings).state
        state.promotion = promotion
        return state
    }

    private func send(
        _ report: MemberReport, seeding settings: String?
    ) async throws(StoreProblem) -> (isPromoted: Bool, state: FleetState) {
        let (statements, place) = (statements, store.place)
        let seeding = settings.map { SettingsStatements.seed($0, by: statements.member, named: statements.name) } ?? []
        let (mark, known) = store.batches.withLock { ($0.acknowledged.mark, $0.acknowledged.server) }
        let sent = ContinuousClock.now
        let found = try await store.perform(.heartbeat) { session in
            var report = report
            report.server = session.server
            let all = try session.write(
                seeding + (try statements.beat(report, knowing: known)), limits: .heartbeat)
            let rows = Array(all.dropFirst(seeding.count))
            if FleetRow.isNewer(rows[2]) { throw StoreProblem.newerVersion(place: place) }
            var state = try FleetRow.state(rows[2], debts: rows[3], of: statements.member)
            state.answeredBy = session.server
            state.isPromotionOpen = FleetRow.isPromoted(rows[2])
            if !seeding.isEmpty { state.replacedSettings = all[seeding.count - 1].first?.text(0) }
            let isPromoted = FleetRow.isPromoted(rows[2]) || known.map { $0 != state.server } ?? false
            let own = state.members.first { $0.id == statements.member }
            if isPromoted || own != nil { return (isPromoted: isPromoted, state: state, heardAt: own?.seenAt) }
            // Nothing was written for this member: its name is taken.
            guard let other = state.members.first(where: { $0.name == statements.name }) else {
                throw DamagedStore(what: "a member that joined is not there")
            }
            throw StoreProblem.memberOfSameName(
                place: place, name: other.name, version: other.version, since: other.joinedAt)
        }
        if !found.isPromoted, let heardAt = found.heardAt {
            store.batches.withLock {
                $0.acknowledged.beat(sent: sent, mark: mark, heardAt: heardAt, server: found.state.server)
            }
        }
        return (found.isPromoted, found.state)
    }

    package func leave() async throws(StoreProblem) {
        func leave() async throws(StoreProblem) -> Int {
            let known = store.batches.withLock(\.acknowledged.server)
            return try await write(statements.leave(knowing: known))
        }
        guard try await leave() == 0 else { return }
        // The other members wait for this one's confirmation, or may not even know that they have to.
        _ = try await store.answerPromotion(as: statements.member)
        _ = try await leave()
    }

    package func announce(_ debt: CalendarDebt, isAnother: Bool) async throws(StoreProblem) {
        try await write(FleetStatements.announce(debt, isAnother: isAnother))
    }

    package func hold(_ duty: FleetDuty) async throws(StoreProblem) -> Bool {
        try await write([statements.hold(duty, for: Self.longestDuty)]) == 1
    }

    package func throttle(_ pause: Throttling.Pause) async throws(StoreProblem) {
        try await write(FleetStatements.throttle(pause))
    }

    package func endThrottling() async throws(StoreProblem) {
        try await write([FleetStatements.forgetThrottling, ChangeBell.ring])
    }

    package func openBreaker(_ opening: FleetBreaker) async throws(StoreProblem) {
        try await write(statements.open(opening))
    }

    package func probe(for span: Duration) async throws(StoreProblem) -> Bool {
        try await write([statements.probe(for: span)]) == 1
    }

    package func closeBreaker() async throws(StoreProblem) {
        try await write(statements.close)
    }

    package func settings() async throws(StoreProblem) -> FleetSettings? {
        try await store.perform(.heartbeat) { session in
            FleetSettings(try session.read([SettingsStatements.select], limits: .heartbeat)[0])
        }
    }

    package func publish(
        _ text: String, as version: Int64?, over base: Int64?
    ) async throws(StoreProblem) -> FleetSettings? {
        let version = try await store.perform(.heartbeat) { session in
            let statements = SettingsStatements.publish(text, as: version, over: base)
            return try session.write(statements, limits: .heartbeat)[0].first?.integer(0)
        }
        return version.map { FleetSettings(version: $0, text: text) }
    }

    package func follow(settingsVersion: Int64) {
        store.settingsVersion.withLock { $0 = settingsVersion }
    }

    package func changed() async {
        if store.bell.isDeaf {
            try? await Task.sleep(for: Self.blindWait)
        } else {
            await store.bell.wait()
        }
    }

    /// Runs one transaction; returns how many rows the first statement wrote.
    @discardableResult
    private func write(_ statements: [Statement]) async throws(StoreProblem) -> Int {
        try await store.perform(.heartbeat) { session in
            try session.write(statements, limits: .heartbeat)[0].affected
        }
    }
}

extension FleetSettings {
    /// Decodes the result of `SettingsStatements.select`.
    init?(_ rows: Rows) {
        guard let row = rows.first, let version = row.integer(0), let text = row.text(1) else { return nil }
        self.init(version: version, text: text)
    }
}

extension PostgreSQLUserStore {
    package func fleetSettings() async throws(StoreProblem) -> FleetSettings? {
        try await read(SettingsStatements.select) { FleetSettings($0) }
    }

    package func fleetState() async throws(StoreProblem) -> FleetState? {
        let member = member
        return try await perform(.patient) { session in
            let rows = try session.read(FleetStatements.look, limits: .patient)
            var state = try FleetRow.state(rows[0], debts: rows[1], of: member)
            state.answeredBy = session.server
            return state
        }
    }
}
