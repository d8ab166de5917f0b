import FoundationEssentials
import GRDB
import RefreshCore

extension StoreMarks {
    init(in db: Database) throws {
        let first = try Meta.blob(.keyCheck, in: db).map { [SealedToken(bytes: $0)] } ?? []
        self.init(
            keyChecks: first + Self.parts(try Meta.blob(.furtherKeyChecks, in: db) ?? []),
            environment: try Meta.text(.environment, in: db),
            hasGivenUpTokens: try Meta.integer(.givenUpTokens, in: db) != nil,
            hasUsers: try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM users)") ?? false)
    }

    static func writeKeyChecks(_ checks: [SealedToken], in db: Database) throws {
        guard let first = checks.first else { throw DamagedStore(what: "it would be left without a key check") }
        try Meta.set(.keyCheck, to: Data(first.bytes), in: db)
        guard checks.count > 1 else { return try Meta.remove(.furtherKeyChecks, in: db) }
        // Each with its length before it, two bytes.
        let further = checks.dropFirst().flatMap { check in
            [UInt8(truncatingIfNeeded: check.bytes.count >> 8), UInt8(truncatingIfNeeded: check.bytes.count)]
                + check.bytes
        }
        try Meta.set(.furtherKeyChecks, to: Data(further), in: db)
    }

    /// What remains of a row that was cut counts as a check too: one that no key opens.
    private static func parts(_ bytes: [UInt8]) -> [SealedToken] {
        var parts: [SealedToken] = []
        var rest = bytes[...]
        while let high = rest.popFirst() {
            let count = Int(high) << 8 | Int(rest.popFirst() ?? 0)
            parts.append(SealedToken(bytes: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return parts
    }
}
