import FoundationEssentials
package import RefreshCore

extension SandboxUsers {
    /// Reads the file that the daemon imports: `user_id,access_token`, then columns that do not matter here.
    ///
    /// A first line that begins with `user_id` is a heading. An id may stand in double quotes.
    package init(csv: some Sequence<UInt8>) throws(SandboxUsersProblem) {
        var list: [SandboxUser] = []
        var number = 0
        for line in Array(csv).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.isEmpty else { continue }
            var fields = CSVFields(line)
            guard let id = fields.next(), let token = fields.next() else { throw .columns(line: number) }
            if number == 1, id == Array("user_id".utf8) { continue }
            do {
                list.append(
                    SandboxUser(
                        id: try UserID(String(decoding: id, as: UTF8.self)),
                        token: try AccessToken(token)
                    )
                )
            } catch let problem as UserIDProblem {
                throw .user(line: number, problem)
            } catch let problem as AccessTokenProblem {
                throw .token(line: number, problem)
            } catch {
                throw .columns(line: number)
            }
        }
        guard !list.isEmpty else { throw .nobody }
        self.init(list)
    }

    /// Reads such a file; throws when it cannot be read or a line of it is no user.
    package init(file path: String) throws {
        try self.init(csv: Data(contentsOf: URL(filePath: path)))
    }

    /// Writes the file that the daemon imports, which nobody else can read (mode 0600).
    package func writeCSV(to path: String) throws(FileProblem) {
        try OutputFile.write(to: path, mode: 0o600) { (file) throws(FileProblem) in
            try file.append(Array("user_id,access_token\n".utf8))
            for start in stride(from: 0, to: list.count, by: 500) {
                var piece: [UInt8] = []
                for user in list[start..<min(start + 500, list.count)] {
                    piece += CSVFields.quoted(user.id.rawValue)
                    piece.append(UInt8(ascii: ","))
                    user.token.secret.withBytes { piece += $0 }
                    piece.append(UInt8(ascii: "\n"))
                }
                try file.append(piece)
            }
        }
    }
}

/// Why a file is no list of users; never holds a token.
package enum SandboxUsersProblem: Error, CustomStringConvertible {
    case columns(line: Int)
    case user(line: Int, UserIDProblem)
    case token(line: Int, AccessTokenProblem)
    case nobody

    package var description: String {
        switch self {
        case .columns(let line): "line \(line): expected user_id,access_token"
        case .user(let line, let problem): "line \(line): \(problem)"
        case .token(let line, let problem): "line \(line): \(problem)"
        case .nobody: "the list of users is empty"
        }
    }
}
