import ControlPlane
import Foundation
import Logging
import RefreshDaemon
import ServiceLifecycle

/// A directory of its own, removed afterwards.
@discardableResult
func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = "/tmp/control-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(
        atPath: path,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o755]
    )
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A control server that listens on `path` while `body` runs and is then asked to stop.
@discardableResult
func withServer<Result: Sendable>(
    on path: String,
    _ operations: any OperationPerforming,
    limits: ControlLimits = ControlLimits(),
    _ body: (ServiceGroup) async throws -> Result
) async throws -> Result {
    let server = ControlServer(operations: operations, path: path, limits: limits, time: Sample.time) { _ in }
    return try await run(server) { services in
        try await server.listening()
        return try await body(services)
    }
}

@discardableResult
func withServer<Result: Sendable>(
    _ operations: any OperationPerforming,
    limits: ControlLimits = ControlLimits(),
    _ body: (_ path: String) async throws -> Result
) async throws -> Result {
    try await withDirectory { directory in
        let path = "\(directory)/control.sock"
        return try await withServer(on: path, operations, limits: limits) { _ in try await body(path) }
    }
}

func run<Result: Sendable>(
    _ server: ControlServer,
    _ body: (ServiceGroup) async throws -> Result
) async throws -> Result {
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    )
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(services))
        } catch {
            result = .failure(error)
        }
        await services.triggerGracefulShutdown()
        let value = try result.get()
        try await tasks.waitForAll()
        return value
    }
}
