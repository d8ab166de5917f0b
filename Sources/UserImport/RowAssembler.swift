import RefreshCore
import RefreshDaemon

/// Makes entries of the fields of rows and keeps what was read until it is taken.
///
/// It remembers a hash of each user id, about 25 bytes a user, to find duplicates. Two ids of a million share a hash
/// once in some thirty million files; the second would be reported as a duplicate, not lost.
struct RowAssembler {
    /// 9999-12-31T23:59:59Z: more than any token lives, less than any present moment in milliseconds.
    private static let latestSecond: Int64 = 253_402_300_799

    private(set) var rowCount = 0
    private var rows: [ParsedRow] = []
    private var firstLines: [Int: UInt32] = [:]
    private let now: Timestamp

    init(now: Timestamp) {
        self.now = now
    }

    mutating func takeRows() -> [ParsedRow] {
        defer { rows = [] }
        return rows
    }

    mutating func refuse(line: Int, _ problem: RowProblem) {
        rowCount += 1
        rows.append(ParsedRow(line: line, result: .failure(problem)))
    }

    mutating func add(line: Int, _ bytes: Span<UInt8>, _ fields: FieldRanges) {
        do throws(RowProblem) {
            let entry = try entry(line: line, bytes, fields)
            rowCount += 1
            rows.append(ParsedRow(line: line, result: .success(entry)))
        } catch {
            refuse(line: line, error)
        }
    }

    private mutating func entry(
        line: Int,
        _ bytes: Span<UInt8>,
        _ fields: FieldRanges
    ) throws(RowProblem) -> UserEntry {
        guard let idRange = fields[.userID] else { throw .missingKey(.userID) }
        guard let tokenRange = fields[.accessToken] else { throw .missingKey(.accessToken) }
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
        var expiresAt: Timestamp?
        if let range = fields[.expiresAt], !range.isEmpty {
            let moment = try moment(bytes.extracting(range))
            guard moment > now else { throw .expired(at: moment) }
            expiresAt = moment
        }
        var group: GroupName?
        if let range = fields[.group], !range.isEmpty {
            group = GroupName(try text(.group, bytes.extracting(range)))
            guard group != nil else { throw .group }
        }
        try checkFirst(idBytes, line: line)
        return UserEntry(id: id, token: token, group: group, expiresAt: expiresAt, refreshToken: refreshToken)
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
        if let seconds = Int64(text), text.utf8.first != UInt8(ascii: "+") {
            guard seconds <= Self.latestSecond else { throw .expiresAt }
            return Timestamp(secondsSinceEpoch: seconds)
        }
        guard let moment = Timestamp(rfc3339: text) else { throw .expiresAt }
        return moment
    }
}
