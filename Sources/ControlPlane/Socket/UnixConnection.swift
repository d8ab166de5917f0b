import Glibc

/// Finds out whether a process listens on a unix socket.
enum UnixConnection {
    enum Probe: Equatable {
        case live
        /// The file was left by a process that is gone.
        case stale
        case refused(errno: CInt)
    }

    /// Connects to `path`, of at most 107 bytes, without waiting, and closes the connection at once.
    static func probe(path: String) -> Probe {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard let handle = FileHandle(socket(AF_UNIX, type, 0)) else { return .refused(errno: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(SocketPath.longest))
        }
        // Safe: `address` outlives the call, and its true size goes with it.
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(handle.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        return switch code {
        case 0: .live
        // A full queue and a socket of another kind both have an owner.
        case EAGAIN, EINPROGRESS, EPROTOTYPE: .live
        case ECONNREFUSED: .stale
        default: .refused(errno: code)
        }
    }
}
