import Glibc
package import RefreshCore

extension ListenAddress {
    /// Why a server could not listen here; nil if one could.
    ///
    /// Listens for a moment to find out.
    package var problem: WebProblem? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else {
            return .system(self, detail: "the address is not understood")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.pointee.ai_family, hints.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return problem(errno) }
        defer { close(descriptor) }
        // As the server does: a port that was just released belongs to no other program.
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            return problem(errno)
        }
        return nil
    }

    /// What an `errno` of bind(2) or listen(2) means.
    func problem(_ code: Int32) -> WebProblem {
        switch code {
        case EADDRINUSE: .taken(self)
        case EACCES, EPERM: .notAllowed(self)
        case EADDRNOTAVAIL: .notHere(self)
        default: .system(self, detail: String(cString: strerror(code)))
        }
    }
}
