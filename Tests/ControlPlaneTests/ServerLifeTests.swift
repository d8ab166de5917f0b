import ControlPlane
import Foundation
import RefreshCore
import RefreshDaemon
import ServiceLifecycle
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServerLifeTests {
    @Test func `a request in flight is answered before the server ends`() async throws {
        let started = Gate()
        let daemon = RecordingDaemon {
            started.open()
            try? await gracefulShutdown()
        }
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            let id = try UserID("anna")
            try await withServer(on: path, daemon) { services in
                async let reports = ControlClient(socketPath: path).perform(RefreshUsers([id]))
                await started.wait()
                await services.triggerGracefulShutdown()
                let answer = try await reports
                #expect(answer == [Sample.refreshReport(id)])
            }
            #expect(!FileManager.default.fileExists(atPath: path))
            await #expect(throws: ControlUnreachable.noSocket(path)) {
                try await ControlClient(socketPath: path).perform(ReadStatus())
            }
        }
    }

    @Test func `a client that goes away does not cancel its refresh`() async throws {
        let (started, mayEnd, ended) = (Gate(), Gate(), Gate())
        let wasCancelled = Flag()
        let daemon = RecordingDaemon {
            started.open()
            await mayEnd.wait()
            if Task.isCancelled { wasCancelled.raise() }
            ended.open()
        }
        // With room for one connection, the next is served once the server knows that the first is gone.
        var limits = ControlLimits()
        limits.connections = 1
        try await withServer(daemon, limits: limits) { path in
            do {
                let socket = try RawSocket(connectedTo: path)
                let body = #"{"users":["anna"]}"#
                try await socket.send(
                    "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
                await started.wait()
                withExtendedLifetime(socket) {}
            }
            _ = try await ControlClient(socketPath: path).perform(ReadStatus())
            mayEnd.open()
            await ended.wait()
        }
        #expect(!wasCancelled.isRaised)
        #expect(daemon.asked(RefreshUsers.self).map(\.users) == [[try UserID("anna")]])
        #expect(daemon.asked.count == 2)
    }

    @Test func `whoever waits for a server that was stopped first learns of it`() async throws {
        try await withDirectory { directory in
            let server = ControlServer(operations: RecordingDaemon(), path: "\(directory)/none/s", time: Sample.time) {
                _ in
            }
            let waiting = Task { try await server.listening() }
            await #expect(throws: ControlSocketProblem.noDirectory("\(directory)/none")) {
                try await server.run()
            }
            await #expect(throws: ControlSocketProblem.noDirectory("\(directory)/none")) {
                try await waiting.value
            }
        }
    }

    @Test func `waiting for a server can be cancelled`() async throws {
        let server = ControlServer(operations: RecordingDaemon(), path: "/none", time: Sample.time) { _ in }
        let waiting = Task { try await server.listening() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)

        var isRaised: Bool { state.withLock(\.self) }

        func raise() {
            state.withLock { $0 = true }
        }
    }
}
