import NIOCore

/// A listener that is called every second while the thread that sends requests is running.
package struct Heartbeat: Sendable {
    private let beat: @Sendable () -> Void
    let end: @Sendable () -> Void

    /// `beat` must not block, and may be called once more after `end`; nothing is sent after `end`.
    package init(beat: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
        self.beat = beat
        self.end = end
    }

    /// Beats on the event loop from now on, so a stuck event loop stops the beats.
    func begin(on eventLoop: any EventLoop) -> RepeatedTask {
        eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(1)) { _ in beat() }
    }
}
