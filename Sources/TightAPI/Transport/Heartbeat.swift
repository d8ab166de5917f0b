import NIOCore

/// A listener that is called every second while the thread that sends requests is running.
package struct Heartbeat: Sendable {
    fileprivate static let interval = TimeAmount.seconds(1)

    fileprivate let beat: @Sendable () -> Void
    fileprivate let end: @Sendable () -> Void

    /// `beat` must not block, and may be called once more after `end`; nothing is sent after `end`.
    package init(beat: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
        self.beat = beat
        self.end = end
    }

    /// Beats on the event loop from now on, so a stuck event loop stops the beats.
    func begin(on eventLoop: any EventLoop) -> Beating {
        let beats = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.interval) { _ in beat() }
        return Beating(heartbeat: self, beats: beats)
    }

    struct Beating: Sendable {
        fileprivate let heartbeat: Heartbeat
        fileprivate let beats: RepeatedTask

        func end() {
            beats.cancel()
            heartbeat.end()
        }
    }
}
