package import RefreshCore

/// Why a row gives no user.
///
/// Never holds a token, or anything that may be one.
package enum RowProblem: Error, Equatable, Sendable {
    case fieldCount(found: Int, expected: Int)
    case damaged(Column, SpreadsheetDamage)
    /// A field begins like a spreadsheet formula, which makes the row unreadable.
    case formula
    /// A day number of a spreadsheet.
    case serialDay(Int64)
    case userID(UserIDProblem)
    case accessToken(AccessTokenProblem)
    case refreshToken(AccessTokenProblem)
    case expired(at: Timestamp)
    /// Neither RFC 3339 nor whole seconds since 1970 up to the year 9999.
    case noMoment(Column)
    case noNumber(Column)
    /// The value is not one of the allowed words.
    case noWord(Column)
    case missing(Column, beside: Column)
    case group
    /// An earlier row has the same user; that row is kept.
    case duplicate(ofLine: Int)
    case notUTF8(Column)
    case unclosedQuote
    /// A quote inside an unquoted field, or text after a closing quote.
    case strayQuote
    case tooLong
    case cutOff
    case notJSON(JSONFault)
    case unknownKey(UnknownName)
    case repeatedKey(Column)
    case missingKey(Column)
    case wrongType(Column)
}

extension RowProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fieldCount(let found, let expected):
            "the row has \(found) \(found == 1 ? "field" : "fields"), but the header names \(expected)"
        case .damaged(let column, let damage): "\(column.rawValue): \(damage)"
        case .formula: "a field is a formula: \(SpreadsheetDamage.formula)"
        case .serialDay(let day):
            "expires_at is \(day), with which a spreadsheet means the day \(Self.day(ofSerial: day)); write it as "
                + "\(Self.day(ofSerial: day))T00:00:00Z"
        case .userID(let problem): problem.description
        case .accessToken(let problem): "access_token: \(problem)"
        case .refreshToken(let problem): "refresh_token: \(problem)"
        case .expired(let moment): "the token expired at \(moment); import a new one"
        case .noMoment(let column):
            "\(column.rawValue) is not a moment: write it as 2027-01-31T00:00:00Z or in seconds since 1970 "
                + "(not milliseconds)"
        case .noNumber(.place): "place is no whole number from 0 on"
        case .noNumber(let column): "\(column.rawValue) is no whole number from 0 to 2147483647"
        case .noWord(.day): "day is no day: write it as 2027-01-31"
        case .noWord(let column): "\(column.rawValue) is none of: \(Self.words(of: column).joined(separator: ", "))"
        case .missing(let column, let other):
            "\(column.rawValue) is missing beside \(other.rawValue); take the row as the export wrote it"
        case .group: "the group's name must be 1 to 64 characters of A-Z a-z 0-9 . _ -"
        case .duplicate(let line): "the user is already in the file, on line \(line); that row is kept"
        case .notUTF8(let column): "\(column.rawValue) is not UTF-8; save the file as UTF-8"
        case .unclosedQuote: "a quote is opened and not closed"
        case .strayQuote: "a quote stands inside a field; quote the whole field and double the quotes in it"
        case .tooLong: "the line is longer than 64 KiB"
        case .cutOff:
            "this last line of the file has no newline: the file may be truncated; load the complete file, or, if it "
                + "is complete, end it with a newline"
        case .notJSON(let fault): fault.description
        case .unknownKey(let name): "key \(name)"
        case .repeatedKey(let column): "the key \(column.rawValue) is there twice"
        case .missingKey(let column): "the key \(column.rawValue) is missing"
        case .wrongType(.userID): "user_id must be text or a whole number"
        case .wrongType(let column):
            switch column.kind {
            case .text: "\(column.rawValue) must be text"
            case .moment: "\(column.rawValue) must be text or a whole number of seconds since 1970"
            case .number: "\(column.rawValue) must be a whole number"
            }
        }
    }

    private static func words(of column: Column) -> [String] {
        switch column {
        case .state: UserState.Kind.allCases.map(\.rawValue)
        case .parkReason: ParkReason.allCases.map(\.rawValue)
        case .lastOutcome: OutcomeKind.allCases.map(\.rawValue)
        default: []
        }
    }

    /// The date as text, such as 2026-01-31.
    private static func day(ofSerial day: Int64) -> String {
        let midnight = Timestamp(secondsSinceEpoch: (day - RowAssembler.serialOfEpoch) * 86_400)
        return String(midnight.description.prefix { $0 != "T" })
    }
}

/// Why a line is not a JSON object.
package enum JSONFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The position of the first invalid byte, counted from 1.
    case unexpected(position: Int)
    /// The line ends before the object does.
    case cutShort
    case notAnObject

    package var description: String {
        switch self {
        case .unexpected(let position): "the line is not valid JSON at byte \(position)"
        case .cutShort: "the line ends before its JSON object does; write each object on one line"
        case .notAnObject: "the line is not a JSON object, which begins with {"
        }
    }
}

/// Why a whole file is refused.
///
/// Of the file's content, it holds only names of columns.
package enum ImportRefusal: Error, Equatable, Sendable {
    /// The file is not text: it contains NUL bytes, or its first line is not UTF-8.
    case notText(line: Int)
    case notUTF8Encoding
    case empty
    case noUsers
    case noHeader
    case unreadableHeader
    case unknownColumn(UnknownName)
    case missingColumn(Column)
    case repeatedColumn(Column)
    /// The columns are separated by tabs.
    case separator(name: String)
    case carriageReturns
    case jsonArray
    case spreadJSON
    /// More rows in succession have no value than a spreadsheet has rows.
    case emptyRows(line: Int)
}

extension ImportRefusal: CustomStringConvertible {
    /// The expected form of a file.
    private static let expected = """
        expected is CSV whose first line is user_id,access_token (and, if you like, refresh_token, expires_at, group), \
        or one JSON object a line: {"user_id":"…","access_token":"…"}
        """

    package var description: String {
        switch self {
        case .notText(let line): "this is not a text file: line \(line) holds binary data; \(Self.expected)"
        case .notUTF8Encoding: "the file is UTF-16; save it as UTF-8"
        case .empty: "the file is empty; \(Self.expected)"
        case .noUsers: "the file has a header and no users"
        case .noHeader: "the first line is not a header that names the columns; \(Self.expected)"
        case .unreadableHeader: "the first line holds a stray or unclosed quote; \(Self.expected)"
        case .unknownColumn(let name): "column \(name)"
        case .missingColumn(let column):
            "the header does not name the column \(column.rawValue); \(Self.expected)"
        case .repeatedColumn(let column): "the header names the column \(column.rawValue) twice"
        case .separator(let name): "the columns are separated by \(name)s; separate them by commas"
        case .carriageReturns:
            "the lines end in a lone carriage return; save the file with LF or CRLF line ends"
        case .jsonArray: "the file is a JSON array; write one object a line, for example with: jq -c '.[]'"
        case .spreadJSON: "an object spreads over several lines; write one a line, for example with: jq -c ."
        case .emptyRows(let line):
            "the \(RowAssembler.mostEmptyRows.grouped) rows before line \(line) have no value; remove them"
        }
    }
}
