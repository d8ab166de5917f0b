import NIOCore

/// Counts the server's frames that cost work and carry nothing, and detects when there are too many.
///
/// nghttp2 1.52 limits only the replies that it owes to PING and SETTINGS. Later versions also limit other frames, but
/// resets only for servers.
struct FloodGuard {
    /// The most frames of one kind within a second.
    ///
    /// Pings are cheap, and some servers send one with every answer. In an outage, a server may well reset all streams;
    /// one connection has far fewer of them than this.
    static let mostPerSecond = 10_000
    /// The most empty DATA frames between two that carry or end something.
    static let mostEmptyData = 16

    /// Counts the frames of one kind within a second that begins with the first of them.
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
