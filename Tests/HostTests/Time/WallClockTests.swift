import Foundation
import Host
import RefreshCore
import Testing

@Suite struct WallClockTests {
    let clock = WallClock()

    @Test func `the time since boot alone is that of a reading, and goes on`() {
        let before = clock.reading
        let uptime = clock.uptime
        let after = clock.reading
        #expect(before.sinceBoot <= uptime)
        #expect(uptime <= after.sinceBoot)
    }

    @Test(.timeLimit(.minutes(1)))
    func `wakes no earlier than its deadline`() async throws {
        let deadline = clock.now.advanced(by: .milliseconds(20))
        try await clock.sleep(until: deadline)
        #expect(clock.now >= deadline)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Timestamp.epoch, Timestamp(microsecondsSinceEpoch: .min)])
    func `returns at once when the deadline has passed`(deadline: Timestamp) async throws {
        try await clock.sleep(until: deadline)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Duration.hours(1), .days(200 * 365), .seconds(Int64.max)])
    func `cancellation ends a sleep of any length`(span: Duration) async throws {
        let deadline = clock.now.advanced(by: span)
        let sleeper = Task { try await clock.sleep(until: deadline) }
        try await clock.sleep(until: clock.now.advanced(by: .milliseconds(5)))
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a task that is cancelled already does not sleep`() async {
        let sleeper = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(until: .epoch)
        }
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test(.timeLimit(.minutes(1)))
    func `many sleepers share the clock`() async throws {
        try await withThrowingTaskGroup { group in
            for number in 0..<2_000 {
                group.addTask {
                    try await clock.sleep(until: clock.now.advanced(by: .milliseconds(number % 50)))
                }
            }
            try await group.waitForAll()
        }
    }

    /// What makes it follow steps of the clock, and suspend: a relative timer would not.
    @Test(.timeLimit(.minutes(1)))
    func `the kernel holds the deadline as a moment of the calendar`() async throws {
        let deadline = clock.now.advanced(by: .days(1))
        let sleeper = Task { try await clock.sleep(until: deadline) }
        defer { sleeper.cancel() }
        while !Self.holdsCalendarTimer() {
            try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
        }
    }

    /// Whether this process has an absolute timer of `CLOCK_REALTIME` (clock 0) that is set.
    private static func holdsCalendarTimer() -> Bool {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo")) ?? []
        return descriptors.contains { descriptor in
            let text = (try? String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8)) ?? ""
            return text.contains("clockid: 0\n") && text.contains("settime flags: 01")
                && !text.contains("it_value: (0, 0)")
        }
    }
}
