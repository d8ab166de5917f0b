import ControlPlane
import RefreshCore
import RefreshDaemon
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProblemRoundTripTests {
    static let problems: [OperationProblem] =
        [
            .noSuchUser(Sample.trusted("Jürgen/?")), .userExists(Sample.trusted("Jürgen/?")),
            .inFlight(Sample.trusted("a")),
            .daemonNotRunning, .stopping,
            .configurationRefused(["schedule.every: \"1x\" is no duration", "log: ünknown"]),
            .configurationRefused([]),
            .badRequest("limit: not a number"), .failed("no reason at all"),
        ] + storeProblems.map { .store($0) }

    static let storeProblems: [StoreProblem] = [
        .heldByAnother(place: "/var/lib/x.db", process: 4_711),
        .heldByAnother(place: "/var/lib/x.db", process: nil),
        .newerVersion(place: "/var/lib/x.db"),
        .newerVersion(place: "/var/lib/x.db", copy: "/var/lib/x.db.before-upgrade"),
        .leftoverFiles(place: "/var/lib/x.db", files: ["/var/lib/x.db-wal", "/var/lib/x.db-shm"]),
        .missing(place: "/var/lib/x.db"),
        .displaced(place: "/var/lib/x.db", detail: "/var/lib/x.db is gone"),
        .keyDoesNotFit(place: "/var/lib/x.db", sealedWith: "a1", atHand: ["b2", "c3"]),
        .keyDoesNotFit(place: "/var/lib/x.db", sealedWith: "a1", atHand: []),
        .otherEnvironment(place: "/var/lib/x.db", tokensOf: "https://a.example", configured: "https://b.example/rest"),
        .notAStore(place: "/etc/passwd", detail: "not a database"),
        .notAllowed(place: "/root/x", detail: "denied"),
        .notAllowed(place: "postgresql://a@db:1/b", detail: "denied", remedy: "GRANT x TO a"),
        .unfit(place: "postgresql://a@db:1/b", detail: "version 13", remedy: "upgrade it"),
        .unreachable(place: "postgresql://a@db:1/b", detail: "refused", remedy: "start it"),
        .full(place: "/var/lib/x.db"), .unreachable(place: "db.example", detail: "refused"),
        .olderMembers(place: "db.example", members: ["host-a (0.1.0)", "host-b (0.1.0)"]),
        .memberOfSameName(
            place: "db.example", name: "a", version: "1.2", since: Timestamp(secondsSinceEpoch: 1_900_000_000)),
        .closed(place: "/var/lib/x.db", .left(to: "db.example", at: Timestamp(secondsSinceEpoch: 1_900_000_000))),
    ]

    @Test(arguments: problems) func `what the daemon throws the client throws`(problem: OperationProblem)
        async throws
    {
        try await withServer(RecordingDaemon(failingWith: problem)) { path in
            let client = ControlClient(socketPath: path)
            await #expect(throws: problem) { try await client.perform(ReadStatus()) }
        }
    }

    @Test(arguments: storeProblems) func `a problem of the store need not be wrapped`(problem: StoreProblem)
        async throws
    {
        try await withServer(RecordingDaemon(failingWith: problem)) { path in
            await #expect(throws: OperationProblem.store(problem)) {
                try await ControlClient(socketPath: path).perform(ReadStatus())
            }
        }
    }

    @Test func `of any other error only its kind is told`() async throws {
        struct Surprise: Error { let token = "not to be seen" }
        try await withServer(RecordingDaemon(failingWith: Surprise())) { path in
            let client = ControlClient(socketPath: path)
            await #expect(throws: OperationProblem.failed("unexpected Surprise; please report it")) {
                try await client.perform(ReadStatus())
            }
        }
    }

    @Test func `an operation cut short by the end of the daemon says so`() async throws {
        try await withServer(RecordingDaemon(failingWith: CancellationError())) { path in
            await #expect(throws: OperationProblem.stopping) {
                try await ControlClient(socketPath: path).perform(ReadStatus())
            }
        }
    }
}
