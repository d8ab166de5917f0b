/// Where a store is, as messages, notes in stores and answers of the control socket name it.
package enum StorePlace: Equatable, Sendable {
    /// The path of a file on this machine.
    case file(String)
    /// The address of a server, without secrets.
    case server(String)

    /// The prefix of server addresses, which no path has.
    package static let scheme = "postgresql://"

    package init(_ text: String) {
        self = text.hasPrefix(Self.scheme) ? .server(text) : .file(text)
    }

    package var isOnServer: Bool {
        if case .server = self { true } else { false }
    }

    /// The command or statement that removes the store for good.
    package var removal: String {
        switch self {
        case .file(let path): "rm -f \(["", "-wal", "-shm", ".lock"].map { path + $0 }.joined(separator: " "))"
        case .server: "DROP SCHEMA bankrefreshd CASCADE, in that database"
        }
    }
}
