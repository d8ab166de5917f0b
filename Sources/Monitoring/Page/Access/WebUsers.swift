package import RefreshCore

/// The users who may see the page: names and password hashes, one `name:hash` per line, as htpasswd(1) writes them.
///
/// Empty lines and lines that begin with `#` are ignored.
package struct WebUsers: Equatable, Sendable {
    static let longestName = 64

    private let hashes: [[UInt8]: PasswordHash]
    /// The hash that an unknown name is checked against, so that the check takes as long as for a known one.
    private let standIn: PasswordHash

    package init(file: Secret) throws(WebUsersProblem) {
        let lines = file.withBytes { bytes in
            bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        }
        var hashes: [[UInt8]: PasswordHash] = [:]
        for (index, line) in lines.enumerated() {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            let number = index + 1
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon(line: number) }
            let name = Array(line[..<colon])
            guard (1...Self.longestName).contains(name.count), name.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
                throw .name(line: number)
            }
            guard hashes[name] == nil else { throw .twice(line: number) }
            do throws(PasswordHashProblem) {
                hashes[name] = try PasswordHash(String(decoding: line[(colon + 1)...], as: UTF8.self))
            } catch {
                throw .hash(line: number, error)
            }
        }
        guard let standIn = hashes.values.first else { throw .nobody }
        (self.hashes, self.standIn) = (hashes, standIn)
    }

    /// Takes as long for an unknown name.
    func contains(_ name: [UInt8], password: Secret) -> Bool {
        let hash = hashes[name]
        return (hash ?? standIn).matches(password) && hash != nil
    }
}

/// What is wrong with a file of users; no part of its content is repeated.
package enum WebUsersProblem: WebAccessProblem, Equatable {
    case nobody
    case noColon(line: Int)
    case name(line: Int)
    case twice(line: Int)
    case hash(line: Int, PasswordHashProblem)

    package var description: String {
        switch self {
        case .nobody: "it contains no users"
        case .noColon(let line): "line \(line): there is no colon"
        case .name(let line):
            "line \(line): the name is empty, longer than \(WebUsers.longestName) bytes, or holds a blank"
        case .twice(let line): "line \(line): the name appears on an earlier line"
        case .hash(let line, let problem): "line \(line): \(problem.reason)"
        }
    }

    package var remedy: String {
        switch self {
        case .nobody, .noColon, .name: "write NAME:HASH on each line, with a hash from mkpasswd --method=yescrypt"
        case .twice: "remove one of the two lines"
        case .hash(_, let problem): problem.remedy
        }
    }
}
