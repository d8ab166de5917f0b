package import RefreshCore
package import RefreshDaemon

/// Makes entries of the fields of rows and keeps what was read until it is taken.
///
/// It remembers a hash of each user id, about 25 bytes a user, to find duplicates. Two ids of a million share a hash
/// once in some thirty million files; the second would be reported as a duplicate, not lost.
struct RowAssembler {
    /// 1970-01-01 as spreadsheets count days, from 1899-12-30 on.
    static let serialOfEpoch: Int64 = 25_569
    /// Days in that count up to the year 2200; in seconds since 1970 they would be of the first two days.
    private static let serialDays = serialOfEpoch...109_574

    /// As many as the largest sheet of common programs has rows.
    static let mostEmptyRows = 1_048_576

    private(set) var rowCount = 0
    private var rows: [ParsedRow] = []
    private var firstLines: [Int: UInt32] = [:]
    /// Rows without a value, since the last that has one.
    private var emptyLines: [UInt32] = []
    private let now: Timestamp

    init(now: Timestamp) {
        self.now = now
    }

    mutating func takeRows() -> [ParsedRow] {
        defer { rows = [] }
        return rows
    }

    /// A row without a single value: passed over at the end of a file, where spreadsheets leave them.
    mutating func passOver(line: Int) {
        emptyLines.append(UInt32(clamping: line))
    }

    /// Whether there are more of them one after the other than a spreadsheet has rows: what waits for a row with a value
    /// would grow with the file.
    var hasTooManyEmptyRows: Bool { emptyLines.count > Self.mostEmptyRows }

    mutating func refuse(line: Int, _ problem: RowProblem, of id: UserID? = nil) {
        refuseEmptyLines()
        rowCount += 1
        rows.append(ParsedRow(line: line, result: .failure(problem), userID: id))
    }

    /// As above, of the user whose id stands in `range`, if there is one.
    mutating func refuse(line: Int, _ problem: RowProblem, _ bytes: Span<UInt8>, id range: Range<Int>?) {
        refuse(line: line, problem, of: range.flatMap { Self.userID(bytes.extracting($0)) })
    }

    mutating func add(line: Int, _ bytes: Span<UInt8>, _ fields: FieldRanges) {
        refuseEmptyLines()
        do throws(RowProblem) {
            let entry = try entry(line: line, bytes, fields)
            rowCount += 1
            rows.append(ParsedRow(line: line, result: .success(entry)))
        } catch {
            refuse(line: line, error, bytes, id: fields[.userID])
        }
    }

    private mutating func refuseEmptyLines() {
        guard !emptyLines.isEmpty else { return }
        let lines = emptyLines
        emptyLines = []
        for line in lines { refuse(line: Int(line), .userID(.empty)) }
    }

    private static func userID(_ bytes: Span<UInt8>) -> UserID? {
        guard SpreadsheetDamage(bytes) == nil, let text = try? UTF8Span(validating: bytes) else { return nil }
        return try? UserID(String(copying: text))
    }

    private mutating func entry(
        line: Int,
        _ bytes: Span<UInt8>,
        _ fields: FieldRanges
    ) throws(RowProblem) -> UserEntry {
        guard let idRange = fields[.userID] else { throw .missingKey(.userID) }
        guard let tokenRange = fields[.accessToken] else { throw .missingKey(.accessToken) }
        for column in [Column.userID, .accessToken, .refreshToken] {
            guard let range = fields[column], let damage = SpreadsheetDamage(bytes.extracting(range)) else { continue }
            throw .damaged(column, damage)
        }
        let idBytes = bytes.extracting(idRange)
        let id: UserID
        let idText = try text(.userID, idBytes)
        do { id = try UserID(idText) } catch { throw .userID(error) }
        let token: AccessToken
        do { token = try AccessToken(bytes.extracting(tokenRange)) } catch { throw .accessToken(error) }
        var refreshToken: AccessToken?
        if let range = fields[.refreshToken], !range.isEmpty {
            do { refreshToken = try AccessToken(bytes.extracting(range)) } catch {
                throw .refreshToken(error)
            }
        }
        let standing = try StandingReader(now: now).standing(bytes, fields)
        var expiresAt: Timestamp?
        if let range = fields[.expiresAt], !range.isEmpty {
            let moment = try moment(bytes.extracting(range))
            // What another store had is taken as it was: it can be renewed, or parks its user.
            guard moment > now || standing != nil else { throw .expired(at: moment) }
            expiresAt = moment
        }
        var group: GroupName?
        if let range = fields[.group], !range.isEmpty {
            group = GroupName(try text(.group, bytes.extracting(range)))
            guard group != nil else { throw .group }
        }
        try checkFirst(idBytes, line: line)
        return UserEntry(
            id: id, token: token, group: group, expiresAt: expiresAt, refreshToken: refreshToken, standing: standing)
    }

    /// Remembers the user of a row that is good in all else: a bad row keeps no later one out.
    private mutating func checkFirst(_ id: Span<UInt8>, line: Int) throws(RowProblem) {
        var hasher = Hasher()
        // The pointer lives as long as the call that hashes its bytes. Bytes, since stores tell ids apart by them.
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        if let first = firstLines.updateValue(UInt32(clamping: line), forKey: hash) {
            firstLines[hash] = first
            throw .duplicate(ofLine: Int(first))
        }
    }

    private func text(_ column: Column, _ bytes: Span<UInt8>) throws(RowProblem) -> String {
        do { return String(copying: try UTF8Span(validating: bytes)) } catch { throw .notUTF8(column) }
    }

    private func moment(_ bytes: Span<UInt8>) throws(RowProblem) -> Timestamp {
        let text = try text(.expiresAt, bytes)
        // A fraction of a day is its hour.
        let day = text.prefix { $0 != "." && $0 != "," }
        if let day = Int64(day), Self.serialDays.contains(day), text.utf8.count <= 24 { throw .serialDay(day) }
        guard let moment = MomentText.moment(text) else { throw .expiresAt }
        return moment
    }
}

/// One row of a file of users: a user, or why it gives none.
package struct ParsedRow: Equatable, Sendable {
    /// The line on which the row begins, the first of the file being 1.
    package let line: Int
    package let result: Result<UserEntry, RowProblem>
    /// Whom a refused row is about, as far as it can be told.
    ///
    /// Never printed: in a row that lacks a field the token may stand in its place.
    package var userID: UserID?
}

extension ParsedRow: CustomStringConvertible, CustomReflectable {
    package var description: String { "line \(line): \(result)" }
    package var customMirror: Mirror { Mirror(self, children: ["line": line, "result": result]) }
}
