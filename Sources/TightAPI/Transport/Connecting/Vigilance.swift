import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// How the kernel finds out that the other side of a connection is gone, as tcp(7) has it.
///
/// It matters where nobody else asks: to HTTP/1.1, and to a handshake. Its answers come from the next hop that speaks TCP,
/// which behind a proxy is the proxy; PING goes all the way.
struct Vigilance {
    /// Empty where nobody is asked.
    private let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)]

    /// After that much silence two questions are asked, one `timeout` apart; and what was sent may stay unacknowledged for
    /// as long as that takes together: one time for a dead connection, whether calls wait on it or are sent.
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
