import NIOCore

/// What wants to hear every second that the thread still runs on which requests are sent.
package struct Heartbeat: Sendable {
    fileprivate static let interval = TimeAmount.seconds(1)

    fileprivate let beat: @Sendable () -> Void
    fileprivate let end: @Sendable () -> Void

    /// `beat` must not block, and may come once more after `end`, after which nothing is sent.
    package init(beat: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
        self.beat = beat
        self.end = end
    }

    /// Beats on the event loop from now on: when that is stuck, nothing does.
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
