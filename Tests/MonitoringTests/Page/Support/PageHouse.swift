import Foundation
import Logging
import NIOCore
import RefreshCore
import ServiceLifecycle
import TestSupport
@testable import Monitoring

/// A web server on a port of its own that shows a scene, while `body` runs.
func withPage<Result: Sendable>(
    _ scene: Scene, limits: WebLimits = WebLimits(), isLoopback: Bool = true, access: WebAccess = WebAccess(),
    report: @escaping @Sendable (WebIncident) -> Void = { _ in }, _ body: (_ port: Int) async throws -> Result
) async throws -> Result {
    let (fleet, title) = (scene.fleet, scene.overview.title)
    return try await withPage(
        scene, limits: limits, isLoopback: isLoopback, access: access, title: title, observe: { fleet },
        report: report, body)
}

/// As above, with the scenes one after another, a question each; then no more answers.
func withPage<Result: Sendable>(_ scenes: [Scene], _ body: (_ port: Int) async throws -> Result) async throws -> Result
{
    let fleets = scenes.map(\.fleet)
    let asked = Asked()
    var limits = WebLimits()
    limits.lifetime = .seconds(2)
    return try await withPage(
        scenes[0], limits: limits, isLoopback: true, access: WebAccess(), title: nil,
        observe: {
            let index = asked.next()
            // Longer than a connection lasts.
            if scenes.count == 1, index > 0 { try? await Task.sleep(for: .seconds(60)) }
            return fleets[min(index, fleets.count - 1)]
        }, body)
}

private func withPage<Result: Sendable>(
    _ scene: Scene, limits: WebLimits, isLoopback: Bool, access: WebAccess, title: String?,
    observe: @escaping @Sendable () async -> FleetSnapshot,
    report: @escaping @Sendable (WebIncident) -> Void = { _ in }, _ body: (_ port: Int) async throws -> Result
) async throws -> Result {
    let port = try LoopbackPort.free()
    let (fleet, tallies) = (scene.fleet, scene.metrics)
    let watch = WebWatch(
        observe: observe, snapshot: { fleet }, tallies: { tallies }, process: { nil }, title: title, version: "0.1.0")
    let server = WebServer(
        address: ListenAddress(host: "127.0.0.1", port: port, isLoopback: isLoopback), watch: watch, access: access,
        limits: limits, time: ManualTime(now: Scene.now), report: report)
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
