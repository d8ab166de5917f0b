import Glibc
import RefreshCore
import Synchronization

/// Kills the process if it gives no sign of life for a while: a stopped, frozen or stuck process cannot check a clock.
///
/// The kernel sends the signal from a timer, without any help from the process: one that is stopped by SIGSTOP or
/// frozen by its cgroup dies without resuming first. The clock counts suspends, so after a sleep of the machine the
/// process is gone. Process 1 of a PID namespace is not killed (see `FirstProcess`).
package final class DeadMansTimer: Sendable {
    /// The timer's id; nil once it is disarmed.
    ///
    /// A number, as a pointer is not sendable; zero is a valid id.
    private let timer: Mutex<UInt?>
    private let span: Duration

    /// Arms the timer: the process has `span` until the first beat.
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

    /// Reports that the process is running, which gives it the whole span again.
    package func beat() {
        timer.withLock { timer in
            guard let timer else { return }
            // Cannot fail for an existing timer.
            _ = Self.set(timer, to: span)
        }
    }

    /// Disarms the timer for good; a later beat does nothing.
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

/// The kernel refused a timer, because of its limits or a system call filter.
package struct DeadMansTimerProblem: Error, Equatable, CustomStringConvertible {
    package let code: Int32

    package var description: String { "timer_create: \(systemText(code))" }
}
