import RefreshCore

extension Notation<[PostgreSQLHost]> {
    /// A list of servers in order of preference.
    static var postgreSQLHosts: Notation {
        Notation(
            allowed: "list of 1 to \(HostReading.most) hosts: `\"HOST\"`, `\"HOST:PORT\"` or `\"/DIRECTORY\"`",
            read: { (value) throws(Complaint) -> [PostgreSQLHost] in try HostReading.hosts(value) },
            write: { hosts in
                .array(hosts.map { JSONNode(value: .string($0.text), position: .start) })
            }
        )
    }
}

/// Complaints never repeat an invalid host: an address may hold a password.
private enum HostReading {
    static let most = 16
    private static let example = "write [\"db1.example.com\", \"db2.example.com:5433\"]"

    static func hosts(_ value: JSONValue) throws(Complaint) -> [PostgreSQLHost] {
        guard case .array(let nodes) = value else {
            if case .string = value {
                throw Complaint(
                    .wrongType, "a list of hosts is expected, not a text", "put it into [ ]: \(example)",
                    showsValue: false)
            }
            throw .wrongType(value, expected: "a list of hosts", suggestion: example)
        }
        guard (1...most).contains(nodes.count) else {
            throw Complaint(.outOfRange, nodes.isEmpty ? "no host" : "\(nodes.count) hosts", "name 1 to \(most)")
        }
        var hosts: [PostgreSQLHost] = []
        for (index, node) in nodes.enumerated() {
            do throws(Complaint) {
                let host = try host(node.value)
                if hosts.contains(host) { throw Complaint(.badValue, "it is named before", "name each host once") }
                hosts.append(host)
            } catch {
                throw Complaint(error.kind, "host \(index + 1): \(error.reason)", error.suggestion)
            }
        }
        return hosts
    }

    private static func host(_ value: JSONValue) throws(Complaint) -> PostgreSQLHost {
        guard case .string(var text) = value else {
            throw Complaint(.wrongType, "a text is expected, not \(value.typeName)", example)
        }
        if text.hasPrefix("/") {
            while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
            // A socket's path has at most 108 bytes with the final zero, see unix(7); the name in it takes up to 22.
            if let complaint = FilePath.complaint(about: text, longest: 85) { throw complaint }
            return PostgreSQLHost(socketIn: text)
        }
        if text.contains("://") || text.contains("@") || text.contains("=") {
            throw Complaint(
                .badValue, "an address with more than a host and a port",
                "write \"HOST:PORT\" alone; database, user and password have keys of their own")
        }
        if text.hasPrefix("~") || text.contains("/") {
            throw Complaint(.badValue, "no host", "write the directory of a Unix socket in full, from / on")
        }
        do throws(EndpointProblem) {
            return PostgreSQLHost(try Authority(text))
        } catch {
            switch error {
            case .port: throw Complaint(.badValue, "a port that is none", "use 1 to 65535")
            case .noHost: throw Complaint(.badValue, "a name is missing", example)
            default:
                throw Complaint(
                    .badValue, "no name or address of a host",
                    "write a name in ASCII, an IPv4 address of four numbers up to 255, or an IPv6 address in [ ]")
            }
        }
    }
}

extension Notation<String> {
    /// The name of a role or a database.
    ///
    /// Source: PostgreSQL documentation, "Identifiers and Key Words": longer names are truncated.
    static func postgreSQLName(_ example: String) -> Notation {
        .text(allowed: "text of 1 to 63 bytes", example: example) { (text) throws(Complaint) -> String in
            if text.isEmpty { throw Complaint(.badValue, "a name is missing", "write \"\(example)\"") }
            guard text.utf8.count <= 63 else {
                throw Complaint(.outOfRange, "a name of \(text.utf8.count) bytes", "at most 63 are allowed")
            }
            guard !text.unicodeScalars.contains(where: \.isControl), text.first != " ", text.last != " " else {
                throw Complaint(
                    .badValue, "a name with an outer blank, or a control or invisible character", "remove it")
            }
            return text
        }
    }

    /// The name of a daemon in its fleet; names with spaces are reserved for commands.
    static var memberName: Notation {
        .text(
            allowed: "1 to 64 letters, digits, `.`, `_` and `-`", example: "refresher-1"
        ) { (text) throws(Complaint) -> String in
            guard GroupName(text) != nil else {
                throw Complaint(.badValue, "not a name of a daemon", "use 1 to 64 letters A-Z a-z, digits, . _ and -")
            }
            return text
        }
    }
}
