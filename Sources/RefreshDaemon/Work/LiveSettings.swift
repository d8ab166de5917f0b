import Synchronization

/// The settings in force, replaced whole by a reload.
package final class LiveSettings: Sendable {
    private struct State {
        var current: DaemonSettings
        var problemsInFile = 0
    }

    private let state: Mutex<State>

    package init(_ settings: DaemonSettings) {
        state = Mutex(State(current: settings))
    }

    package var value: DaemonSettings {
        state.withLock { $0.current }
    }

    /// Puts new settings in force and returns the old ones.
    package func replace(with settings: DaemonSettings) -> DaemonSettings {
        state.withLock { state in
            defer { state = State(current: settings) }
            return state.current
        }
    }

    /// Problems for which the file was refused when it was last read: what is in force is older than it.
    ///
    /// 0 when it was taken.
    package var problemsInFile: Int { state.withLock { $0.problemsInFile } }

    package func fileRefused(problems: Int) {
        state.withLock { $0.problemsInFile = problems }
    }
}
