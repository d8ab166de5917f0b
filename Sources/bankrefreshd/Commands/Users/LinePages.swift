import FoundationEssentials
import RefreshCore

/// Long lists of users as lines of JSON, page by page.
///
/// The next page is fetched while one is written, and only these two are in memory. Pages are long because rows are not
/// stored in the order of the ids: with more users per page, each part of the store is read fewer times.
enum LinePages {
    /// The number of users on the first page; later pages have as many as fit into about `bytes`.
    private static let first = 1_000
    private static let longest = 100_000
    private static let bytes = 6_000_000

    /// Passes each page to `body` with its number of lines; no page is empty.
    ///
    /// An empty page ends the list, as do `most` lines. With `shortIsLast`, a page of fewer lines than its limit does
    /// so too.
    static func each(
        atMost most: Int = .max, shortIsLast: Bool = false,
        _ page: @escaping @Sendable (_ after: UserID?, _ limit: Int) async throws -> [UInt8],
        _ body: ([UInt8], Int) throws -> Void
    ) async throws {
        var left = most
        var limit = min(first, left)
        var lines = try await page(nil, limit)
        while !lines.isEmpty {
            let count = lines.count { $0 == UInt8(ascii: "\n") }
            left -= count
            if left == 0 || shortIsLast && count < limit { return try body(lines, count) }
            let last = try lastUser(of: lines)
            let wanted = min(left, longest, max(first / 10, bytes / max(1, lines.count / count)))
            async let next = page(last, wanted)
            try body(lines, count)
            lines = try await next
            limit = wanted
        }
    }

    private struct Line: Decodable {
        let userID: String
    }

    private static func lastUser(of lines: [UInt8]) throws -> UserID {
        let whole = lines.dropLast()
        let line = whole[(whole.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)...]
        return try UserID(JSONDecoder().decode(Line.self, from: Data(line)).userID)
    }
}
