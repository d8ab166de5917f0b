package import RefreshCore
package import RefreshDaemon

/// Turns the fields of rows into entries, and keeps them until they are taken.
///
/// It keeps a hash of each user id, about 25 bytes per user, to find duplicates. In a file of a million users, two ids
/// share a hash once in some thirty million files; the second is then reported as a duplicate, not lost silently.
struct RowAssembler {
    /// The number of 1970-01-01 in spreadsheets, which count days from 1899-12-30.
    static let serialOfEpoch: Int64 = 25_569
    /// The days from 1970 to the year 2200 in that count; as seconds since 1970 they would lie in the first two days.
    private static let serialDays = serialOfEpoch...109_574

    /// The number of rows in the largest sheet of common programs.
    static let mostEmptyRows = 1_048_576

    private(set) var rowCount = 0
    private var rows: [ParsedRow] = []
    private var firstLines: [Int: UInt32] = [:]
    /// The lines of rows without a value since the last row with one.
    private var emptyLines: [UInt32] = []
    private let now: Timestamp

    init(now: Timestamp) {
        self.now = now
    }

    mutating func takeRows() -> [ParsedRow] {
        defer { rows = [] }
        return rows
    }

    /// Notes a row without any value: spreadsheets leave such rows at the end of a file, where they are skipped.
    mutating func passOver(line: Int) {
        emptyLines.append(UInt32(clamping: line))
    }

    /// Whether more rows in succession have no value than a spreadsheet has rows.
    ///
    /// Without this limit, the memory for them would grow with the file.
    var hasTooManyEmptyRows: Bool { emptyLines.count > Self.mostEmptyRows }

    mutating func refuse(line: Int, _ problem: RowProblem, of id: UserID? = nil) {
        refuseEmptyLines()
        rowCount += 1
        rows.append(ParsedRow(line: line, result: .failure(problem), userID: id))
    }

    /// Like the above, for the user whose id is in `range`, if there is one.
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
        let idText = try Column.userID.text(idBytes)
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
            // An expired token of another store is accepted: it can be renewed, or its user is parked.
            guard moment > now || standing != nil else { throw .expired(at: moment) }
            expiresAt = moment
        }
        var group: GroupName?
        if let range = fields[.group], !range.isEmpty {
            group = GroupName(try Column.group.text(bytes.extracting(range)))
            guard group != nil else { throw .group }
        }
        try checkFirst(idBytes, line: line)
        return UserEntry(
            id: id, token: token, group: group, expiresAt: expiresAt, refreshToken: refreshToken, standing: standing)
    }

    /// Notes the user of a row that is otherwise good, so that a bad row does not exclude a later one.
    private mutating func checkFirst(_ id: Span<UInt8>, line: Int) throws(RowProblem) {
        var hasher = Hasher()
        // The pointer is valid during the call that hashes its bytes. Stores distinguish ids by their bytes.
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        if let first = firstLines.updateValue(UInt32(clamping: line), forKey: hash) {
            firstLines[hash] = first
            throw .duplicate(ofLine: Int(first))
        }
    }

    private func moment(_ bytes: Span<UInt8>) throws(RowProblem) -> Timestamp {
        let text = try Column.expiresAt.text(bytes)
        // A fraction is the time of the day.
        let day = text.prefix { $0 != "." && $0 != "," }
        if let day = Int64(day), Self.serialDays.contains(day), text.utf8.count <= 24 { throw .serialDay(day) }
        return try Column.expiresAt.moment(text)
    }
}

/// One row of a file of users: a user, or why the row gives none.
package struct ParsedRow: Equatable, Sendable {
    /// The line on which the row begins, counted from 1.
    package let line: Int
    package let result: Result<UserEntry, RowProblem>
    /// The user that a refused row is about, if that is known.
    ///
    /// Never printed: in a row that lacks a field, it may be the token.
    package var userID: UserID?
}

extension ParsedRow: CustomStringConvertible, CustomReflectable {
    package var description: String { "line \(line): \(result)" }
    package var customMirror: Mirror { Mirror(self, children: ["line": line, "result": result]) }
}
