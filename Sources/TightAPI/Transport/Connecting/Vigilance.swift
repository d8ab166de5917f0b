import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// How the kernel finds out that the other side of a connection is gone, as tcp(7) has it.
///
/// It matters where no other check exists: for HTTP/1.1 and for a handshake. Its answers come from the next TCP hop,
/// which is the proxy if there is one; PING reaches the server.
struct Vigilance {
    /// Empty if the check is off.
    private let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)]

    /// After that much silence, two probes are sent, one `timeout` apart; sent data may stay unacknowledged for the
    /// same total time.
    ///
    /// A dead connection is found in the same time whether calls wait on it or are being sent.
    init(after: TimeAmount?, timeout: TimeAmount) {
        guard let after else {
            options = []
            return
        }
        let unacknowledged = after.nanoseconds + 2 * timeout.nanoseconds
        options = [
            (.socketOption(.so_keepalive), 1),
            (.tcpOption(.init(rawValue: TCP_KEEPIDLE)), Self.seconds(after)),
            (.tcpOption(.init(rawValue: TCP_KEEPINTVL)), Self.seconds(timeout)),
            (.tcpOption(.init(rawValue: TCP_KEEPCNT)), 2),
            (.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), SocketOptionValue(unacknowledged / 1_000_000)),
        ]
    }

    /// The kernel counts whole seconds, and no fewer than one.
    private static func seconds(_ time: TimeAmount) -> SocketOptionValue {
        SocketOptionValue(max(1, (time.nanoseconds + 500_000_000) / 1_000_000_000))
    }

    func watch(_ channel: any Channel) throws {
        for (option, value) in options { try channel.syncOptions?.setOption(option, value: value) }
    }
}
