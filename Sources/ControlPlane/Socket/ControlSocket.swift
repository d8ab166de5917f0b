import Glibc
import Synchronization

/// The socket file: where it is bound, how it gets to its place with its mode, and how it is removed.
///
/// It is bound at `bindPath` first; `publish` gives it mode 0660 and moves it to its place in one step.
/// Listings such as ss(8) therefore show it as `bindPath`.
final class ControlSocket: Sendable {
    let path: SocketPath
    let bindPath: String
    private let directory: FileHandle
    /// Kept open until the end, because the server looks at `bindPath` when it closes.
    ///
    /// Until then, the descriptor's number must not be reused for another file.
    private let staged: FileHandle
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var staging: SocketStaging?
        var published: FileIdentity?
    }

    /// Reserves the place, which keeps other daemons out until `publish` or `withdraw`.
    ///
    /// The place must be free or hold a dead process's socket; otherwise throws `ControlSocketProblem`. Waits up to 5 s
    /// while another daemon does the same.
    init(path: SocketPath) async throws {
        self.path = path
        let directory = try Self.open(path.directory)
        self.directory = directory
        // Checked before the first change on disk, so that an unavailable place is left as it was.
        try Self.checkFree(path, in: directory)
        let staging = try await Self.staging(in: directory, for: path)
        // Checked again, because no other daemon can take the place from here on.
        try Self.checkFree(path, in: directory)
        staged = staging.handle
        bindPath = "\(staging.handle.procPath)/\(SocketStaging.socketName)"
        state = Mutex(State(staging: staging, published: nil))
    }

    /// Moves the bound socket to its place, replacing a dead process's socket.
    func publish() throws(ControlSocketProblem) {
        try state.withLock { state throws(ControlSocketProblem) in
            guard let staging = state.staging.take() else { return }
            let from = staging.handle.descriptor
            guard fchmodat(from, SocketStaging.socketName, 0o660, 0) == 0 else {
                throw .system(path: path.text, call: "chmod", code: errno)
            }
            guard let made = staging.handle.entry(SocketStaging.socketName),
                renameat(from, SocketStaging.socketName, directory.descriptor, path.name) == 0
            else { throw .system(path: path.text, call: "rename", code: errno) }
            state.published = FileIdentity(made)
        }
    }

    /// Removes the socket file, unless another daemon's has taken its place.
    func withdraw() {
        state.withLock { state in
            state.staging = nil
            // If another daemon holds the staging directory, it is about to put its own socket there.
            guard let published = state.published.take(),
                let staging = try? SocketStaging(in: directory, for: path)
            else { return }
            if let now = directory.entry(path.name), FileIdentity(now) == published {
                unlinkat(directory.descriptor, path.name, 0)
            }
            _ = consume staging
        }
    }

    private static func open(_ path: String) throws(ControlSocketProblem) -> FileHandle {
        guard let directory = FileHandle(Glibc.open(path, FileHandle.nameOnly | O_DIRECTORY | O_CLOEXEC))
        else {
            switch errno {
            case ENOENT: throw .noDirectory(path)
            case ENOTDIR: throw .notADirectory(path)
            case EACCES: throw .notAllowed(path: path)
            case let code: throw .system(path: path, call: "open", code: code)
            }
        }
        return directory
    }

    private static func staging(in directory: FileHandle, for path: SocketPath) async throws -> SocketStaging {
        // A file lock cannot be awaited without blocking a thread.
        for _ in 0..<250 {
            if let staging = try SocketStaging(in: directory, for: path) { return staging }
            try await ContinuousClock().sleep(for: .milliseconds(20))
        }
        throw ControlSocketProblem.anotherStarts(path: path.text)
    }

    private static func checkFree(_ path: SocketPath, in directory: FileHandle) throws(ControlSocketProblem) {
        guard let occupant = directory.entry(path.name) else {
            switch errno {
            case ENOENT: return
            case EACCES: throw .notAllowed(path: path.directory)
            case let code: throw .system(path: path.text, call: "stat", code: code)
            }
        }
        guard occupant.st_mode & S_IFMT == S_IFSOCK else { throw .inTheWay(path: path.text) }
        guard
            let file = FileHandle(
                openat(directory.descriptor, path.name, FileHandle.nameOnly | O_NOFOLLOW | O_CLOEXEC)
            )
        else {
            if errno == ENOENT { return }
            throw .system(path: path.text, call: "open", code: errno)
        }
        switch UnixConnection.probe(path: file.procPath) {
        case .stale: return
        case .live: throw .anotherListens(path: path.text)
        case .refused(EACCES), .refused(EPERM): throw .notAllowed(path: path.text)
        case .refused(let code): throw .system(path: path.text, call: "connect", code: code)
        }
    }
}

/// The path of a unix socket: 1 to 107 bytes that end in a file name.
///
/// Source: unix(7). `sun_path` holds 108 bytes, the last of them zero; every client must fit the path into it.
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
