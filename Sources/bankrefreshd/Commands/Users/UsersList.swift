import ArgumentParser
import RefreshCore
import RefreshDaemon

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List users, all or those that match.",
        discussion: """
            Users come in the order of their ids. --sort puts the most urgent first: the soonest due, the longest \
            without a success, the most failures in a row, the soonest expiry. A user without any success is stale \
            this long after its first failure, or after its first due time. A JSON array is printed as it comes: if it \
            is interrupted, the closing bracket is missing.

              bankrefreshd users list --state parked
              bankrefreshd users list --reason refused
              bankrefreshd users list --outcome rejected --json
              bankrefreshd users list --stale 48h --sort last-success --limit 20
              bankrefreshd users list --expiring 7d --sort expiry
            """)

    /// The default limit of a list that is not sorted by id.
    static let sortedLimit = 1_000
    private static let rowsAtOnce = 5_000

    @OptionGroup var common: CommonOptions

    @Option(help: "Only users in this state.")
    var state: UserState.Kind?

    @Option(help: "Only users that are parked for this reason.")
    var reason: ParkReason?

    @Option(help: "Only users whose latest call had this outcome.")
    var outcome: OutcomeKind?

    @Option(help: ArgumentHelp("Only users of this group.", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("Only users without a success for longer than this, such as 48h.", valueName: "time"))
    var stale: String?

    @Option(help: ArgumentHelp("Only users whose token expires within this time, such as 7d.", valueName: "time"))
    var expiring: String?

    @Option(help: "The order of the list.")
    var sort = ListOrder.id

    @Option(
        help: ArgumentHelp(
            "At most this many; by default all, or \(Self.sortedLimit) if sorted by anything but id.",
            valueName: "count"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): at least 1") }
        if sort != .id, let limit, limit > 10_000 {
            throw ValidationError("--limit \(limit): at most 10000 with --sort \(sort.rawValue)")
        }
    }

    func run() async throws {
        let now = Calendar.now
        var query = UserQuery(
            state: state, parkReason: reason, outcome: outcome, group: try ArgumentReading.groupName(group))
        query.notRefreshedSince = try stale.map {
            now.advanced(by: .zero - (try ArgumentReading.duration($0, option: "--stale")))
        }
        query.expiringBefore = try expiring.map {
            now.advanced(by: try ArgumentReading.duration($0, option: "--expiring"))
        }
        query.order = sort.order
        try await common.withOperations { [query] operations in
            var array = JSONArrayWriter()
            var table = Table(
                ["USER", "STATE", "NEXT", "LAST", "OUTCOME"] + (sort.column.map { [$0.heading] } ?? []) + ["REASON"])
            var isAny = false
            try await eachPage(of: query, in: operations) { lines in
                isAny = true
                if common.json { array.write(lines: lines) } else { try write(lines, to: &table) }
            }
            if common.json { return array.end() }
            if !isAny { StandardError.write("no users match\n") }
        }
    }

    /// Passes each page of reports to `body`, one report per line; no page is empty.
    private func eachPage(
        of query: UserQuery, in operations: any OperationPerforming, _ body: ([UInt8]) throws -> Void
    ) async throws {
        var query = query
        guard query.order == nil else {
            query.limit = limit ?? Self.sortedLimit
            var lines = JSONLines()
            for user in try await operations.perform(ListUsers(query)) { user.addLine(to: &lines) }
            if !lines.bytes.isEmpty { try body(lines.bytes) }
            return
        }
        let page: @Sendable (UserID?, Int) async throws -> [UInt8] = { [query] after, limit in
            var page = query
            page.after = after
            page.limit = limit
            return try await operations.perform(ListUserLines(page)).bytes
        }
        try await LinePages.each(atMost: limit ?? .max, shortIsLast: true, page) { lines, _ in try body(lines) }
    }

    private func write(_ lines: [UInt8], to table: inout Table) throws {
        var rest = lines[...]
        while !rest.isEmpty {
            // The rows of a whole page would take several times the memory of its lines.
            for _ in 0..<Self.rowsAtOnce where !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                add(try UserReport(line: rest[..<end]), to: &table)
                rest = rest[end...].dropFirst()
            }
            StandardOutput.write(table.page())
        }
    }

    private func add(_ user: UserReport, to table: inout Table) {
        var cells = [
            Table.Cell(user.userID),
            Table.Cell(user.standing, TextStyle(user.state)),
            Table.Cell(user.nextDue ?? user.pausedUntil.map { "paused until \($0)" } ?? "-"),
            Table.Cell(user.lastAttempt ?? "-"),
            Table.Cell(user.lastOutcome?.rawValue ?? "-", user.lastOutcome.map { TextStyle($0) }),
        ]
        if let column = sort.column { cells.append(Table.Cell(column.value(user))) }
        cells.append(Table.Cell(user.mend.map { "fix: \($0)" } ?? user.lastReason ?? ""))
        table.add(cells)
    }
}

extension UserState.Kind: ExpressibleByArgument {
    init?(argument: String) {
        self.init(rawValue: argument.replacing("-", with: " "))
    }

    /// Each in one word, for the shell.
    static var allValueStrings: [String] { allCases.map { $0.rawValue.replacing(" ", with: "-") } }
}

extension OutcomeKind: ExpressibleByArgument {}
extension ParkReason: ExpressibleByArgument {}

/// The orders in which users can be listed.
enum ListOrder: String, ExpressibleByArgument, CaseIterable {
    case id, due
    case lastSuccess = "last-success"
    case failures, expiry

    /// Nil for the order of the ids, the only one with pages.
    var order: UserOrder? { UserOrder(rawValue: rawValue) }

    /// The column with the sort key; nil if another column shows it.
    var column: (heading: String, value: (UserReport) -> String)? {
        switch self {
        case .id, .due: nil
        case .lastSuccess: ("LAST SUCCESS", { $0.lastSuccess ?? "never" })
        case .failures: ("FAILURES", { "\($0.failures)" })
        case .expiry: ("TOKEN EXPIRES", { $0.tokenExpiresAt ?? "-" })
        }
    }
}
