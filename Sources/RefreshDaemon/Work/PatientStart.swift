import RefreshCore

/// Asks the service manager for more time while the daemon opens its store.
///
/// An upgrade rewrites the whole file and does not tell how far it is. If it were killed for being slow, every start
/// would begin it anew. The time is limited, so that an opening that hangs still ends the start.
package struct PatientStart: Sendable {
    /// How often to ask; the service manager's own limit must be longer.
    private static let interval = Duration.seconds(20)
    /// How long to ask, whatever the size of the file.
    private static let patience = Duration.minutes(2)
    /// What a slow disk writes in a second.
    private static let bytesPerSecond: Int64 = 2_000_000

    private let notifier: any ServiceNotifying
    private let time: any Timekeeping
    private let requests: Int64

    /// `bytes` is the size of the store's files.
    package init(writing bytes: Int64, notifier: any ServiceNotifying, time: any Timekeeping) {
        self.notifier = notifier
        self.time = time
        let limit = Self.patience + .seconds(max(0, bytes) / Self.bytesPerSecond)
        requests = limit.wholeMicroseconds / Self.interval.wholeMicroseconds
    }

    /// Runs `body`, which must not block its thread, and asks for time until it ends.
    package func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.ask() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    private func ask() async {
        for _ in 0..<requests {
            do { try await time.sleep(for: Self.interval) } catch { return }
            notifier.extendTimeout(by: .minutes(1))
        }
    }
}
