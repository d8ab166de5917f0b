import Glibc

/// A socket that is connected to the journal's: the kernel need not look its path up for every entry.
///
/// One datagram an entry, a line `NAME=value` for each field. Blocks while journald takes no more.
/// Source: systemd.io/JOURNAL_NATIVE_PROTOCOL, which is stable.
///
/// Apart from what imports CSystemd: beside it SOCK_DGRAM and MSG_NOSIGNAL are not to be seen in this module.
final class JournalConnection: Sendable {
    /// What sd_journal_sendv(3) asks for, so that one slow moment of journald does not hold up the writer.
    private static let sendBuffer: Int32 = 8 << 20

    private let path: String
    /// Negative where the process has no descriptor left for it.
    private let descriptor: Int32

    init(path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var size = Self.sendBuffer
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        connect()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Tells whether the entry was taken; where it was not, whatever the reason, nothing of it was sent.
    func send(_ bytes: [UInt8]) -> Bool {
        if Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count { return true }
        // Its socket was made anew, or was not there yet: the next entry may find it.
        if errno == ECONNREFUSED || errno == ENOTCONN { connect() }
        return false
    }

    private func connect() {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard name.count < room.count else { return false }
            room.copyBytes(from: name)
            return true
        }
        guard fits else { return }
        // The address lives as long as the call; bind, connect and the like take every kind of it by this pointer.
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
