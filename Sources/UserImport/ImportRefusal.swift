/// Why a whole file is refused.
///
/// Never holds anything of its content but names of columns.
package enum ImportRefusal: Error, Equatable, Sendable {
    /// No text at all: it holds NUL bytes, or its first line is not UTF-8.
    case notText(line: Int)
    case notUTF8Encoding
    case empty
    /// A header and nothing after it.
    case noUsers
    case noHeader
    case unreadableHeader
    case unknownColumn(UnknownName)
    case missingColumn(Column)
    case repeatedColumn(Column)
    /// The columns are separated by semicolons or tabs.
    case separator(name: String)
    case carriageReturns
    case jsonArray
    /// An object that spreads over several lines.
    case spreadJSON
}

extension ImportRefusal: CustomStringConvertible {
    /// What a file has to look like.
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
        }
    }
}
