import Glibc
import Host
import RefreshCore
import Synchronization
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct HeartbeatTests {
    @Test func `a client beats every second until it is shut down, and says that it was`() async throws {
        let (beats, beat) = AsyncStream.makeStream(of: Void.self)
        let ends = Mutex(0)
        let heartbeat = Heartbeat(beat: { beat.yield() }, end: { ends.withLock { $0 += 1 } })
        let client = try TightClient(settings: try localSettings(port: 1), heartbeat: heartbeat) { .epoch }
        var heard = 0
        for await _ in beats {
            heard += 1
            if heard == 3 { break }
        }
        #expect(ends.withLock { $0 } == 0)
        await client.shutdown()
        #expect(ends.withLock { $0 } == 1)
    }

    /// The process need not be frozen: what cannot look at the clock must not send.
    @Test func `a thread of the network that is stuck ends the process`() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let client = try Self.makeGuardedClient()
            await Task(executorPreference: client.executor) { _ = usleep(20_000_000) }.value
            await client.shutdown()
        }
    }

    @Test func `a process whose network runs lives, and lives on once its client was shut down`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let client = try Self.makeGuardedClient()
            usleep(4_000_000)
            await client.shutdown()
            usleep(3_000_000)
            exit(7)
        }
    }

    private static func makeGuardedClient() throws -> TightClient {
        let timer = try DeadMansTimer(span: .milliseconds(2_500))
        let heartbeat = Heartbeat(beat: { timer.beat() }, end: { timer.disarm() })
        return try TightClient(settings: try localSettings(port: 1), heartbeat: heartbeat) { .epoch }
    }
}
