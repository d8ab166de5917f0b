import NIOCore

/// Counts the server's frames that cost work and carry nothing, and says when they are too many.
///
/// nghttp2 1.52 bounds only the answers that it owes: PING and SETTINGS. Later versions count more of them, resets for
/// servers alone.
struct FloodGuard {
    /// Frames of one kind within a second.
    ///
    /// Pings are cheap, and some servers send one with every answer. In an outage a server may well reset all streams,
    /// which are far fewer on one connection.
    static let mostPerSecond = 10_000
    /// Empty DATA frames between two that carry or end something.
    static let mostEmptyData = 16

    /// The frames of one kind within the second that began with the first of them.
    private struct Count {
        private var first = NIODeadline.distantPast
        private var frames = 0

        mutating func admits(_ now: NIODeadline) -> Bool {
            if now - first >= .seconds(1) {
                first = now
                frames = 0
            }
            frames += 1
            return frames <= FloodGuard.mostPerSecond
        }
    }

    private var resets = Count()
    private var controls = Count()
    private var emptyData = 0

    /// RST_STREAM.
    mutating func admitsReset(_ now: NIODeadline) -> Bool {
        resets.admits(now)
    }

    /// PING, SETTINGS or PRIORITY.
    mutating func admitsControl(_ now: NIODeadline) -> Bool {
        controls.admits(now)
    }

    /// DATA, or the head of an answer.
    mutating func admitsContent(isEmpty: Bool) -> Bool {
        emptyData = isEmpty ? emptyData + 1 : 0
        return emptyData <= Self.mostEmptyData
    }
}
