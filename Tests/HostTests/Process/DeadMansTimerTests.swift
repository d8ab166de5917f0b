import Foundation
import Glibc
import Host
import Testing

/// In processes of their own: the timer ends the one that it is in.
@Suite(.timeLimit(.minutes(1)))
struct DeadMansTimerTests {
    /// Has somebody continue this process, and end it, if nothing ends it before: a test that fails must end too.
    private static func endLater() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "sleep 20; kill -TERM \(getpid()); kill -CONT \(getpid())"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    private static func wait(_ span: Duration) {
        usleep(useconds_t(span / .microseconds(1)))
    }

    @Test func `a process that is stopped is killed, and nothing has to continue it for that`() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let timer = try DeadMansTimer(span: .seconds(1))
            try Self.endLater()
            withExtendedLifetime(timer) { _ = raise(SIGSTOP) }
        }
    }

    @Test func `a process that does not beat is killed`() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let timer = try DeadMansTimer(span: .milliseconds(300))
            timer.beat()
            withExtendedLifetime(timer) { Self.wait(.seconds(20)) }
        }
    }

    @Test func `a process that beats lives, however long`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let timer = try DeadMansTimer(span: .seconds(2))
            for _ in 0..<30 {
                timer.beat()
                Self.wait(.milliseconds(100))
            }
            exit(7)
        }
    }

    @Test func `a timer that was disarmed kills nobody, and no late beat arms it again`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let timer = try DeadMansTimer(span: .milliseconds(300))
            timer.disarm()
            timer.beat()
            Self.wait(.seconds(1))
            exit(7)
        }
    }

    @Test func `a timer that nobody holds any more kills nobody`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            _ = try DeadMansTimer(span: .milliseconds(300))
            Self.wait(.seconds(1))
            exit(7)
        }
    }

    @Test func `timers are each their own`() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let (beating, silent) = (try DeadMansTimer(span: .seconds(5)), try DeadMansTimer(span: .milliseconds(300)))
            try withExtendedLifetime(silent) {
                try Self.endLater()
                for _ in 0..<200 {
                    beating.beat()
                    Self.wait(.milliseconds(100))
                }
            }
        }
    }

    @Test func `a kernel that gives no timer says why`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            // Each timer has a signal of its own set aside.
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(__RLIMIT_SIGPENDING.rawValue), &none)
            do { _ = try DeadMansTimer(span: .seconds(1)) } catch {
                if "\(error)" == "timer_create: Resource temporarily unavailable" { exit(7) }
            }
        }
    }
}
