import RefreshDaemon
import Synchronization

/// Keeps what the service manager would have been told.
package final class RecordingNotifier: ServiceNotifying {
    package enum Message: Equatable, Sendable {
        case ready(String), reloading, stopping, status(String), alive, extend(Duration)
    }

    package let watchdogInterval: Duration?
    private let storage = Mutex<[Message]>([])

    package init(watchdogInterval: Duration? = nil) {
        self.watchdogInterval = watchdogInterval
    }

    package var messages: [Message] { storage.withLock { $0 } }

    package func ready(status: String) { note(.ready(status)) }
    package func reloading() { note(.reloading) }
    package func stopping(status: String) { note(.stopping) }
    package func status(_ text: String) { note(.status(text)) }
    package func alive() { note(.alive) }
    package func extendTimeout(by duration: Duration) { note(.extend(duration)) }

    private func note(_ message: Message) {
        storage.withLock { $0.append(message) }
    }
}
