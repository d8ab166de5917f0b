/// The path of a unix socket: 1 to 107 bytes that end in a file's name.
///
/// Source: unix(7). `sun_path` holds 108 bytes, the last of them zero; every client has to fit the path into it.
struct SocketPath: Equatable, Sendable {
    static let longest = 107

    let text: String
    let directory: String
    let name: String

    init(_ text: String) throws(ControlSocketProblem) {
        guard text.utf8.count <= Self.longest else { throw .pathTooLong(path: text, bytes: text.utf8.count) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !["", ".", ".."].contains(name), !text.utf8.contains(0) else {
            throw .notAPath(text)
        }
        self.text = text
        self.name = String(name)
        let directory = parts.dropLast().joined(separator: "/")
        self.directory = directory.isEmpty ? (text.hasPrefix("/") ? "/" : ".") : directory
    }
}
