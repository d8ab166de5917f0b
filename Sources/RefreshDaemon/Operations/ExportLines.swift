package import RefreshCore

/// Everything that is stored about users, except their tokens, in the order of ids, one user per line.
///
/// A page can have fewer lines than the limit; only an empty page is the last.
package struct ExportLines: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after, limit }

    package static let name = "export-lines"
    package static let patience = Duration.minutes(10)
    /// The most users that are read at once.
    private static let mostAtOnce = 1_000
    /// How many are read first, to learn how long their lines are: 12 KB with the usual history, or far more.
    private static let firstSlice = 10
    private static let sliceBytes = 16_000_000
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
        var slice = Self.firstSlice
        while left > 0, page.count < Self.bytes {
            let wanted = min(left, slice)
            let before = page.count
            let found = try await store.store.lines(
                matching: .all, after: last, limit: wanted, histories: true
            ) { user, history in
                // The next slice begins after the last id, so each line comes with its own before it: a store may also
                // make lines of users that it then leaves out, so the last one made here does not tell.
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
            let mean = max(1, (page.count - before) / wanted)
            slice = min(Self.mostAtOnce, slice * 10, max(1, Self.sliceBytes / mean))
            last = try UserID(String(decoding: id, as: UTF8.self))
            left -= wanted
        }
        return LinesAnswer(page)
    }
}
