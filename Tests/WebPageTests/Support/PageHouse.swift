import FleetMetrics
import Foundation
import Logging
import NIOCore
import RefreshCore
import ServiceLifecycle
@testable import WebPage

/// A web server on a port of its own that shows a scene, while `body` runs.
func withPage<Result: Sendable>(
    _ scene: Scene, limits: WebLimits = WebLimits(), isLoopback: Bool = true,
    _ body: (_ port: Int) async throws -> Result
) async throws -> Result {
    let port = try FreePort.any()
    let (fleet, recorder) = (scene.fleet, scene.recorder)
    let watch = WebWatch(
        observe: { fleet }, tallies: { recorder.current }, process: { nil },
        pulse: { (fleet.sinceLastTurn, fleet.isStopping) }, title: scene.overview.title, version: "0.1.0",
        since: scene.overview.since)
    let server = WebServer(
        address: WebAddress(host: "127.0.0.1", port: port, isLoopback: isLoopback), watch: watch, limits: limits
    ) { _ in }
    return try await serving(server) { try await body(port) }
}

func serving<Result: Sendable>(_ server: WebServer, _ body: () async throws -> Result) async throws -> Result {
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        let result: Swift.Result<Result, any Error>
        do {
            try await server.listening()
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await services.triggerGracefulShutdown()
        let value = try result.get()
        try await tasks.waitForAll()
        return value
    }
}
