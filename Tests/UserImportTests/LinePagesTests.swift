import RefreshCore
import Synchronization
import Testing

@testable import bankrefreshd

/// How a command reads long lists, page by page.
struct LinePagesTests {
    /// Many users, of whom those after the first thousand have long lines; a page ends early once it is large.
    private final class Source: Sendable {
        static let count = 3_000
        static let short = 1_000
        let requests = Mutex(0)

        static func id(_ number: Int) -> String { "user-\(10_000 + number)" }

        func page(after: UserID?, limit: Int) -> [UInt8] {
            requests.withLock { $0 += 1 }
            let first = after.flatMap { Int($0.rawValue.dropFirst(5)) }.map { $0 - 10_000 + 1 } ?? 0
            var lines: [UInt8] = []
            for number in first..<min(Self.count, first + limit) where lines.count < 8_000_000 {
                let padding = number < Self.short ? "" : String(repeating: "x", count: 12_000)
                lines.append(contentsOf: "{\"padding\":\"\(padding)\",\"userID\":\"\(Self.id(number))\"}\n".utf8)
            }
            return lines
        }
    }

    @Test func `pages are read up to the empty one, although one has fewer lines than its limit`() async throws {
        let source = Source()
        var (ids, most): ([String], Int) = ([], 0)
        try await LinePages.each({ after, limit in source.page(after: after, limit: limit) }) { lines, count in
            let page = lines.split(separator: UInt8(ascii: "\n"))
            #expect(page.count == count)
            most = max(most, lines.count)
            ids += page.map { line in
                let end = String(decoding: line.suffix(40), as: UTF8.self).split(separator: "\"")
                return end.dropLast().last.map(String.init) ?? ""
            }
        }
        #expect(ids == (0..<Source.count).map(Source.id))
        #expect(most < 16_000_000)
        #expect(source.requests.withLock { $0 } > 3)
    }
}
