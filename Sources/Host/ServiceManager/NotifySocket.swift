import Glibc

/// The service manager's datagram socket.
///
/// Written out instead of calling sd_notify(3), which takes its address from the environment only and waits without
/// limit. Source: sd_notify(3), "Notes": the protocol is part of systemd's stable interface.
final class NotifySocket: Sendable {
    /// How long a message that must arrive may wait for room in the manager's queue.
    static let patience = timeval(tv_sec: 1, tv_usec: 0)

    private let descriptor: Int32
    private let address: sockaddr_un
    private let addressLength: socklen_t

    /// `name` is a path, or `@` and the name of an abstract socket; nil for anything else.
    init?(name: String) {
        let bytes = Array(name.utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: address.sun_path),
            bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@")
        else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: bytes)
            if bytes[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var patience = Self.patience
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        self.descriptor = descriptor
        self.address = address
        // An abstract name has no end mark, and a path does without.
        addressLength = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    }

    deinit {
        close(descriptor)
    }

    /// Sends one datagram and tells whether it was taken; `waiting` allows it `patience`, else it is sent now or not.
    @discardableResult
    func send(_ message: String, waiting: Bool) -> Bool {
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        let bytes = Array(message.utf8)
        // sockaddr_un begins as every sockaddr does; the pointer lives for the call.
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                var sent: Int
                repeat {
                    sent = sendto(descriptor, bytes, bytes.count, flags, address, addressLength)
                } while sent
                    < 0 && errno == EINTR
                return sent == bytes.count
            }
        }
    }
}
