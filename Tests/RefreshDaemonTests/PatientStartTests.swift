import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// How a start asks for time while the store is opened.
@Suite struct PatientStartTests {
    let world = Simulation()
    let notifier = RecordingNotifier()

    @Test(arguments: [(10, 0, 0), (65, 0, 3), (600, 0, 6), (600, 40_000_000, 7)])
    func `asks for another minute every twenty seconds, but no longer than the file may take`(
        seconds: Int64, bytes: Int64, extensions: Int
    ) async throws {
        let time = world.time
        let start = PatientStart(writing: bytes, notifier: notifier, time: time)
        let opening = Task(executorPreference: world.executor) {
            try await start.run { () async throws -> Int64 in
                try await time.sleep(for: .seconds(seconds))
                return seconds
            }
        }
        let expected = [RecordingNotifier.Message](repeating: .extend(.minutes(1)), count: extensions)
        world.advance(by: .seconds(seconds))
        #expect(notifier.messages == expected)
        let value = try await opening.value
        #expect(value == seconds)
        world.advance(by: .minutes(5))
        #expect(notifier.messages == expected, "it is open")
    }

    @Test func `an opening that fails ends the start at once, and no more time is asked for`() async throws {
        let time = world.time
        let problem = StoreProblem.full(place: "/store")
        let start = PatientStart(writing: 0, notifier: notifier, time: time)
        let opening = Task(executorPreference: world.executor) {
            try await start.run { () async throws -> Void in
                try await time.sleep(for: .seconds(25))
                throw problem
            }
        }
        world.advance(by: .seconds(25))
        await #expect(throws: problem) { try await opening.value }
        world.advance(by: .minutes(5))
        #expect(notifier.messages == [.extend(.minutes(1))])
    }
}
