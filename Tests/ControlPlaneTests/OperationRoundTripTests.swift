import ControlPlane
import Foundation
import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// Every operation of the list, over a real socket.
@Suite(.timeLimit(.minutes(1))) struct OperationRoundTripTests {
    private let daemon = RecordingDaemon()

    @Test func `every operation has a sample and a name of its own`() {
        let names = Operations.all.map { $0.name }
        #expect(Sample.operations.map(\.name) == names)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D } })
    }

    @Test func `the sample of an operation has every parameter`() throws {
        for sample in Sample.operations {
            let (sent, known) = try keys(of: sample)
            // Lines have one order.
            #expect(sent == known.subtracting(sample.name == "list-user-lines" ? ["sort"] : []), "\(sample.name)")
        }
    }

    private func keys<Asked: RefreshDaemon.Operation>(
        of sample: some OperationSampling<Asked>
    ) throws -> (sent: Set<String>, known: Set<String>) {
        let sent = try sample.operations.flatMap { operation in
            let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(operation)) as? [String: Any]
            return Array((object ?? [:]).keys)
        }
        return (Set(sent), Set(Asked.CodingKeys.allCases.map(\.stringValue)))
    }

    @Test func `every operation is answered by a daemon, for as many users as were asked for`() async throws {
        let world = Simulation()
        let daemon = SimulatedDaemon(
            in: world, store: MemoryUserStore(), bank: ScriptedBank(time: world.time), settings: DaemonSettings())
        for sample in Sample.operations { try await sample.run(with: daemon.operations) }
    }

    @Test(arguments: Sample.operations) func `parameters and answer arrive as they were`(
        sample: any OperationSampling
    ) async throws {
        try await withServer(daemon) { path in try await sample.exchange(with: daemon, at: path) }
    }

    @Test(arguments: Sample.operations) func `what the daemon throws the client throws`(
        sample: any OperationSampling
    ) async throws {
        let problem = OperationProblem.inFlight(try UserID("Jürgen/?"))
        let daemon = RecordingDaemon(failingWith: problem)
        try await withServer(daemon) { path in try await sample.fail(at: path, with: problem) }
        #expect(daemon.asked.count == 1)
    }

    @Test(arguments: Sample.operations) func `an unknown parameter is refused by its name`(
        sample: any OperationSampling
    ) async throws {
        let answer = try await withServer(daemon) { path in
            try await post(#"{"zzz":1}"#, to: sample.name, at: path)
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(#"unknown key \"zzz\"; "#), "\(answer)")
        #expect(daemon.asked.isEmpty)
    }

    @Test func `a moment that RFC 3339 cannot write is refused before it is sent`() async throws {
        try await withServer(daemon) { path in
            await #expect(
                throws: OperationProblem.badRequest("until: the moment lies outside the years 0 to 9999")
            ) {
                try await ControlClient(socketPath: path).perform(PauseAll(until: .distantFuture))
            }
        }
        #expect(daemon.asked.isEmpty)
    }

    @Test func `what no store could take is refused before it is sent`() async throws {
        try await withServer(daemon) { path in
            let client = ControlClient(socketPath: path)
            await #expect(throws: OperationProblem.badRequest("limit: 0 is not a number from 1 to 10000")) {
                try await client.perform(ListIDs(after: nil, limit: 0))
            }
            await #expect(throws: OperationProblem.badRequest("count: 10001 is not a number from 1 to 10000")) {
                try await client.perform(CountDue(from: .epoch, width: .minutes(1), count: 10_001))
            }
        }
        #expect(daemon.asked.isEmpty)
    }

    @Test(arguments: [
        "/", "//", "a/b", "..", ".", "a b", "?", "a?b=c", "#", "%", "%2F", "%zz", "+", "&=;", "pause",
        "\"'`\\", "<>{}|^",
        "é", "e\u{301}", "日本語", "👩‍💻".filter { !$0.unicodeScalars.contains("\u{200D}") } + "👍", "{id}", ":id",
        "*", "**",
        String(repeating: "ü", count: 128), String(repeating: "/", count: 256),
    ]) func `an id of odd characters arrives byte by byte`(text: String) async throws {
        let id = try UserID(text)
        let report = try await withServer(daemon) { path in
            let client = ControlClient(socketPath: path)
            _ = try await client.perform(RefreshUsers([id]))
            _ = try await client.perform(ListUsers(UserQuery(after: id)))
            return try await client.perform(ShowUser(id))
        }
        #expect(Array(report.userID.utf8) == Array(text.utf8))
        let arrived =
            daemon.asked(RefreshUsers.self).flatMap(\.users)
            + daemon.asked(ListUsers.self).compactMap(\.query.after) + daemon.asked(ShowUser.self).map(\.user)
        #expect(arrived.map { Array($0.rawValue.utf8) } == Array(repeating: Array(text.utf8), count: 3))
    }
}

/// What a control server answers to a body that no client of ours would send.
func post(_ body: String?, to name: String, at path: String) async throws -> String {
    let socket = try RawSocket(connectedTo: path)
    try await socket.send(
        "POST /v1/\(name) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + (body.map { "Content-Length: \($0.utf8.count)\r\n\r\n\($0)" } ?? "\r\n"))
    return await socket.readToEnd()
}
