import Glibc

/// A socket that stays connected to the journal's, so the kernel does not look up its path for every entry.
///
/// Each entry is one datagram with a line `NAME=value` for each field. Blocks while journald accepts no more. Source:
/// systemd.io/JOURNAL_NATIVE_PROTOCOL, which is stable.
///
/// This file is separate from those that import CSystemd, which hides SOCK_DGRAM and MSG_NOSIGNAL in this module.
final class JournalConnection: Sendable {
    /// The same size as in sd_journal_sendv(3), so that one slow moment of journald does not delay the writer.
    private static let sendBuffer: Int32 = 8 << 20

    private let path: String
    /// Negative if the process has no descriptor left.
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

    /// Returns whether the entry was accepted; if not, for whatever reason, none of it was sent.
    func send(_ bytes: [UInt8]) -> Bool {
        if Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count { return true }
        // The journal's socket was recreated or did not exist yet; the next entry may reach it.
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
        // The address is valid during the call; connect(2) takes every address type through this pointer.
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
