#if canImport(Glibc)
import Glibc
#endif

/// An address that answers no attempt to connect, as one does whose machine is gone.
///
/// It listens and never accepts, and its queue is full: the kernel drops what comes then. Source: listen(2), tcp(7).
struct BlackHole: ~Copyable {
    private struct Unavailable: Error {
        let number = errno
    }

    private let sockets: [Int32]

    init(_ address: String, port: Int) throws {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        place.sin_addr.s_addr = inet_addr(address)
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        sockets = (0..<4).map { _ in socket(AF_INET, flags, 0) }
        for (index, handle) in sockets.enumerated() {
            let result = withUnsafePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    return index == 0 ? bind(handle, $0, size) : connect(handle, $0, size)
                }
            }
            guard result == 0 || index > 0 && errno == EINPROGRESS else { throw Unavailable() }
            if index == 0, listen(handle, 0) != 0 { throw Unavailable() }
        }
    }

    deinit {
        for handle in sockets { close(handle) }
    }
}
