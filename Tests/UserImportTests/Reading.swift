import RefreshCore
import RefreshDaemon
import Testing
import UserImport

/// What a whole file gave.
struct Reading: Equatable {
    /// 2026-01-01T00:00:00Z.
    static let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

    var rows: [ParsedRow] = []
    var refusal: ImportRefusal?

    /// A whole file: its last line is ended where the text does not say so.
    init(_ text: String, form: FileForm? = nil) {
        let isEnded = text.isEmpty || text.utf8.last == UInt8(ascii: "\n")
        self.init(Array((isEnded ? text : text + "\n").utf8), form: form)
    }

    /// Feeds the file, as it is, in chunks of the sizes that `chunk` gives.
    init(_ bytes: [UInt8], form: FileForm? = nil, chunk: () -> Int = { .max }) {
        var parser = UserFileParser(form: form, now: Self.now)
        do throws(ImportRefusal) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = min(chunk(), rest.count)
                rows += try parser.feed(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            rows += try parser.finish()
            // A refusal waits behind the rows before it.
            rows += try parser.finish()
        } catch {
            refusal = error
        }
    }

    var entries: [UserEntry] { rows.compactMap { try? $0.result.get() } }

    var ids: [String] { entries.map(\.id.rawValue) }

    /// The problems by line: `3: the user id is empty`.
    var problems: [Int: RowProblem] {
        var problems: [Int: RowProblem] = [:]
        for row in rows { if case .failure(let problem) = row.result { problems[row.line] = problem } }
        return problems
    }

    /// The problem of the only row of a CSV file with all columns.
    static func problem(
        ofRow row: String,
        header: String = "user_id,access_token,refresh_token,expires_at,group"
    )
        throws -> RowProblem
    {
        let reading = Reading("\(header)\n\(row)\n")
        try #require(reading.refusal == nil && reading.rows.count == 1 && reading.rows[0].line == 2)
        return try #require(reading.problems[2])
    }

    static func text(of token: AccessToken?) -> String? {
        token?.secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}
