package import RefreshCore

/// Everything that is stored about users, except their tokens, in the order of ids, one user per line.
///
/// A page can have fewer lines than the limit; only an empty page is the last.
package struct ExportLines: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after, limit }

    package static let name = "export-lines"
    package static let patience = Duration.minutes(10)
    /// The most users that are read at once; with their histories, each takes 12 KB or more.
    private static let slice = 1_000
    /// A page that has so many bytes ends.
    private static let bytes = 8_000_000
    private static let lineBreak = UInt8(ascii: "\n")

    /// The last id of the previous page.
    package let after: UserID?
    /// From 1 to 100,000; 1,000 by default.
    package let limit: Int?

    /// `limit` is 1 to 100,000.
    package init(after: UserID?, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    package func validate() throws(FieldProblem) {
        try FieldProblem.check(limit, within: 1...LinesAnswer.longest, field: "limit")
    }

    package func run(with store: StoreContext) async throws -> LinesAnswer {
        var left = limit ?? UserQuery.usualLimit
        var last = after
        var page: [UInt8] = []
        while left > 0, page.count < Self.bytes {
            let wanted = min(left, Self.slice)
            let found = try await store.store.lines(
                matching: UserFilter(), after: last, limit: wanted, histories: true
            ) { user, history in
                // The next slice begins after the last id, so each line comes with its own before it.
                var line = Array(user.id.rawValue.utf8)
                line.append(Self.lineBreak)
                var export = JSONLines(reserving: 512)
                UserExport(user, history: history).addLine(to: &export)
                line.append(contentsOf: export.bytes)
                return line
            }
            var id = ArraySlice<UInt8>()
            for line in found {
                id = line.prefix { $0 != Self.lineBreak }
                page.append(contentsOf: line[id.endIndex...].dropFirst())
            }
            guard found.count == wanted else { break }
            last = try UserID(String(decoding: id, as: UTF8.self))
            left -= wanted
        }
        return LinesAnswer(page)
    }
}
