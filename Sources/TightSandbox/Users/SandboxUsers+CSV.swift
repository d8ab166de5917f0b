import FoundationEssentials
import RefreshCore

extension SandboxUsers {
    /// Parses the file that the daemon imports: `user_id,access_token`, then the columns that a heading names.
    ///
    /// A first line that begins with `user_id` is a heading; of its further columns, only `refresh_token` and
    /// `expires_at` are used. An id may be in double quotes.
    package init(csv: some Sequence<UInt8>) throws(SandboxUsersProblem) {
        var list: [SandboxUser] = []
        var further: [String] = []
        var number = 0
        for line in Array(csv).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.isEmpty else { continue }
            var fields = CSVFields(line)
            guard let id = fields.next(), let token = fields.next() else { throw .columns(line: number) }
            if number == 1, id == Array("user_id".utf8) {
                while let name = fields.next() { further.append(String(decoding: name, as: UTF8.self)) }
                continue
            }
            var rest: [String: [UInt8]] = [:]
            for name in further { rest[name] = fields.next() }
            do {
                list.append(
                    SandboxUser(
                        id: try UserID(String(decoding: id, as: UTF8.self)),
                        token: try AccessToken(token),
                        refreshToken: try rest["refresh_token"].flatMap { $0.isEmpty ? nil : try AccessToken($0) },
                        expiresAt: try Self.moment(rest["expires_at"] ?? [], line: number)
                    )
                )
            } catch let problem as SandboxUsersProblem {
                throw problem
            } catch {
                throw .field(line: number, "\(error)")
            }
        }
        guard !list.isEmpty else { throw .nobody }
        self.init(list)
    }

    private static func moment(_ text: [UInt8], line: Int) throws(SandboxUsersProblem) -> Timestamp? {
        guard !text.isEmpty else { return nil }
        let text = String(decoding: text, as: UTF8.self)
        guard let moment = Int64(text).map(Timestamp.init(secondsSinceEpoch:)) ?? Timestamp(rfc3339: text) else {
            throw .expiresAt(line: line)
        }
        return moment
    }

    /// Reads such a file; throws if it cannot be read or a line of it is not a user.
    package init(file path: String) throws {
        try self.init(csv: Data(contentsOf: URL(filePath: path)))
    }

    /// Writes the file that the daemon imports, readable only by its owner (mode 0600).
    ///
    /// It has columns for refresh tokens and expiry times if any user has one.
    package func writeCSV(to path: String) throws(FileProblem) {
        let isWide = list.contains { $0.refreshToken != nil || $0.expiresAt != nil }
        let heading = Array("user_id,access_token\(isWide ? ",refresh_token,expires_at" : "")\n".utf8)
        let pieces = stride(from: 0, through: list.count, by: 500).lazy.map { start in
            list[start..<min(start + 500, list.count)].reduce(into: start == 0 ? heading : []) { piece, user in
                piece += CSVFields.quoted(user.id.rawValue)
                piece.append(UInt8(ascii: ","))
                user.token.secret.withBytes { piece += $0 }
                if isWide {
                    piece.append(UInt8(ascii: ","))
                    user.refreshToken?.secret.withBytes { piece += $0 }
                    piece.append(UInt8(ascii: ","))
                    if let expiresAt = user.expiresAt { piece += Array(expiresAt.description.utf8) }
                }
                piece.append(UInt8(ascii: "\n"))
            }
        }
        try OutputFile.write(pieces, to: path, mode: 0o600)
    }
}

/// Why a file is not a list of users; never contains a token.
package enum SandboxUsersProblem: Error, CustomStringConvertible {
    case columns(line: Int)
    case field(line: Int, String)
    case expiresAt(line: Int)
    case nobody

    package var description: String {
        switch self {
        case .columns(let line): "line \(line): expected user_id,access_token"
        case .field(let line, let problem): "line \(line): \(problem)"
        case .expiresAt(let line): "line \(line): expires_at is neither seconds since 1970 nor an RFC 3339 moment"
        case .nobody: "the list of users is empty"
        }
    }
}

/// Reads the fields of one line of CSV in order (RFC 4180, without line breaks inside a field).
struct CSVFields {
    private var rest: ArraySlice<UInt8>?

    init(_ line: ArraySlice<UInt8>) {
        rest = line
    }

    mutating func next() -> [UInt8]? {
        guard let line = rest else { return nil }
        guard line.first == UInt8(ascii: "\"") else {
            let field = line.prefix { $0 != UInt8(ascii: ",") }
            rest = field.endIndex == line.endIndex ? nil : line[(field.endIndex + 1)...]
            return Array(field)
        }
        var field: [UInt8] = []
        var index = line.startIndex + 1
        while index < line.endIndex {
            if line[index] == UInt8(ascii: "\"") {
                index += 1
                guard index < line.endIndex, line[index] == UInt8(ascii: "\"") else { break }
            }
            field.append(line[index])
            index += 1
        }
        rest = index < line.endIndex ? line[(index + 1)...] : nil
        return field
    }

    /// A field as it is written, in quotes if it needs them.
    static func quoted(_ text: String) -> [UInt8] {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
            return Array(text.utf8)
        }
        let quote = UInt8(ascii: "\"")
        return [quote] + text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
