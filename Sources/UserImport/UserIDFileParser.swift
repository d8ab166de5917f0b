package import RefreshCore

/// Reads a file that names users: one id per line, or a table with the column `user_id`.
///
/// Ids are returned when their lines are complete. Blank lines are skipped. If an id is there twice, the first is kept.
package struct UserIDFileParser: Sendable {
    private enum Form {
        case list
        case table(separator: UInt8, column: Int)
    }

    private var form: Form?
    /// The part of the current line that earlier chunks contained.
    private var partial: [UInt8] = []
    private var isOverlong = false
    private var lineNumber = 1
    private var firstLines: [Int: Int] = [:]
    private var ids: [ParsedUserID] = []

    package init() {}

    /// Chunks may be cut anywhere.
    package mutating func feed(_ bytes: [UInt8]) throws(ImportRefusal) -> [ParsedUserID] {
        for byte in bytes {
            switch byte {
            case 0: throw .notText(line: lineNumber)
            case UInt8(ascii: "\n"): endLine()
            default:
                isOverlong = isOverlong || partial.count == UserFileParser.longestLine
                if !isOverlong { partial.append(byte) }
            }
        }
        return take()
    }

    /// An id on a line without a newline is a problem: it may be the beginning of another id.
    package mutating func finish() -> [ParsedUserID] {
        guard !partial.isEmpty else { return take() }
        let known = ids.count
        endLine()
        if ids.count > known, case .success = ids[known].result {
            ids[known] = ParsedUserID(line: ids[known].line, result: .failure(.cutOff))
        }
        return take()
    }

    private mutating func take() -> [ParsedUserID] {
        defer { ids = [] }
        return ids
    }

    private mutating func endLine() {
        defer {
            partial.removeAll(keepingCapacity: true)
            isOverlong = false
            lineNumber += 1
        }
        if lineNumber == 1, partial.starts(with: [0xEF, 0xBB, 0xBF]) { partial.removeFirst(3) }
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        guard partial.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
        if isOverlong { return add(.failure(.tooLong)) }
        guard let form else {
            let table = Self.table(with: partial.span)
            form = table ?? .list
            if table == nil { add(id(partial.span)) }
            return
        }
        switch form {
        case .list: add(id(partial.span))
        case .table(let separator, let column): add(row(separator, column))
        }
    }

    /// The form of a table with this header; nil if no column is `user_id`.
    private static func table(with header: Span<UInt8>) -> Form? {
        for separator in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] {
            var record = CSVRecord(separator: separator)
            guard record.append(header) == .closed else { continue }
            let bytes = record.bytes.span
            if let column = record.ranges.firstIndex(where: { Column(bytes.extracting($0)) == .userID }) {
                return .table(separator: separator, column: column)
            }
        }
        return nil
    }

    /// Nil for a row without any value.
    private func row(_ separator: UInt8, _ column: Int) -> Result<UserID, RowProblem>? {
        var record = CSVRecord(separator: separator)
        switch record.append(partial.span) {
        case .open: return .failure(.unclosedQuote)
        case .broken:
            return .failure(SpreadsheetDamage.isFormula(in: partial.span, separator) ? .formula : .strayQuote)
        case .closed: break
        }
        if record.ranges.allSatisfy(\.isEmpty) { return nil }
        guard column < record.ranges.count else {
            return .failure(.fieldCount(found: record.ranges.count, expected: column + 1))
        }
        return id(record.bytes.span.extracting(record.ranges[column]))
    }

    private func id(_ bytes: Span<UInt8>) -> Result<UserID, RowProblem> {
        if let damage = SpreadsheetDamage(bytes) { return .failure(.damaged(.userID, damage)) }
        guard let text = try? UTF8Span(validating: bytes) else { return .failure(.notUTF8(.userID)) }
        do throws(UserIDProblem) {
            return .success(try UserID(String(copying: text)))
        } catch {
            return .failure(.userID(error))
        }
    }

    private mutating func add(_ id: Result<UserID, RowProblem>?) {
        guard var result = id else { return }
        if case .success(let id) = result {
            let first = firstLines.updateValue(lineNumber, forKey: id.hashValue)
            if let first {
                firstLines[id.hashValue] = first
                result = .failure(.duplicate(ofLine: first))
            }
        }
        ids.append(ParsedUserID(line: lineNumber, result: result))
    }
}

/// One line of a file that names users.
package struct ParsedUserID: Equatable, Sendable {
    /// Counted from 1.
    package let line: Int
    package let result: Result<UserID, RowProblem>
}
