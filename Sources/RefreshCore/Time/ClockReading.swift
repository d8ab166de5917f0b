/// The calendar and the time since boot, suspend included, read at one moment.
package struct ClockReading: Equatable, Sendable {
    package let wall: Timestamp
    package let sinceBoot: Duration

    package init(wall: Timestamp, sinceBoot: Duration) {
        self.wall = wall
        self.sinceBoot = sinceBoot
    }
}
