import Synchronization

/// The settings in force, replaced whole by a reload.
package final class LiveSettings: Sendable {
    private let current: Mutex<DaemonSettings>

    package init(_ settings: DaemonSettings) {
        current = Mutex(settings)
    }

    package var value: DaemonSettings {
        current.withLock { $0 }
    }

    /// Puts new settings in force and returns the old ones.
    package func replace(with settings: DaemonSettings) -> DaemonSettings {
        current.withLock { current in
            defer { current = settings }
            return current
        }
    }
}
