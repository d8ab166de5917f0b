import Glibc

/// Why the control socket cannot be opened, and what to do about it.
package enum ControlSocketProblem: Error, Equatable, Sendable {
    case notAPath(String)
    case pathTooLong(path: String, bytes: Int)
    case noDirectory(String)
    case notADirectory(String)
    /// The daemon lacks a permission; `path` is the file or directory in question.
    case notAllowed(path: String)
    /// A live process accepts connections at the path.
    case anotherListens(path: String)
    /// Another daemon has been starting at the path for seconds.
    case anotherStarts(path: String)
    /// Something other than a socket is at the path; it is left alone.
    case inTheWay(path: String)
    /// The system refused another call, with this `errno`.
    case system(path: String, call: String, code: Int32)
}

extension ControlSocketProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAPath(let path):
            "control.socket: \"\(path)\" does not name a file; give a path such as /run/bankrefreshd/control.sock"
        case .pathTooLong(let path, let bytes):
            "control.socket: \(path) is \(bytes) bytes long; a socket's path may have \(SocketPath.longest) bytes"
        case .noDirectory(let path):
            "control.socket: the directory \(path) does not exist; create it, or set RuntimeDirectory= in the unit"
        case .notADirectory(let path):
            "control.socket: \(path) is not a directory; choose another path"
        case .notAllowed(let path):
            "control.socket: no permission for \(path); let the daemon's user write there, or choose another path"
        case .anotherListens(let path):
            "control.socket: another daemon listens on \(path); stop it, or choose another path"
        case .anotherStarts(let path):
            "control.socket: another daemon is starting on \(path); wait for it, or choose another path"
        case .inTheWay(let path):
            "control.socket: \(path) exists and is no socket of ours; move it away, or choose another path"
        case .system(let path, let call, let code):
            "control.socket: \(path): \(call) failed: \(String(cString: strerror(code)))"
        }
    }
}
