import Glibc
import RefreshCore
import RefreshDaemon
import Synchronization

/// systemd, as the daemon talks to it: one datagram a message, at most a second's wait, nothing where there is none.
///
/// Source: sd_notify(3), sd_watchdog_enabled(3).
package final class ServiceManager: ServiceNotifying {
    /// `WatchdogSec=` of the unit, within which `alive` has to be heard again; aim at half of it.
    package let watchdogInterval: Duration?

    private let socket: NotifySocket?
    /// The status text the manager has; held while another is sent, so that the last one sent is the last one set.
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
        // Without the moment, Type=notify-reload waits for it until the reload times out.
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
            // Lost when the manager is busy: then the next call sends again.
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

    /// One line: a line break would begin another assignment.
    private static func line(_ text: String) -> String {
        text.sanitized(limit: 200)
    }
}
