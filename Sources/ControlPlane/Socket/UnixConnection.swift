import Glibc

/// Finds out whether a process listens on a unix socket.
enum UnixConnection {
    enum Probe: Equatable {
        case live
        /// The file was left by a process that has ended.
        case stale
        case refused(errno: CInt)
    }

    /// Connects to `path`, of at most 107 bytes, without waiting, and closes the connection at once.
    static func probe(path: String) -> Probe { connected(path: path) { _ in }.probe }

    /// The process that listens at `path`; nil if there is none or it cannot be determined.
    static func listener(path: String) -> Int32? {
        connected(path: path) { descriptor in
            // `struct ucred`, which is not imported here: process, user and group.
            var credentials: (pid_t, uid_t, gid_t) = (0, 0, 0)
            var length = socklen_t(MemoryLayout.size(ofValue: credentials))
            guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
            return credentials.0 > 0 ? credentials.0 : nil
        }.answer.flatMap { $0 }
    }

    /// `answer` is the result of `body`; nil if no connection was made.
    private static func connected<Answer>(
        path: String, _ body: (CInt) -> Answer
    ) -> (probe: Probe, answer: Answer?) {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard let handle = FileHandle(socket(AF_UNIX, type, 0)) else { return (.refused(errno: errno), nil) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(SocketPath.longest))
        }
        // Safe: `address` outlives the call, and its true size is passed.
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(handle.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        return switch code {
        case 0: (.live, body(handle.descriptor))
        // A socket with a full queue and one of another type both have a listener.
        case EAGAIN, EINPROGRESS, EPROTOTYPE: (.live, nil)
        case ECONNREFUSED: (.stale, nil)
        default: (.refused(errno: code), nil)
        }
    }
}
