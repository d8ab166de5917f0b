import Glibc
import RefreshCore
import RefreshDaemon
import Synchronization

/// The daemon's connection to systemd: one datagram per message, at most a second's wait; does nothing without systemd.
package final class ServiceManager: ServiceNotifying {
    /// `WatchdogSec=` of the unit: `alive` must be called again within this time; aim at half of it.
    package let watchdogInterval: Duration?

    private let socket: NotifySocket?
    /// The manager's status text; locked while another is sent, so that the last one sent is the last one recorded.
    private let shown = Mutex<String?>(nil)

    package init(environment: (String) -> String? = ProcessEnvironment.value) {
        socket = environment("NOTIFY_SOCKET").flatMap(NotifySocket.init)
        let isOurs = environment("WATCHDOG_PID").map { Int32($0) == getpid() } ?? true
        let microseconds = environment("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        watchdogInterval = isOurs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    package func ready(status: String) {
        send("READY=1", status: status)
    }

    package func reloading() {
        // Without the time, Type=notify-reload waits for it until the reload times out.
        let time = ClockReading.time(of: CLOCK_MONOTONIC)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        socket?.send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)", waiting: true)
    }

    package func stopping(status: String) {
        send("STOPPING=1", status: status)
    }

    package func status(_ text: String) {
        guard let socket else { return }
        let line = Self.line(text)
        shown.withLock { shown in
            guard shown != line else { return }
            // If the manager is busy, the text is lost, and the next call sends it again.
            shown = socket.send("STATUS=" + line, waiting: false) ? line : nil
        }
    }

    package func alive() {
        socket?.send("WATCHDOG=1", waiting: false)
    }

    package func extendTimeout(by duration: Duration) {
        socket?.send("EXTEND_TIMEOUT_USEC=\(max(0, duration.wholeMicroseconds))", waiting: true)
    }

    private func send(_ assignment: String, status: String) {
        guard let socket else { return }
        let line = Self.line(status)
        shown.withLock { shown in
            shown = socket.send("\(assignment)\nSTATUS=\(line)", waiting: true) ? line : nil
        }
    }

    /// Makes the text one line: a line break would begin another assignment.
    private static func line(_ text: String) -> String {
        text.sanitized(limit: 200)
    }
}

/// The service manager's datagram socket.
///
/// Implemented here instead of calling sd_notify(3), which takes its address only from the environment and waits
/// without limit. Source: sd_notify(3), "Notes": the protocol is part of systemd's stable interface.
final class NotifySocket: Sendable {
    /// How long a message that must arrive may wait for room in the manager's queue.
    static let patience = timeval(tv_sec: 1, tv_usec: 0)

    private let descriptor: Int32
    private let address: sockaddr_un
    private let addressLength: socklen_t

    /// `name` is a path, or `@` and the name of an abstract socket; the result is nil for any other form.
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
        // An abstract name has no terminator, and a path does not need one.
        addressLength = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    }

    deinit {
        close(descriptor)
    }

    /// Sends one datagram and returns whether it was accepted; waits up to `patience` only if `waiting`.
    @discardableResult
    func send(_ message: String, waiting: Bool) -> Bool {
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        let bytes = Array(message.utf8)
        // sockaddr_un begins like every sockaddr; the pointer is valid during the call.
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

/// The environment the process was started with.
package enum ProcessEnvironment {
    /// The variable's value; nil if it is not set.
    package static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
