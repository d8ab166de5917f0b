package import RefreshCore

/// Why a row gives no user.
///
/// Never holds a token, nor anything that may be one.
package enum RowProblem: Error, Equatable, Sendable {
    case fieldCount(found: Int, expected: Int)
    /// The value is not what it was before a spreadsheet had it.
    case damaged(Column, SpreadsheetDamage)
    /// A field that begins as a formula of a spreadsheet does, in a row that cannot be read for it.
    case formula
    /// The day in the count of spreadsheets.
    case serialDay(Int64)
    case userID(UserIDProblem)
    case accessToken(AccessTokenProblem)
    case refreshToken(AccessTokenProblem)
    case expired(at: Timestamp)
    /// Neither RFC 3339 nor whole seconds since 1970 up to the year 9999.
    case expiresAt
    case group
    /// What an export says of how the user stood cannot be.
    case standing(StandingProblem)
    /// The user was in the file already; the line of the row that is kept.
    case duplicate(ofLine: Int)
    case notUTF8(Column)
    /// A quote that is still open where the record has to end.
    case unclosedQuote
    /// A quote inside a field, or text after the closing one.
    case strayQuote
    case tooLong
    /// The last line of the file, without an end.
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
        case .expiresAt:
            "expires_at is no moment: write it as 2027-01-31T00:00:00Z or in seconds since 1970 (not milliseconds)"
        case .standing(let problem): problem.description
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

    /// As text, such as 2026-01-31.
    private static func day(ofSerial day: Int64) -> String {
        let midnight = Timestamp(secondsSinceEpoch: (day - RowAssembler.serialOfEpoch) * 86_400)
        return String(midnight.description.prefix { $0 != "T" })
    }
}
