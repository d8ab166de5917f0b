import RefreshCore

/// Opens the schema: examines the server, then creates or migrates the schema.
struct SchemaOpening: Sendable {
    let version: String
    /// Whether a missing schema is an error.
    var mustExist = false
    var migrations = Migrations.all

    func open(
        _ session: Session, at server: ConnectionSettings, verifying verify: (StoreMarks) throws -> Void
    ) throws -> (seed: UInt64, isNew: Bool) {
        let place = server.place
        let found = try ServerExamination(session, server, knowing: migrations.count)
        if let problem = found.problems.first { throw problem }
        if mustExist, !found.isThere { throw StoreProblem.missing(place: place) }
        if let marks = found.marks { try verify(marks) }
        return try session.transaction(limits: .patient) {
            let isNew = try migrate(session, place: place)
            let seed = try session.run([Meta.select(.seed)])[0].metaText
            guard let seed = seed.flatMap({ UInt64($0) }) else {
                throw StoreProblem.notAStore(place: place, detail: "its seed is missing")
            }
            return (seed, isNew)
        }
    }

    /// Creates `meta` first and locks it, so that one of two daemons that start at once waits.
    ///
    /// Returns whether there was no store; another process may have created it between the examination and the lock.
    private func migrate(_ session: Session, place: String) throws -> Bool {
        let meta = "bankrefreshd.meta"
        if try session.run([Statement("SELECT to_regclass('\(meta)') IS NOT NULL")])[0].first?.flag(0) == false {
            // A schema that was created for this role needs no right to create one.
            let there = Statement("SELECT to_regnamespace('bankrefreshd') IS NOT NULL")
            if try session.run([there])[0].first?.flag(0) == false {
                _ = try session.run([Statement("CREATE SCHEMA IF NOT EXISTS bankrefreshd")])
            }
            _ = try session.run([
                Statement("CREATE TABLE \(meta) (key text PRIMARY KEY, value bytea NOT NULL)"),
                Meta.set(.schema, to: "0"),
                Meta.set(.seed, to: String(UInt64.random(in: .min ... .max))),
                Meta.set(.createdBy, to: version),
            ])
        }
        let stored = try session.run([
            Statement("LOCK TABLE \(meta) IN SHARE UPDATE EXCLUSIVE MODE"), Meta.select(.schema),
        ])[1].metaText
        guard let stored = stored.flatMap({ Int($0) }) else {
            throw StoreProblem.notAStore(place: place, detail: "\(meta) is another program's")
        }
        guard stored < migrations.count else { return false }
        let pending = migrations[stored...]
        var marks = [Meta.set(.schema, to: String(migrations.count))]
        if let last = pending.lastIndex(where: { !$0.sparesOlder }) {
            if stored > 0 { try expectNobody(session, place: place) }
            marks.append(Meta.set(.oldestSchema, to: String(last + 1)))
        }
        _ = try session.run(pending.flatMap { $0.statements.map { Statement($0) } } + marks)
        return stored == 0
    }

    /// Throws if a member is alive: it still works with the version from before the migration.
    private func expectNobody(_ session: Session, place: String) throws {
        let living = try session.run([
            Statement(
                """
                SELECT name, version FROM bankrefreshd.members
                WHERE seen_at >= \(LeaseClock.serverNow) - \(FleetMember.patience.wholeMicroseconds) ORDER BY name
                """)
        ])[0]
        guard !living.isEmpty else { return }
        throw StoreProblem.olderMembers(
            place: place, members: living.map { "\($0.text(0) ?? "?") (\($0.text(1) ?? "?"))" })
    }
}

extension StoreMarks {
    static let statements = [
        Meta.select(.keyChecks), Meta.select(.environment), Meta.select(.givenUpTokens),
        Statement("SELECT EXISTS (SELECT FROM bankrefreshd.users)"), Meta.select(.departure), Meta.select(.arrival),
    ]

    /// From the results of `statements`.
    init(_ rows: [Rows]) throws {
        self.init(
            keyChecks: try rows[0].metaJSON([[UInt8]].self)?.map(SealedToken.init(bytes:)) ?? [],
            environment: rows[1].metaText, hasGivenUpTokens: !rows[2].isEmpty,
            hasUsers: rows[3].first?.flag(0) ?? false, departure: try rows[4].metaJSON(StoreDeparture.self),
            arrival: try rows[5].metaJSON(StoreArrival.self))
    }
}
