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
        let (mark, known) = store.batches.withLock { ($0.acknowledged.mark, $0.acknowledged.lastBeat?.server) }
        let sent = ContinuousClock.now
        let found = try await store.perform(.heartbeat) { session in
            var report = report
            report.server = session.server
            let all = try session.write(
                seeding + (try statements.beat(report, knowing: known)), limits: .heartbeat)
            let rows = Array(all.dropFirst(seeding.count))
            if FleetRow.isNewer(rows[2]) { throw StoreProblem.newerVersion(place: place) }
            var state = try FleetRow.state(
                rows[2], debts: rows[3], of: statements.member, answeredBy: session.server)
            if !seeding.isEmpty { state.replacedSettings = all[seeding.count - 1].first?.text(0) }
            let isPromoted = state.isPromotionOpen || known.map { $0 != state.server } ?? false
            if isPromoted || state.hasJoined { return (isPromoted: isPromoted, state: state) }
            // Nothing was written for this member: its name is taken.
            guard let other = state.members.first(where: { $0.name == statements.name }) else {
                throw DamagedStore(what: "a member that joined is not there")
            }
            throw StoreProblem.memberOfSameName(
                place: place, name: other.name, version: other.version, since: other.joinedAt)
        }
        if !found.isPromoted, let own = found.state.members.first(where: { $0.id == statements.member }) {
            store.batches.withLock {
                $0.acknowledged.beat(sent: sent, mark: mark, heardAt: own.seenAt, server: found.state.server)
            }
        }
        return found
    }

    package func leave() async throws(StoreProblem) {
        func leave() async throws(StoreProblem) -> Int {
            let known = store.batches.withLock(\.acknowledged.lastBeat?.server)
            return try await write(statements.leave(knowing: known), announced: true)
        }
        guard try await leave() == 0 else { return }
        // The other members wait for this one's confirmation, or may not even know that they have to.
        _ = try await store.answerPromotion(as: statements.member)
        _ = try await leave()
    }

    package func announce(_ debt: CalendarDebt, isAnother: Bool) async throws(StoreProblem) {
        try await write(FleetStatements.announce(debt, isAnother: isAnother), announced: true)
    }

    package func hold(_ duty: FleetDuty) async throws(StoreProblem) -> Bool {
        try await write([statements.hold(duty, for: Self.longestDuty)]) == 1
    }

    package func throttle(_ pause: Throttling.Pause) async throws(StoreProblem) {
        try await write([FleetStatements.throttle(pause)], announced: true)
    }

    package func endThrottling() async throws(StoreProblem) {
        try await write([FleetStatements.forgetThrottling], announced: true)
    }

    package func openBreaker(_ opening: Breaker.Opening) async throws(StoreProblem) {
        try await write([statements.open(opening)], announced: true)
    }

    package func probe(for span: Duration) async throws(StoreProblem) -> Bool {
        try await write([statements.probe(for: span)]) == 1
    }

    package func closeBreaker() async throws(StoreProblem) {
        try await write([statements.close], announced: true)
    }

    package func settings() async throws(StoreProblem) -> FleetSettings? {
        try await store.read(SettingsStatements.select, limits: .heartbeat) { FleetSettings($0) }
    }

    package func publish(
        _ text: String, as version: Int64?, over base: Int64?
    ) async throws(StoreProblem) -> FleetSettings? {
        let version = try await store.perform(.heartbeat) { session in
            let statement = SettingsStatements.publish(text, as: version, over: base)
            return try session.write([statement, ChangeBell.ring], limits: .heartbeat)[0].first?.integer(0)
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
    ///
    /// The other members are notified if it is `announced`.
    @discardableResult
    private func write(_ statements: [Statement], announced: Bool = false) async throws(StoreProblem) -> Int {
        try await store.perform(.heartbeat) { session in
            let all = statements + (announced ? [ChangeBell.ring] : [])
            return try session.write(all, limits: .heartbeat)[0].affected
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
        try await perform(.patient) { [member] session in
            let rows = try session.read(FleetStatements.look, limits: .patient)
            return try FleetRow.state(rows[0], debts: rows[1], of: member, answeredBy: session.server)
        }
    }
}
