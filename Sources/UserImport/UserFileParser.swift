package import RefreshCore
import RefreshDaemon

/// Reads a file of users from chunks that may be cut anywhere.
///
/// Rows are returned when they are complete, in the order of their lines; between calls the parser holds at most one
/// record. The whole file can be refused after some rows: the error is thrown once those were returned, and by every
/// later call. If a user is in the file twice, the first good row is kept. In JSON, `user_id` may be a whole number, of
/// which the digits are taken. Blank lines are skipped.
package struct UserFileParser: Sendable {
    /// The limit in bytes, without the line feed.
    package static let longestLine = 65_536

    /// How much of an overlong line is kept: enough to recognize the form of the file.
    private static let keptOfOverlong = 64

    private var form: FileForm?
    private var csv = CSVReader()
    private var ndjson = NDJSONReader()
    private var rows: RowAssembler
    private var refusal: ImportRefusal?
    /// The part of the current line that earlier chunks contained.
    private var partial: [UInt8] = []
    private var isOverlong = false
    private var lineNumber = 1
    private var isBlank = true

    /// Without a `form`, the first character decides.
    ///
    /// A token that expires at `now` or before is a problem.
    package init(form: FileForm? = nil, now: Timestamp) {
        self.form = form
        rows = RowAssembler(now: now)
    }

    /// The number of rows read so far, good and bad.
    package var rowCount: Int { rows.rowCount }

    package mutating func feed(_ bytes: [UInt8]) throws(ImportRefusal) -> [ParsedRow] {
        try collect { (parser) throws(ImportRefusal) in try parser.read(bytes.span) }
    }

    /// Ends the file and returns the rows that only its end completes.
    ///
    /// A row on a line without a newline is always a problem: half a token looks like a whole one.
    package mutating func finish() throws(ImportRefusal) -> [ParsedRow] {
        let isCutOff = !partial.isEmpty && !isOverlong
        var rows = try collect { (parser) throws(ImportRefusal) in try parser.readEnd() }
        if isCutOff, let last = rows.last, last.line == lineNumber {
            let id = (try? last.result.get())?.id ?? last.userID
            rows[rows.count - 1] = ParsedRow(line: last.line, result: .failure(.cutOff), userID: id)
        }
        return rows
    }

    /// Delays a refusal until the rows before it are returned.
    private mutating func collect(
        _ read: (inout UserFileParser) throws(ImportRefusal) -> Void
    ) throws(ImportRefusal) -> [ParsedRow] {
        if let refusal { throw refusal }
        do throws(ImportRefusal) {
            try read(&self)
        } catch {
            refusal = error
        }
        let complete = rows.takeRows()
        if let refusal, complete.isEmpty { throw refusal }
        return complete
    }

    private mutating func read(_ bytes: Span<UInt8>) throws(ImportRefusal) {
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte <= UInt8(ascii: "\n") else { continue }
            if byte == 0 {
                hold(bytes.extracting(start..<index))
                throw isUTF16 ? ImportRefusal.notUTF8Encoding : .notText(line: lineNumber)
            }
            guard byte == UInt8(ascii: "\n") else { continue }
            if partial.isEmpty, !isOverlong {
                try take(bytes.extracting(start..<index))
            } else {
                hold(bytes.extracting(start..<index))
                try takePartial()
            }
            start = index + 1
            lineNumber += 1
        }
        hold(bytes.extracting(start..<bytes.count))
    }

    private mutating func readEnd() throws(ImportRefusal) {
        if !partial.isEmpty || isOverlong { try takePartial() }
        csv.finish(into: &rows)
        if isBlank { throw .empty }
        if rows.rowCount == 0 { throw .noUsers }
    }

    private var isUTF16: Bool {
        lineNumber == 1 && (partial.starts(with: [0xFF, 0xFE]) || partial.starts(with: [0xFE, 0xFF]))
    }

    private mutating func hold(_ bytes: Span<UInt8>) {
        guard !isOverlong else { return }
        partial.reserveCapacity(partial.count + bytes.count)
        if partial.count + bytes.count > Self.longestLine {
            isOverlong = true
            partial.removeLast(max(0, partial.count - Self.keptOfOverlong))
        }
        let kept = isOverlong ? min(bytes.count, max(0, Self.keptOfOverlong - partial.count)) : bytes.count
        for index in 0..<kept { partial.append(bytes[index]) }
    }

    private mutating func takePartial() throws(ImportRefusal) {
        var line = partial
        partial = []
        defer { line.wipe() }
        try take(line.span, isCut: isOverlong)
        isOverlong = false
    }

    private mutating func take(_ line: Span<UInt8>, isCut: Bool = false) throws(ImportRefusal) {
        let isCut = isCut || line.count > Self.longestLine
        var first = 0
        var end = isCut ? min(line.count, Self.keptOfOverlong) : line.count
        if lineNumber == 1, line.count >= 3, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF { first = 3 }
        if !isCut, end > first, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        var text = first
        while text < end, line[text] == 0x20 || line[text] == 0x09 || line[text] == 0x0D { text += 1 }
        guard text < end || isCut else { return }
        isBlank = false
        let form = try knownForm(beginning: text < end ? line[text] : nil)
        if isCut {
            switch form {
            case .csv: try csv.takeOverlong(number: lineNumber, into: &rows)
            case .ndjson: rows.refuse(line: lineNumber, .tooLong)
            }
            return
        }
        switch form {
        case .csv:
            try csv.take(line.extracting(first..<end), number: lineNumber, into: &rows)
            if rows.hasTooManyEmptyRows { throw .emptyRows(line: lineNumber) }
        case .ndjson: try ndjson.take(line.extracting(text..<end), number: lineNumber, into: &rows)
        }
    }

    /// The form that was given, or that the first character of the file shows.
    private mutating func knownForm(beginning byte: UInt8?) throws(ImportRefusal) -> FileForm {
        if let form { return form }
        if byte == UInt8(ascii: "[") { throw .jsonArray }
        let told: FileForm = byte == UInt8(ascii: "{") ? .ndjson : .csv
        form = told
        return told
    }
}

/// The form of a file of users.
package enum FileForm: String, CaseIterable, Sendable {
    /// RFC 4180, with a header line.
    case csv
    /// One JSON object (RFC 8259) per line.
    case ndjson
}

/// Turns the lines of an NDJSON file into rows.
struct NDJSONReader {
    private var object = FlatJSONObject()
    private var isFirst = true

    mutating func take(_ line: Span<UInt8>, number: Int, into rows: inout RowAssembler) throws(ImportRefusal) {
        if isFirst {
            isFirst = false
            if line[0] == UInt8(ascii: "[") { throw .jsonArray }
            if line[0] == UInt8(ascii: "{"), line.count == 1 { throw .spreadJSON }
        }
        do throws(RowProblem) {
            try object.read(line)
        } catch {
            return rows.refuse(line: number, error, object.bytes.span, id: object.fields[.userID])
        }
        rows.add(line: number, object.bytes.span, object.fields)
    }
}
