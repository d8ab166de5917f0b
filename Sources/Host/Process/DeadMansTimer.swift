import Glibc
import RefreshCore
import Synchronization

/// Kills the process when it was not heard of for a while: while it is stopped, frozen or stuck, it cannot look at the
/// clock itself.
///
/// The signal is the kernel's, from a timer of it, and needs nothing of the process: one that is stopped by SIGSTOP or
/// frozen by its cgroup dies without going on before. The clock counts suspends: a machine that slept wakes up without
/// the process. Process 1 of a PID namespace is not killed (see `FirstProcess`).
///
/// Source: timer_create(2), pid_namespaces(7).
package final class DeadMansTimer: Sendable {
    /// The timer's id; nil once it is disarmed.
    ///
    /// A number, for a pointer is not sendable; zero is an id like any other.
    private let timer: Mutex<UInt?>
    private let span: Duration

    /// Armed from now on: the process has `span` until the first beat.
    package init(span: Duration) throws(DeadMansTimerProblem) {
        var event = sigevent()
        event.sigev_notify = CInt(SIGEV_SIGNAL)
        event.sigev_signo = SIGKILL
        var made: timer_t?
        guard timer_create(CLOCK_BOOTTIME, &event, &made) == 0 else { throw DeadMansTimerProblem(code: errno) }
        let id = UInt(bitPattern: made)
        self.span = span
        timer = Mutex(id)
        guard Self.set(id, to: span) else { throw DeadMansTimerProblem(code: errno) }
    }

    deinit {
        disarm()
    }

    /// The process runs: it has the whole span again.
    package func beat() {
        timer.withLock { timer in
            guard let timer else { return }
            // Fails for no timer that is there.
            _ = Self.set(timer, to: span)
        }
    }

    /// Ends it for good; a beat that comes later does nothing.
    package func disarm() {
        timer.withLock { timer in
            guard let id = exchange(&timer, with: nil) else { return }
            timer_delete(UnsafeMutableRawPointer(bitPattern: id))
        }
    }

    private static func set(_ timer: UInt, to span: Duration) -> Bool {
        let microseconds = max(1, span.wholeMicroseconds)
        let value = timespec(
            tv_sec: Int(microseconds / 1_000_000), tv_nsec: Int(microseconds % 1_000_000 * 1_000))
        var setting = itimerspec(it_interval: timespec(), it_value: value)
        return timer_settime(UnsafeMutableRawPointer(bitPattern: timer), 0, &setting, nil) == 0
    }
}

/// The kernel gives no timer: its limits, or a filter of system calls.
package struct DeadMansTimerProblem: Error, Equatable, CustomStringConvertible {
    package let code: Int32

    package var description: String { "timer_create: \(String(cString: strerror(code)))" }
}
